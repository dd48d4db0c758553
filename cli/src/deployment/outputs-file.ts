import { AuthCliError } from "../errors.ts";
import { excerpt } from "../http.ts";

/** What the file holds of one stage, complete or not: only the stage that is asked for has to be. */
export interface StageOutputs {
  /** Undefined in the flat shape, which names no stage. */
  stage: string | undefined;
  values: Record<string, unknown>;
  /** Of the stacks that it names; undefined in the flat shape. */
  stackNames?: readonly string[];
}

/** What is needed of a deployed stage. */
interface RequiredOutputs {
  apiEndpoint: string;
  identityPoolId: string;
}

/**
 * Reads `.sst/outputs.json`: SST v2 and CDK (`{"<stage>-<app>-<Stack>": {…}}`) or the flat shape of SST v3.
 * A stage's outputs may be spread over several stacks.
 * @throws AuthCliError `invalid-outputs`, naming the file, when it is not such a file or belongs to another app
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
    if (stage === undefined) continue;
    const before = stages.get(stage);
    stages.set(stage, {
      values: { ...before?.values, ...values },
      stackNames: [...(before?.stackNames ?? []), stackName],
    });
  }
  if (stages.size === 0) {
    throw new AuthCliError("invalid-outputs", {
      message: `${path} holds no stage of the app ${appName ?? ""}`.trimEnd(),
      cause: `its stacks are ${Object.keys(outputs).join(", ")}: it was written by a deploy of another app`,
      fix: "deploy this app (`npx sst deploy --stage <stage>`), or name the right file with --outputs",
    });
  }
  return [...stages].map(([stage, found]) => ({ stage, ...found }));
}

/** SST names a stack `<stage>-<app>-<Stack>`; both stage and app may hold dashes, so the app's name has to tell. */
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

/** @throws AuthCliError `invalid-outputs`, naming the output that the stage is without */
export function requireOutputs(path: string, { stage, values }: StageOutputs): RequiredOutputs {
  const read = (name: string): string => {
    const value = values[name];
    if (typeof value === "string" && value !== "") return value;
    throw new AuthCliError("invalid-outputs", {
      message: `${path} has no ${name}${name in values ? " that is a text" : ""}${stage === undefined ? "" : ` for the stage ${stage}`}`,
      cause: `it has ${Object.keys(values).join(", ") || "no outputs"}; a deploy of single stacks leaves the others out`,
      fix: `add ${name} to the stack's outputs (\`stack.addOutputs\`) and deploy all stacks${stage === undefined ? "" : `: \`npx sst deploy --stage ${stage}\``}`,
    });
  };
  return { apiEndpoint: read("ApiEndpoint"), identityPoolId: read("IdentityPoolId") };
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
    cause: `a JSON object is expected, it holds ${excerpt(text)}`,
    fix: "deploy again (`npx sst deploy --stage <stage>`), which writes the file anew",
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
