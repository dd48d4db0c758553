import { join, resolve } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { Configuration } from "./configuration.ts";
import { type DeployerEnvironment, findDeployerCredentials } from "./deployer-credentials.ts";
import type { DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import { parseOutputs, requireOutputs, type StageOutputs } from "./outputs-file.ts";
import type { Project } from "./project.ts";

export interface FoundOutputs {
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
  source: string;
  /** Of the stage's stacks, where the source names them. */
  stackNames?: readonly string[] | undefined;
}

export type OutputsEnvironment = DeployerEnvironment & Pick<Environment, "workingDirectory" | "send" | "now">;

/** Where the endpoint and the pool of the wanted stage are written down. */
export async function findOutputs(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  project: Project,
  wanted: string | undefined,
  remembered: () => readonly RememberedDeployment[],
): Promise<FoundOutputs> {
  if (flags.endpoint !== undefined && flags.identityPoolId !== undefined) {
    return {
      stage: wanted,
      apiEndpoint: flags.endpoint,
      identityPoolId: flags.identityPoolId,
      source: "--endpoint and --identity-pool-id",
    };
  }
  const path = outputsPath(environment, flags, project);
  // SST writes the file without waiting for it and then exits: on a busy machine it is left empty.
  const text = environment.files.readText(path) || undefined;
  if (text === undefined && flags.outputs !== undefined) {
    throw new AuthCliError("outputs-not-found", {
      message: `there is no outputs file ${path}, or it is empty`,
      fix: "name the file that `sst deploy` or `cdk deploy --outputs-file` wrote",
    });
  }
  const stages =
    text === undefined ? [] : parseOutputs(path, text, { appName: project.appName, stage: wanted });
  const chosen = chooseStage(path, stages, wanted);
  if (chosen !== undefined) {
    const { stage, stackNames } = chosen;
    return { stage, ...requireOutputs(path, withFlags(chosen, flags)), source: path, stackNames };
  }

  const known = remembered().filter(({ appName }) => appName === project.appName);
  const earlier = findRemembered(known, project, wanted);
  if (earlier !== undefined) {
    return { ...earlier, source: `what the last login to ${earlier.stage ?? "this deployment"} remembered` };
  }
  const deployed =
    wanted === undefined ? undefined : await askCloudFormation(environment, flags, project, wanted);
  if (deployed !== undefined) return deployed;
  throw notFound(path, stages, wanted, known);
}

/**
 * What is written down of the stage on this computer, whatever --endpoint and --identity-pool-id say. Asks nobody, and
 * what cannot be read is as good as absent.
 */
export function findRecordedOutputs(
  environment: Pick<OutputsEnvironment, "files" | "workingDirectory">,
  flags: Pick<DeploymentFlags, "outputs">,
  project: Project,
  wanted: string | undefined,
  remembered: () => readonly RememberedDeployment[],
): FoundOutputs | undefined {
  const path = outputsPath(environment, flags, project);
  try {
    const text = environment.files.readText(path) || undefined;
    const stages =
      text === undefined ? [] : parseOutputs(path, text, { appName: project.appName, stage: wanted });
    const chosen = chooseStage(path, stages, wanted);
    if (chosen !== undefined) return { stage: chosen.stage, ...requireOutputs(path, chosen), source: path };
  } catch (error) {
    if (!(error instanceof AuthCliError)) throw error;
  }
  const earlier = findRemembered(remembered(), project, wanted);
  return earlier && { ...earlier, source: "an earlier login" };
}

function outputsPath(
  { workingDirectory }: Pick<OutputsEnvironment, "workingDirectory">,
  flags: Pick<DeploymentFlags, "outputs">,
  project: Project,
): string {
  return flags.outputs === undefined
    ? join(project.root, ".sst", "outputs.json")
    : resolve(workingDirectory, flags.outputs);
}

function findRemembered(
  remembered: readonly RememberedDeployment[],
  { appName }: Project,
  wanted: string | undefined,
): RememberedDeployment | undefined {
  return remembered.findLast(
    (each) => each.appName === appName && wanted !== undefined && each.stage === wanted,
  );
}

/** What a flag says need not be in the file. */
function withFlags(outputs: StageOutputs, { endpoint, identityPoolId }: DeploymentFlags): StageOutputs {
  return {
    ...outputs,
    values: {
      ...outputs.values,
      ...(endpoint === undefined ? {} : { ApiEndpoint: endpoint }),
      ...(identityPoolId === undefined ? {} : { IdentityPoolId: identityPoolId }),
    },
  };
}

/** The stacks `<stage>-<app>-…`, when the deployer's AWS credentials are at hand to look at them. */
async function askCloudFormation(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  project: Project,
  stage: string,
): Promise<FoundOutputs | undefined> {
  if (project.appName === undefined) return undefined;
  const configuration = new Configuration(environment, project, stage);
  const credentials = await findDeployerCredentials(environment, configuration, flags);
  if (credentials === undefined) return undefined;
  const { describeStackOutputs } = await import("./stacks.ts");
  const region = flags.region ?? (await deployerRegion(configuration, project));
  const prefix = `${stage}-${project.appName}-`;
  const values = await describeStackOutputs(environment, configuration, { credentials, region, prefix });
  if (values === undefined) return undefined;
  const source = `CloudFormation, stacks ${prefix}* in ${region}`;
  return { stage, ...requireOutputs(source, withFlags({ stage, values }, flags)), source };
}

/** As the AWS tools and SST find it. */
async function deployerRegion(configuration: Configuration, project: Project): Promise<string> {
  const setting =
    (await configuration.find("AWS_REGION")) ?? (await configuration.find("AWS_DEFAULT_REGION"));
  return setting?.value ?? project.region ?? "us-east-1";
}

function chooseStage(
  path: string,
  stages: readonly StageOutputs[],
  wanted: string | undefined,
): StageOutputs | undefined {
  // The flat shape of SST v3 names no stage: it holds the last one deployed, and that has to be the one meant.
  const flat = stages.find(({ stage }) => stage === undefined);
  if (flat !== undefined) return flat;
  if (wanted !== undefined) return stages.find(({ stage }) => stage === wanted);
  if (stages.length > 1) {
    throw new AuthCliError("missing-configuration", {
      message: `${path} holds several stages: ${stageNames(stages)}`,
      fix: `say which with --stage, for example --stage ${stages[0]?.stage ?? ""}`,
    });
  }
  return stages[0];
}

function notFound(
  path: string,
  stages: readonly StageOutputs[],
  wanted: string | undefined,
  known: readonly RememberedDeployment[],
): AuthCliError {
  const elsewhere = known.length === 0 ? "" : `; logins are remembered for ${stageNames(known)}`;
  if (stages.length > 0) {
    return new AuthCliError("unknown-stage", {
      message: `the stage ${wanted ?? ""} is not in ${path}`,
      cause: `the file holds ${stageNames(stages)}: SST keeps the outputs of the last deploy only${elsewhere}`,
      fix: `run \`npx sst deploy --stage ${wanted ?? ""}\`, set the deployer's AWS credentials so that CloudFormation can be asked, or name its values with --endpoint and --identity-pool-id`,
    });
  }
  return new AuthCliError("outputs-not-found", {
    message: `nothing is known of ${wanted === undefined ? "any deployed stage" : `the stage ${wanted}`}`,
    cause: `there is no ${path}, or it is empty: nothing was deployed from here, or SST ended before it had written it${elsewhere}`,
    fix: `run \`npx sst deploy --stage ${wanted ?? "<stage>"}\` first, or name its values with --endpoint and --identity-pool-id`,
  });
}

function stageNames(stages: readonly { stage: string | undefined }[]): string {
  return stages.map(({ stage }) => stage ?? "a deployment without a name").join(", ");
}
