import { join, resolve } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { listNames } from "../list-names.ts";
import { type RequiredOutputs, requireOutputs } from "./choose-outputs.ts";
import { deployCommand } from "./deploy-command.ts";
import type { DeployerEnvironment } from "./deployer-credentials.ts";
import type { DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import { outputsFiles } from "./framework.ts";
import { isSstOutputsFile, parseOutputs, type StageOutputs } from "./outputs-file.ts";
import type { Project } from "./project.ts";
import { onlyStage, type ProjectFile, type ProjectSettings, settingsOf } from "./project-settings.ts";

export interface FoundOutputs {
  stage: string | undefined;
  apiEndpoint: string;
  identityPoolId: string;
  /** For display. */
  source: string;
  /** For display. */
  poolSource: string;
  /** The name of the API's output, unless it is ApiEndpoint. */
  apiName?: string | undefined;
  /** A flag or the environment names the API. */
  isApiChosen?: boolean;
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
 * @param file the project's `auth-cli.json`
 */
export async function findOutputs(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  project: Project,
  wanted: string | undefined,
  file: ProjectFile | undefined,
  remembered: () => readonly RememberedDeployment[],
): Promise<FoundOutputs> {
  const settings = file && settingsOf(file, wanted);
  const overrides = findOverrides(environment, flags, file, settings);
  const { endpoint, identityPoolId } = overrides;
  if (endpoint !== undefined && identityPoolId !== undefined) {
    return {
      stage: wanted ?? (file && onlyStage(file)),
      ...toFoundOutputs(
        overrides,
        { apiEndpoint: endpoint.value, identityPoolId: identityPoolId.value },
        endpoint.source,
      ),
    };
  }
  if (file !== undefined && wanted === undefined && flags.outputs === undefined) requireOneStage(file);
  const path = outputsPath(environment, flags, project, settings);
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
  const api = flags.api ?? settings?.api;
  if (chosen !== undefined) {
    const { stage, stackNames } = chosen;
    const found = requireOutputs(path, applyOverrides(chosen, overrides), {
      byOtherTool: !isSstOutputsFile(path),
      api: endpoint === undefined ? api : undefined,
    });
    return { stage, ...toFoundOutputs(overrides, found, path), stackNames };
  }

  const known = remembered().filter(({ appName }) => appName === project.appName);
  const earlier = findRemembered(known, project, wanted);
  if (earlier !== undefined) {
    const source = `the last login to ${earlier.stage ?? "this deployment"}`;
    return {
      stage: earlier.stage,
      ...toFoundOutputs(
        overrides,
        {
          apiEndpoint: endpoint?.value ?? earlier.apiEndpoint,
          identityPoolId: identityPoolId?.value ?? earlier.identityPoolId,
        },
        source,
      ),
      isFromLogin: true,
    };
  }
  const deployed =
    wanted === undefined ? undefined : await askCloudFormation(environment, flags, project, wanted);
  if (deployed !== undefined) {
    const { source, ...outputs } = deployed;
    const found = requireOutputs(source, applyOverrides({ stage: wanted, ...outputs }, overrides), { api });
    return { stage: wanted, ...toFoundOutputs(overrides, found, source) };
  }
  if (stages.length > 0) throw unknownStage(path, stages, wanted, known);
  throw await notFound(path, overrides, project, wanted, known);
}

/** Only stages that differ in their deployment have to be told apart. */
function requireOneStage({ path, stages }: ProjectFile): void {
  const names = [...stages.keys()];
  const differ = [...stages.values()].some((each) => each.endpoint ?? each.identityPoolId ?? each.outputs);
  if (names.length < 2 || !differ) return;
  throw new AuthCliError("missing-configuration", {
    message: `${path} has several stages: ${listNames(names)}`,
    fix: `choose one, for example --stage ${names[0]}`,
  });
}

/** Values that replace those of the outputs: from flags, the environment and `auth-cli.json`. */
interface Overrides {
  endpoint: Override | undefined;
  identityPoolId: Override | undefined;
}

interface Override {
  value: string;
  source: string;
  /** From a flag or the environment, not from `auth-cli.json`. */
  isChosen: boolean;
}

function findOverrides(
  { variables }: Pick<OutputsEnvironment, "variables">,
  flags: DeploymentFlags,
  file: ProjectFile | undefined,
  settings: ProjectSettings | undefined,
): Overrides {
  const find = (
    flag: string,
    ofFlag: string | undefined,
    variable: string,
    ofFile: string | undefined,
  ): Override | undefined => {
    if (ofFlag !== undefined) return { value: ofFlag, source: flag, isChosen: true };
    const ofEnvironment = variables[variable]?.trim();
    if (ofEnvironment)
      return { value: ofEnvironment, source: `the environment variable ${variable}`, isChosen: true };
    return ofFile === undefined ? undefined : { value: ofFile, source: file?.path ?? "", isChosen: false };
  };
  return {
    endpoint: find("--endpoint", flags.endpoint, "AUTH_CLI_ENDPOINT", settings?.endpoint),
    identityPoolId: find(
      "--identity-pool-id",
      flags.identityPoolId,
      "AUTH_CLI_IDENTITY_POOL_ID",
      settings?.identityPoolId,
    ),
  };
}

/** @param source of the values that nothing overrides */
function toFoundOutputs(
  { endpoint, identityPoolId }: Overrides,
  found: RequiredOutputs,
  source: string,
): Omit<FoundOutputs, "stage" | "isFromLogin" | "stackNames"> {
  return {
    apiEndpoint: found.apiEndpoint,
    identityPoolId: found.identityPoolId,
    source: endpoint?.source ?? source + outputSuffix(found.apiName),
    poolSource: identityPoolId?.source ?? source + outputSuffix(found.poolName),
    apiName: found.apiName,
    isApiChosen: endpoint?.isChosen ?? false,
  };
}

/**
 * The outputs of a stage recorded on this computer, whatever --endpoint and --identity-pool-id say. Sends no request. An
 * invalid file counts as absent.
 */
export function findRecordedOutputs(
  environment: Pick<OutputsEnvironment, "files" | "workingDirectory">,
  flags: Pick<DeploymentFlags, "outputs" | "api">,
  project: Project,
  wanted: string | undefined,
  settings: ProjectSettings | undefined,
  remembered: () => readonly RememberedDeployment[],
): FoundOutputs | undefined {
  const path = outputsPath(environment, flags, project, settings);
  try {
    const text = environment.files.readText(path) || undefined;
    const stages =
      text === undefined ? [] : parseOutputs(path, text, { appName: project.appName, stage: wanted });
    const chosen = chooseStage(path, stages, wanted);
    if (chosen !== undefined) {
      const { apiEndpoint, identityPoolId } = requireOutputs(path, chosen, {
        api: flags.api ?? settings?.api,
      });
      return { stage: chosen.stage, apiEndpoint, identityPoolId, source: path, poolSource: path };
    }
  } catch (error) {
    if (!(error instanceof AuthCliError)) throw error;
  }
  const earlier = findRemembered(remembered(), project, wanted);
  const source = "an earlier login";
  return earlier && { ...earlier, source, poolSource: source, isFromLogin: true };
}

/** The outputs file, existing or not: of `--outputs`, `auth-cli.json`, or where the framework leaves it. */
export function outputsPath(
  { files, workingDirectory }: Pick<OutputsEnvironment, "files" | "workingDirectory">,
  flags: Pick<DeploymentFlags, "outputs">,
  { root, framework = "sst" }: Project,
  settings: ProjectSettings | undefined,
): string {
  if (flags.outputs !== undefined) return resolve(workingDirectory, flags.outputs);
  if (settings?.outputs !== undefined) return join(root, settings.outputs);
  const [first = "", ...others] = outputsFiles[framework].map((file) => join(root, file));
  return [first, ...others].find((path) => others.length === 0 || files.exists(path)) ?? first;
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

/** The outputs may lack a value that is overridden. */
function applyOverrides(outputs: StageOutputs, { endpoint, identityPoolId }: Overrides): StageOutputs {
  return {
    ...outputs,
    values: {
      ...outputs.values,
      ...(endpoint === undefined ? {} : { ApiEndpoint: endpoint.value }),
      ...(identityPoolId === undefined ? {} : { IdentityPoolId: identityPoolId.value }),
    },
  };
}

/** Loaded only for a stage that nothing on this computer knows. */
async function askCloudFormation(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  project: Project,
  stage: string,
): Promise<{ values: Record<string, string>; source: string } | undefined> {
  const { readDeployedOutputs } = await import("./deployed-outputs.ts");
  return readDeployedOutputs(environment, flags, project, stage);
}

function chooseStage(
  path: string,
  stages: readonly StageOutputs[],
  wanted: string | undefined,
): StageOutputs | undefined {
  // The flat format of SST v3 names no stage. It has the outputs of the last deploy.
  const flat = stages.find(({ stage, stackNames }) => stage === undefined && stackNames === undefined);
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
  const message = `the stage ${wanted ?? ""} is not in ${path}`;
  const [{ stage, stackNames = [] } = { stage: wanted }] = stages;
  if (stage === undefined) {
    return new AuthCliError("unknown-stage", {
      message,
      cause: `its stacks name no stage: ${listNames(stackNames)}`,
      fix: "leave out --stage to use them together, pass another file with --outputs, or pass --endpoint and --identity-pool-id",
    });
  }
  return new AuthCliError("unknown-stage", {
    message,
    cause: `the file has ${names}${isSst ? ": SST keeps the outputs of the last deploy only" : ""}${elsewhere(known)}`,
    fix: isSst
      ? `run ${deployCommand(wanted)}, set the deployer's AWS credentials so that auth-cli can read the stacks, or set the values with --endpoint and --identity-pool-id`
      : `choose a stage of the file, for example --stage ${stage}, pass another file with --outputs, or pass --endpoint and --identity-pool-id`,
  });
}

/** Without outputs. */
async function notFound(
  path: string,
  { endpoint, identityPoolId }: Overrides,
  { framework }: Project,
  wanted: string | undefined,
  known: readonly RememberedDeployment[],
): Promise<AuthCliError> {
  const cause = `${path} does not exist or is empty${elsewhere(known)}`;
  if (endpoint !== undefined || identityPoolId !== undefined) {
    const given = (endpoint ?? identityPoolId)?.source ?? "";
    const missing = endpoint === undefined ? "--endpoint" : "--identity-pool-id";
    return new AuthCliError("outputs-not-found", {
      message: `${missing} is missing: without an outputs file, ${given} needs it`,
      cause,
      fix: `pass ${missing} too, or pass --outputs <file>`,
    });
  }
  const { howToWriteOutputs } = await import("./framework-words.ts");
  const first =
    framework === undefined
      ? "run auth-cli in the folder of a deployed app"
      : howToWriteOutputs(framework, wanted);
  return new AuthCliError("outputs-not-found", {
    message: wanted === undefined ? "no deployed stage found" : `cannot find the stage ${wanted}`,
    cause,
    fix: `${first}, pass --outputs <file>, or pass --endpoint and --identity-pool-id`,
  });
}

function elsewhere(known: readonly RememberedDeployment[]): string {
  return known.length === 0 ? "" : `; stored logins exist for ${stageNames(known)}`;
}

function stageNames(stages: readonly { stage: string | undefined }[]): string {
  return listNames(stages.map(({ stage }) => stage ?? "a deployment without a name"));
}

function outputSuffix(name: string | undefined): string {
  return name === undefined ? "" : `, output ${name}`;
}

/** Whether a source is the file, with or without the name of an output. */
export function isOfFile(source: string, file: string | undefined): boolean {
  return file !== undefined && (source === file || source.startsWith(`${file}, output `));
}
