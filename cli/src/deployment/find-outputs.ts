import { join, resolve } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { listNames } from "../list-names.ts";
import { deployCommand } from "./deploy-command.ts";
import type { DeployerEnvironment } from "./deployer-credentials.ts";
import type { DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import { isSstOutputsFile, parseOutputs, requireOutputs, type StageOutputs } from "./outputs-file.ts";
import type { Project } from "./project.ts";

export interface FoundOutputs {
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
  /** For display. */
  source: string;
  /** A stored login had them, so they may be out of date. */
  isFromLogin?: true;
  /** The names of the stage's stacks, if the source has them. */
  stackNames?: readonly string[] | undefined;
}

export type OutputsEnvironment = DeployerEnvironment &
  Pick<Environment, "files" | "variables" | "workingDirectory" | "send" | "now">;

/**
 * Finds the outputs of a stage.
 * @param wanted the stage
 */
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
  // SST exits without waiting for this file. On a busy machine it stays empty.
  const text = environment.files.readText(path) || undefined;
  if (text === undefined && flags.outputs !== undefined) {
    throw new AuthCliError("outputs-not-found", {
      message: `the outputs file ${path} does not exist or is empty`,
      fix: "pass the file that `sst deploy` or `cdk deploy --outputs-file` wrote",
    });
  }
  const stages =
    text === undefined ? [] : parseOutputs(path, text, { appName: project.appName, stage: wanted });
  const chosen = chooseStage(path, stages, wanted);
  if (chosen !== undefined) {
    const { stage, stackNames } = chosen;
    return {
      stage,
      ...requireOutputs(path, withFlags(chosen, flags), !isSstOutputsFile(path)),
      source: path,
      stackNames,
    };
  }

  const known = remembered().filter(({ appName }) => appName === project.appName);
  const earlier = findRemembered(known, project, wanted);
  if (earlier !== undefined) {
    return {
      ...earlier,
      source: `the last login to ${earlier.stage ?? "this deployment"}`,
      isFromLogin: true,
    };
  }
  const deployed =
    wanted === undefined ? undefined : await askCloudFormation(environment, flags, project, wanted);
  if (deployed !== undefined) return deployed;
  if (stages.length > 0) throw unknownStage(path, stages, wanted, known);
  throw notFound(path, flags, project, wanted, known);
}

/**
 * The outputs of a stage recorded on this computer, whatever --endpoint and --identity-pool-id say. Sends no request. An
 * invalid file counts as absent.
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
  return earlier && { ...earlier, source: "an earlier login", isFromLogin: true };
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

/** The file may lack the values that flags set. */
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

/** Loaded only for a stage that nothing on this computer knows. */
async function askCloudFormation(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  project: Project,
  stage: string,
): Promise<FoundOutputs | undefined> {
  const { readDeployedOutputs } = await import("./deployed-outputs.ts");
  const deployed = await readDeployedOutputs(environment, flags, project, stage);
  if (deployed === undefined) return undefined;
  const { source, values } = deployed;
  return { stage, ...requireOutputs(source, withFlags({ stage, values }, flags)), source };
}

function chooseStage(
  path: string,
  stages: readonly StageOutputs[],
  wanted: string | undefined,
): StageOutputs | undefined {
  // The flat format of SST v3 names no stage. It has the outputs of the last deploy.
  const flat = stages.find(({ stage }) => stage === undefined);
  if (flat !== undefined) return flat;
  if (wanted !== undefined) return stages.find(({ stage }) => stage === wanted);
  if (stages.length > 1) {
    throw new AuthCliError("missing-configuration", {
      message: `${path} has several stages: ${stageNames(stages)}`,
      fix: `choose one, for example --stage ${stages[0]?.stage ?? ""}`,
    });
  }
  return stages[0];
}

function unknownStage(
  path: string,
  stages: readonly StageOutputs[],
  wanted: string | undefined,
  known: readonly RememberedDeployment[],
): AuthCliError {
  const isSst = isSstOutputsFile(path);
  const names = stageNames(stages);
  return new AuthCliError("unknown-stage", {
    message: `the stage ${wanted ?? ""} is not in ${path}`,
    cause: `the file has ${names}${isSst ? ": SST keeps the outputs of the last deploy only" : ""}${elsewhere(known)}`,
    fix: isSst
      ? `run ${deployCommand(wanted)}, set the deployer's AWS credentials so that auth-cli can read the stacks, or set the values with --endpoint and --identity-pool-id`
      : `choose a stage of the file, for example --stage ${stages[0]?.stage ?? ""}, pass another file with --outputs, or pass --endpoint and --identity-pool-id`,
  });
}

/** Without outputs. */
function notFound(
  path: string,
  { endpoint, identityPoolId }: DeploymentFlags,
  { isSst }: Project,
  wanted: string | undefined,
  known: readonly RememberedDeployment[],
): AuthCliError {
  const cause = `${path} does not exist or is empty${elsewhere(known)}`;
  if (endpoint !== undefined || identityPoolId !== undefined) {
    const [given, missing] =
      endpoint === undefined ? ["--identity-pool-id", "--endpoint"] : ["--endpoint", "--identity-pool-id"];
    return new AuthCliError("outputs-not-found", {
      message: `${missing} is missing: without an outputs file, ${given} needs it`,
      cause,
      fix: `pass ${missing} too, or pass --outputs <file>`,
    });
  }
  const first = isSst ? `run ${deployCommand(wanted)}` : "run auth-cli in the folder of a deployed SST app";
  return new AuthCliError("outputs-not-found", {
    message: wanted === undefined ? "no deployed stage found" : `cannot find the stage ${wanted}`,
    cause,
    fix: `${first}, pass --outputs <file> for CDK, or pass --endpoint and --identity-pool-id`,
  });
}

function elsewhere(known: readonly RememberedDeployment[]): string {
  return known.length === 0 ? "" : `; stored logins exist for ${stageNames(known)}`;
}

function stageNames(stages: readonly { stage: string | undefined }[]): string {
  return listNames(stages.map(({ stage }) => stage ?? "a deployment without a name"));
}
