import { AuthCliError } from "../errors.ts";
import { listNames } from "../list-names.ts";
import { deployCommand } from "./deploy-command.ts";
import { isStageName } from "./stage.ts";

/** The outputs of one stage. Only the wanted stage has to be complete. */
export interface StageOutputs {
  /** Undefined in the flat format, which names no stage. */
  stage: string | undefined;
  values: Record<string, unknown>;
  /** Undefined in the flat format. */
  stackNames?: readonly string[];
}

/** Whether SST writes this file. Other tools have other commands. */
export function isSstOutputsFile(path: string): boolean {
  return /(^|[\\/])\.sst[\\/]outputs\.json$/.test(path);
}

interface RequiredOutputs {
  apiEndpoint: string;
  identityPoolId: string;
}

/**
 * Parses `.sst/outputs.json` in the format of SST v2 and CDK (`{"<stage>-<app>-<Stack>": {…}}`) or the flat format of
 * SST v3. Several stacks may have the outputs of one stage.
 * @throws AuthCliError `invalid-outputs` when the file has another format or belongs to another app
 */
export function parseOutputs(
  path: string,
  text: string,
  { appName, stage: wanted }: { appName: string | undefined; stage: string | undefined },
): StageOutputs[] {
  const outputs = parseObject(path, text);
  if (!Object.values(outputs).some(isObject)) return [{ stage: undefined, values: outputs }];

  const stages = new Map<string, Required<Pick<StageOutputs, "values" | "stackNames">>>();
  for (const [stackName, values] of Object.entries(outputs)) {
    if (!isObject(values)) continue;
    const stage = stageOf(stackName, appName, wanted);
    // A stage becomes part of a command to copy. CloudFormation has no stacks with other names.
    if (stage === undefined || !isStageName(stage)) continue;
    const before = stages.get(stage);
    stages.set(stage, {
      values: { ...before?.values, ...values },
      stackNames: [...(before?.stackNames ?? []), stackName],
    });
  }
  if (stages.size === 0) {
    const isSst = isSstOutputsFile(path);
    throw new AuthCliError("invalid-outputs", {
      message: `${path} has no stage of the app ${appName ?? ""}`.trimEnd(),
      cause: `its stacks are ${listNames(Object.keys(outputs))}${isSst ? ": a deploy of another app wrote it" : ""}`,
      fix: isSst
        ? `run ${deployCommand(undefined)} in this project, or pass the right file with --outputs`
        : `pass the right file with --outputs, or pass --endpoint and --identity-pool-id`,
    });
  }
  return [...stages].map(([stage, found]) => ({ stage, ...found }));
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
  return wanted !== undefined && stackName.startsWith(`${wanted}-`) ? wanted : stackName.split("-")[0];
}

/**
 * @param source the path of the file, or another source of outputs
 * @param byOtherTool whether another tool than SST wrote them
 * @throws AuthCliError `invalid-outputs` when an output is missing
 */
export function requireOutputs(source: string, outputs: StageOutputs, byOtherTool = false): RequiredOutputs {
  const { stage, values } = outputs;
  const read = (name: keyof typeof flagFor): string => {
    const value = values[name];
    if (typeof value === "string" && value !== "") return value;
    const problem = name in values ? "is not a string" : "is missing";
    if (byOtherTool) {
      throw new AuthCliError("invalid-outputs", {
        message: `${name} ${problem} in ${source}`,
        ...explainForOtherTool(name, outputs),
      });
    }
    throw new AuthCliError("invalid-outputs", {
      message: `${name} ${problem} in ${source}${stage === undefined ? "" : ` (stage ${stage})`}`,
      cause: `the file has ${listNames(Object.keys(values)) || "no outputs"}; a deploy of single stacks omits the other stacks`,
      fix: `add ${name} to the stack's outputs (\`stack.addOutputs\`) and deploy all stacks${stage === undefined ? "" : `: ${deployCommand(stage)}`}`,
    });
  };
  return { apiEndpoint: read("ApiEndpoint"), identityPoolId: read("IdentityPoolId") };
}

const flagFor = { ApiEndpoint: "--endpoint", IdentityPoolId: "--identity-pool-id" } as const;

/** The value of an output under another name. */
const shapes = { ApiEndpoint: /^https?:/, IdentityPoolId: /^[a-z]{2}(-[a-z]+)+-\d:[\da-f-]+$/ } as const;

function explainForOtherTool(
  name: keyof typeof flagFor,
  { values, stackNames = [] }: StageOutputs,
): { cause: string; fix: string } {
  const names = Object.keys(values);
  const owner = stackNames.length === 0 ? "the file" : listNames(stackNames);
  const has = stackNames.length > 1 ? "have" : "has";
  const [first, ...others] = names.filter((each) => shapes[name].test(String(values[each])));
  return {
    cause:
      names.length === 1
        ? `${owner} ${has} only the output ${names[0] ?? ""}`
        : `${owner} ${has} ${names.length === 0 ? "no outputs" : `the outputs ${listNames(names)}`}`,
    fix:
      first === undefined || others.length > 0
        ? `add the output ${name} to the stack and deploy again, or pass ${flagFor[name]}`
        : `rename the output ${names.length === 1 ? "" : `${first} `}to ${name} and deploy again, or pass ${flagFor[name]} with the value of ${first}`,
  };
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isObject(value)) return value;
  throw new AuthCliError("invalid-outputs", {
    message: `${path} is not an outputs file`,
    // The file may be a link to a secret, so its content is not shown.
    cause: "it does not contain a JSON object, or was cut off",
    fix: isSstOutputsFile(path)
      ? `run ${deployCommand(undefined)} to write the file again`
      : "pass the file that `cdk deploy --outputs-file` wrote, or pass --endpoint and --identity-pool-id",
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
