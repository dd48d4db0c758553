import { AuthCliError } from "../errors.ts";
import { listNames } from "../list-names.ts";
import { deployCommand } from "./deploy-command.ts";
import { apisOf, poolsOf, type StageOutputs } from "./outputs-file.ts";

/** The API and the identity pool of a stage. */
export interface RequiredOutputs {
  apiEndpoint: string;
  identityPoolId: string;
  /** The names of the outputs, when they are not ApiEndpoint and IdentityPoolId. */
  apiName?: string;
  poolName?: string;
}

/**
 * The outputs ApiEndpoint and IdentityPoolId, else the only ones whose values are the address of an API and the id of an
 * identity pool.
 * @param source the path of the file, or another source of outputs
 * @param api the name of the API's output
 * @param byOtherTool whether another tool than SST wrote them
 * @throws AuthCliError `invalid-outputs` when an output is missing, `missing-configuration` when there are several
 */
export function requireOutputs(
  source: string,
  outputs: StageOutputs,
  { byOtherTool = false, api }: { byOtherTool?: boolean; api?: string | undefined } = {},
): RequiredOutputs {
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
  const [apiName, apiEndpoint] = chooseApi(source, values, api) ?? ["ApiEndpoint", read("ApiEndpoint")];
  const [poolName, identityPoolId] = choosePool(source, values) ?? ["IdentityPoolId", read("IdentityPoolId")];
  return {
    apiEndpoint,
    identityPoolId,
    ...(apiName === "ApiEndpoint" ? {} : { apiName }),
    ...(poolName === "IdentityPoolId" ? {} : { poolName }),
  };
}

/** Undefined where the output has its own name, or where there is none. */
function chooseApi(
  source: string,
  values: Record<string, unknown>,
  wanted: string | undefined,
): [name: string, value: string] | undefined {
  if (wanted === undefined && "ApiEndpoint" in values) return undefined;
  const apis = apisOf(values);
  if (wanted !== undefined) {
    const value = values[wanted];
    // A custom domain too.
    if (typeof value === "string" && /^https?:/.test(value)) return [wanted, value];
    const [found, ...more] = apis.filter(([name]) => name.split(".").includes(wanted));
    if (found !== undefined && more.length === 0) return found;
    throw new AuthCliError("invalid-configuration", {
      message: `${source} has no API named ${wanted}`,
      cause:
        apis.length === 0 ? "it has no address of an API" : `it has ${listNames(apis.map(([name]) => name))}`,
      fix: `pass ${apis.length === 0 ? "--endpoint" : `--api ${shellWord(apis[0]?.[0])}`}`,
    });
  }
  if (apis.length < 2) return apis[0];
  throw new AuthCliError("missing-configuration", {
    message: `${source} has several APIs: ${listNames(apis.map(([name]) => name))}`,
    fix: `choose one, for example --api ${shellWord(apis[0]?.[0])}`,
  });
}

function choosePool(
  source: string,
  values: Record<string, unknown>,
): [name: string, value: string] | undefined {
  if ("IdentityPoolId" in values) return undefined;
  const pools = poolsOf(values);
  if (pools.length < 2) return pools[0];
  throw new AuthCliError("missing-configuration", {
    message: `${source} has several identity pools: ${listNames(pools.map(([name]) => name))}`,
    fix: `choose one, for example --identity-pool-id ${shellWord(pools[0]?.[1])}`,
  });
}

/** A file's text in a command to copy. */
function shellWord(text = ""): string {
  return /^[\w.:/-]+$/.test(text) ? text : "<name>";
}

const flagFor = { ApiEndpoint: "--endpoint", IdentityPoolId: "--identity-pool-id" } as const;

function explainForOtherTool(
  name: keyof typeof flagFor,
  { values, stackNames = [] }: StageOutputs,
): { cause: string; fix: string } {
  const names = Object.keys(values);
  const owner = stackNames.length === 0 ? "the file" : listNames(stackNames);
  const has = stackNames.length > 1 ? "have" : "has";
  // A custom domain shows no service.
  const [first, ...others] =
    name === "ApiEndpoint" ? names.filter((each) => String(values[each]).startsWith("https:")) : [];
  return {
    cause:
      names.length === 1
        ? `${owner} ${has} only the output ${names[0] ?? ""}`
        : `${owner} ${has} ${names.length === 0 ? "no outputs" : `the outputs ${listNames(names)}`}`,
    fix:
      first === undefined || others.length > 0
        ? `add the output ${name} to the stack and deploy again, or pass ${flagFor[name]}`
        : `pass --api ${shellWord(first)} if that is the API, or rename the output to ${name} and deploy again`,
  };
}
