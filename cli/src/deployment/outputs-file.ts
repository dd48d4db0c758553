import { scopeOfHost } from "../aws/api-host.ts";
import { AuthCliError } from "../errors.ts";
import { isJsonObject, parseJson } from "../json.ts";
import { listNames } from "../list-names.ts";
import { isLoopback } from "../loopback.ts";
import { deployCommand } from "./deploy-command.ts";
import { isStageName } from "./stage.ts";

/** The outputs of one stage. Only the wanted stage has to be complete. */
export interface StageOutputs {
  /** Undefined in a format that names no stage. */
  stage: string | undefined;
  /** By name. Nested names are joined by dots, and a name that several stacks have follows the name of its stack. */
  values: Record<string, unknown>;
  /** Undefined in a format that names no stack. */
  stackNames?: readonly string[];
}

/** Whether SST writes this file. Other tools have other commands. */
export function isSstOutputsFile(path: string): boolean {
  return /(^|[\\/])\.sst[\\/]outputs\.json$/.test(path);
}

/**
 * Parses the outputs of a deployment: `.sst/outputs.json` of SST v2 and `cdk deploy --outputs-file`
 * (`{"<stack>": {"<output>": …}}`), the response of DescribeStacks and its `Outputs`, and files without stacks, such as
 * those of SST v3, Amplify and Serverless. Several stacks may have the outputs of one stage.
 * @throws AuthCliError `invalid-outputs` when the file is not JSON or belongs to another app
 */
export function parseOutputs(
  path: string,
  text: string,
  { appName, stage: wanted }: { appName: string | undefined; stage: string | undefined },
): StageOutputs[] {
  const content = readContent(path, text);
  const { outputs, stacks } = content;
  if (stacks === undefined) return [{ stage: undefined, values: flatten(outputs) }];

  const stages = new Map<string, Stack[]>();
  for (const stack of stacks) {
    const stage = stageOf(stack[0], appName, wanted);
    // A stage becomes part of a command to copy. CloudFormation has no stacks with other names.
    if (stage === undefined || !isStageName(stage)) continue;
    stages.set(stage, [...(stages.get(stage) ?? []), stack]);
  }
  if (stages.size === 0) {
    const isSst = isSstOutputsFile(path);
    throw new AuthCliError("invalid-outputs", {
      message: `${path} has no stage of the app ${appName ?? ""}`.trimEnd(),
      cause: `its stacks are ${listNames(stacks.map(([name]) => name))}${isSst ? ": a deploy of another app wrote it" : ""}`,
      fix: isSst
        ? `run ${deployCommand(undefined)} in this project, or pass the right file with --outputs`
        : `pass the right file with --outputs, or pass --endpoint and --identity-pool-id`,
    });
  }
  const named =
    appName === undefined && !isSstOutputsFile(path) ? (content.named ??= namedStages(stacks)) : [];
  const ofName = named.filter(({ stage }) => wanted === undefined || stage === wanted);
  if (ofName.length > 0) return ofName;
  const ofWanted = wanted === undefined ? undefined : stages.get(wanted);
  if (ofWanted !== undefined) return [{ stage: wanted, ...merge(ofWanted) }];
  const found = [...stages].map(([stage, own]) => ({ stage, ...merge(own) }));
  if (appName !== undefined || isSstOutputsFile(path)) return found;
  // These are not the wanted stage. The error message lists them.
  return named.length > 0 ? named : joinPartial(found, stacks);
}

type Stack = readonly [name: string, values: Record<string, unknown>];

interface Content {
  outputs: unknown;
  /** Undefined in a format without stacks. */
  stacks: Stack[] | undefined;
  /** Computed on demand. */
  named?: StageOutputs[];
}

/** The last file. Many stages share one, which is parsed once. */
let last: (Content & { path: string; text: string }) | undefined;

function readContent(path: string, text: string): Content {
  if (last?.path === path && last.text === text) return last;
  const outputs = parseFile(path, text);
  last = { path, text, outputs, stacks: stacksOf(outputs) };
  return last;
}

/** Stacks outside of SST that each have an API and a pool are stages by their whole names. */
function namedStages(stacks: readonly Stack[]): StageOutputs[] {
  const useful = stacks
    .map((stack) => ({ stage: stack[0], ...merge([stack]) }))
    .filter(({ values }) => apisOf(values).length + poolsOf(values).length > 0);
  const areStages = useful.every(
    ({ stage, values }) => isStageName(stage) && apisOf(values).length > 0 && poolsOf(values).length > 0,
  );
  return areStages ? useful : [];
}

/**
 * The names of stacks outside of SST need not begin with a stage: `ApiStack` and `AuthStack` are one deployment. Stages
 * are told apart only where several are complete.
 */
function joinPartial(stages: StageOutputs[], stacks: readonly Stack[]): StageOutputs[] {
  const useful = stages.filter(({ values }) => apisOf(values).length + poolsOf(values).length > 0);
  const complete = useful.filter(({ values }) => apisOf(values).length > 0 && poolsOf(values).length > 0);
  if (useful.length === 1) return useful;
  if (useful.length === 0 || complete.length > 1) return stages;
  return [{ stage: undefined, ...merge(stacks) }];
}

function merge(stacks: readonly Stack[]): {
  values: Record<string, unknown>;
  stackNames: string[];
} {
  const named = stacks.flatMap(([stack, values]) =>
    Object.entries(values).map((entry) => [stack, ...entry] as const),
  );
  const firstValues = new Map<string, string>();
  const shared = new Set<string>();
  for (const [, name, value] of named) {
    const text = String(value);
    if ((firstValues.get(name) ?? text) !== text) shared.add(name);
    else firstValues.set(name, text);
  }
  return {
    values: Object.fromEntries(
      named.map(([stack, name, value]) => [shared.has(name) ? `${stack}.${name}` : name, value]),
    ),
    stackNames: stacks.map(([name]) => name),
  };
}

/** Undefined in a format without stacks. */
function stacksOf(outputs: unknown): Stack[] | undefined {
  if (!isJsonObject(outputs)) return undefined;
  if (Array.isArray(outputs["Stacks"])) {
    return outputs["Stacks"]
      .filter(isJsonObject)
      .map(({ StackName: name, Outputs: pairs }) => [
        typeof name === "string" ? name : "undefined",
        flatten(pairs ?? []),
      ]);
  }
  const values = Object.entries(outputs);
  const isByStack =
    values.some(([, each]) => isJsonObject(each)) &&
    values.every(([, each]) => typeof each !== "string" && !isPairs(each));
  return isByStack
    ? values.flatMap(([name, each]) => (isJsonObject(each) ? [[name, flatten(each)]] : []))
    : undefined;
}

/** The values by their paths, and the pairs of CloudFormation by their keys. */
function flatten(value: unknown, path: readonly string[] = []): Record<string, unknown> {
  if (isJsonObject(value) && typeof value["OutputKey"] === "string")
    return { [value["OutputKey"]]: value["OutputValue"] };
  if (typeof value !== "object" || value === null)
    return path.length === 0 ? {} : { [path.join(".")]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, each]) => flatten(each, isPairs(value) ? path : [...path, name])),
  ) as Record<string, unknown>;
}

/** SST names a stack `<stage>-<app>-<Stack>`. Stage and app may contain dashes, so only the app's name shows where each ends. */
function stageOf(
  stackName: string,
  appName: string | undefined,
  wanted: string | undefined,
): string | undefined {
  if (appName !== undefined) {
    // The stage "my-app" of the app "app" is not the stage "my".
    if (wanted !== undefined && stackName.startsWith(`${wanted}-${appName}-`)) return wanted;
    const end = stackName.indexOf(`-${appName}-`);
    return end > 0 ? stackName.slice(0, end) : undefined;
  }
  // Serverless and SAM name a stack `<service>-<stage>`.
  return wanted !== undefined && (stackName.startsWith(`${wanted}-`) || stackName.endsWith(`-${wanted}`))
    ? wanted
    : stackName.split("-")[0];
}

/** The outputs whose value is the address of an API that an identity may call, without repetitions. */
export function apisOf(values: Record<string, unknown>): [name: string, value: string][] {
  const seen = new Set<string>();
  return Object.entries(values).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    if (typeof value !== "string" || !/^https?:/.test(value) || !URL.canParse(value)) return false;
    const url = new URL(value);
    if (scopeOfHost(url) === undefined && !isLoopback(url.hostname) && !/(^|\.)ApiEndpoint$/.test(name))
      return false;
    const address = url.href.replace(/\/+$/, "");
    return !seen.has(address) && Boolean(seen.add(address));
  });
}

export function poolsOf(values: Record<string, unknown>): [name: string, value: string][] {
  const seen = new Set<unknown>();
  return Object.entries(values).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === "string" &&
      /^[a-z]{2,}(-[a-z]+)+-\d{1,2}:[\da-f]+(-[\da-f]+)+$/.test(entry[1]) &&
      !seen.has(entry[1]) &&
      Boolean(seen.add(entry[1])),
  );
}

function parseFile(path: string, text: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ""));
  } catch {
    value = undefined;
  }
  if (isJsonObject(value) || isPairs(value)) return value;
  throw new AuthCliError("invalid-outputs", {
    message: `${path} is not an outputs file`,
    // The file may be a link to a secret, so its content is not shown.
    cause: "it does not contain a JSON object, or was cut off",
    fix: isSstOutputsFile(path)
      ? `run ${deployCommand(undefined)} to write the file again`
      : "pass the file that `cdk deploy --outputs-file` wrote, or pass --endpoint and --identity-pool-id",
  });
}

/** `Outputs` of DescribeStacks. */
function isPairs(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => isJsonObject(each) && "OutputKey" in each)
  );
}
