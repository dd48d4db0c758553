import { join, resolve } from "node:path";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import type { StoredDeployment } from "../store/sessions.ts";
import { Configuration } from "./configuration.ts";
import { parseOutputs, requireOutputs, type StageOutputs } from "./outputs-file.ts";
import { findProject, type Project } from "./project.ts";

/** The flags that say which deployment is meant. */
export interface DeploymentFlags {
  stage?: string | undefined;
  outputs?: string | undefined;
  endpoint?: string | undefined;
  identityPoolId?: string | undefined;
  region?: string | undefined;
}

/** A deployed stage: where its API is, and which pool opens it. */
export interface Deployment {
  /** Undefined when endpoint and pool were given by hand, or the outputs file names no stage. */
  stage: string | undefined;
  apiEndpoint: URL;
  identityPoolId: string;
  region: string;
  /** Where endpoint and pool id came from, to be told to a person. */
  source: string;
}

export interface ResolvedDeployment {
  deployment: Deployment;
  project: Project;
  configuration: Configuration;
}

/**
 * Finds the deployment: flag > environment > SST outputs > what the last login to the stage remembered.
 * @param remembered deployments of earlier logins
 * @throws AuthCliError that names the file, the stages found and the command to run
 */
export async function resolveDeployment(
  environment: Pick<Environment, "files" | "variables" | "workingDirectory">,
  flags: DeploymentFlags,
  remembered: () => readonly StoredDeployment[],
): Promise<ResolvedDeployment> {
  const project = findProject(environment);
  const wanted = wantedStage(environment, flags, project);
  const found = findOutputs(environment, flags, project, wanted, remembered);
  const stage = found.stage ?? wanted;

  const identityPoolId = parseIdentityPoolId(flags.identityPoolId ?? found.identityPoolId);
  const configuration = new Configuration(environment, project, stage);
  return {
    deployment: {
      stage,
      apiEndpoint: parseServiceUrl(
        flags.endpoint ?? found.apiEndpoint,
        flags.endpoint ? "--endpoint" : found.source,
      ),
      identityPoolId,
      // The pool's id names its region, whatever AWS_REGION says of the deployer's other work.
      region: flags.region ?? identityPoolId.slice(0, identityPoolId.indexOf(":")),
      source: found.source,
    },
    project,
    configuration,
  };
}

interface FoundOutputs {
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
  source: string;
}

function findOutputs(
  environment: Pick<Environment, "files" | "workingDirectory">,
  flags: DeploymentFlags,
  project: Project,
  wanted: string | undefined,
  remembered: () => readonly StoredDeployment[],
): FoundOutputs {
  if (flags.endpoint !== undefined && flags.identityPoolId !== undefined) {
    return {
      stage: wanted,
      apiEndpoint: flags.endpoint,
      identityPoolId: flags.identityPoolId,
      source: "--endpoint and --identity-pool-id",
    };
  }
  const path =
    flags.outputs === undefined
      ? join(project.root, ".sst", "outputs.json")
      : resolve(environment.workingDirectory, flags.outputs);
  const text = environment.files.readText(path);
  if (text === undefined && flags.outputs !== undefined) {
    throw new AuthCliError("outputs-not-found", {
      message: `there is no outputs file ${path}`,
      fix: "name the file that `sst deploy` or `cdk deploy --outputs-file` wrote",
    });
  }
  const stages =
    text === undefined ? [] : parseOutputs(path, text, { appName: project.appName, stage: wanted });
  const chosen = chooseStage(path, stages, wanted);
  if (chosen !== undefined) {
    return { stage: chosen.stage, ...requireOutputs(path, chosen), source: path };
  }

  const known = remembered().filter(({ appName }) => appName === project.appName);
  const earlier = known.find(({ stage }) => wanted !== undefined && stage === wanted);
  if (earlier !== undefined) {
    return { ...earlier, source: `what the last login to ${earlier.stage ?? "this deployment"} remembered` };
  }
  throw notFound(path, stages, wanted, known);
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
  known: readonly StoredDeployment[],
): AuthCliError {
  const elsewhere = known.length === 0 ? "" : `; logins are remembered for ${stageNames(known)}`;
  if (stages.length > 0) {
    return new AuthCliError("unknown-stage", {
      message: `the stage ${wanted ?? ""} is not in ${path}`,
      cause: `the file holds ${stageNames(stages)}: SST keeps the outputs of the last deploy only${elsewhere}`,
      fix: `run \`npx sst deploy --stage ${wanted ?? ""}\`, or name its values with --endpoint and --identity-pool-id`,
    });
  }
  return new AuthCliError("outputs-not-found", {
    message: `nothing is known of ${wanted === undefined ? "any deployed stage" : `the stage ${wanted}`}`,
    cause: `there is no ${path}: nothing was deployed from here${elsewhere}`,
    fix: `run \`npx sst deploy --stage ${wanted ?? "<stage>"}\` first, or name its values with --endpoint and --identity-pool-id`,
  });
}

function stageNames(stages: readonly { stage: string | undefined }[]): string {
  return stages.map(({ stage }) => stage ?? "a deployment without a name").join(", ");
}

/** `--stage`, `SST_STAGE`, `.sst/stage`; SST's own order. */
function wantedStage(
  environment: Pick<Environment, "files" | "variables">,
  flags: DeploymentFlags,
  project: Project,
): string | undefined {
  const personal = join(project.root, ".sst", "stage");
  const candidates: [string | undefined, string][] = [
    [flags.stage, "--stage"],
    [environment.variables["SST_STAGE"] || undefined, "SST_STAGE"],
    [environment.files.readText(personal)?.trim() || undefined, personal],
  ];
  const [stage, source] = candidates.find(([value]) => value !== undefined) ?? [undefined, ""];
  if (stage === undefined || /^[A-Za-z][A-Za-z0-9-]*$/.test(stage)) return stage;
  throw new AuthCliError("invalid-configuration", {
    message: `${JSON.stringify(stage)} is not a stage name (${source})`,
    cause: "a stage begins with a letter and holds letters, digits and dashes",
    fix: "use the name that `npx sst deploy --stage …` was given",
  });
}

function parseIdentityPoolId(value: string): string {
  if (value.length <= 55 && /^[\w-]+:[0-9a-f-]+$/.test(value)) return value;
  throw new AuthCliError("invalid-configuration", {
    message: `${JSON.stringify(value)} is not an identity pool id`,
    cause: "one looks like us-east-1:12345678-90ab-cdef-1234-567890abcdef",
    fix: "take IdentityPoolId from the stack's outputs; a user pool id (us-east-1_…) is something else",
  });
}

/**
 * An http(s) URL of a service. Plain http is for this computer only: tokens and keys would cross the network in the
 * clear.
 */
export function parseServiceUrl(value: string, source: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url === undefined ||
    !["http:", "https:"].includes(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  ) {
    throw new AuthCliError("invalid-configuration", {
      message: `${JSON.stringify(value.replace(/^.*@/s, "…@"))} is not the address of a service (${source})`,
      cause: "an https URL without user, query and fragment is expected",
      fix: "take ApiEndpoint from the stack's outputs, for example https://abc123.execute-api.us-east-1.amazonaws.com",
    });
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new AuthCliError("invalid-configuration", {
      message: `${url.origin} is plain http (${source})`,
      cause: "tokens and keys would cross the network in the clear; plain http is for this computer only",
      fix: "use https",
    });
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
