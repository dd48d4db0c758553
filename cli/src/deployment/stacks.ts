import { describeStacks, getTemplate, type Stack } from "../aws/cloudformation.ts";
import { allPages, type AwsOperation } from "../aws/control-plane.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError, type ErrorDetails } from "../errors.ts";
import { exchange } from "../http.ts";
import type { Configuration } from "./configuration.ts";
import type { DeployerCredentials } from "./deployer-credentials.ts";
import { deployerEndpoint } from "./service-addresses.ts";

export interface StackQuery {
  credentials: DeployerCredentials;
  region: string;
  /** `<stage>-<app>-` */
  prefix: string;
}

type StackEnvironment = Pick<Environment, "send" | "now">;

/** CloudFormation accepts templates of up to 1 MB, and escapes each quotation mark. Bytes. */
const replyLimit = 8 * 1024 * 1024;

/**
 * The outputs of all stacks whose names begin with the prefix.
 * @returns undefined when no stack has the prefix
 * @throws AuthCliError `missing-configuration` when AWS refuses
 */
export async function describeStackOutputs(
  environment: StackEnvironment,
  configuration: Configuration,
  query: StackQuery,
): Promise<Record<string, string> | undefined> {
  const stacks = await listStacks(environment, configuration, query);
  return stacks.length === 0 ? undefined : Object.assign({}, ...stacks.map(({ outputs }) => outputs));
}

/**
 * The templates of a stage's stacks in a region, as uploaded.
 * @param stackNames when they are known
 * @throws AuthCliError `missing-configuration` when AWS refuses
 */
export async function readStackTemplates(
  environment: StackEnvironment,
  configuration: Configuration,
  query: StackQuery,
  stackNames?: readonly string[],
): Promise<string[]> {
  const names =
    stackNames ?? (await listStacks(environment, configuration, query)).map(({ stackName }) => stackName);
  const ask = asker(environment, configuration, query, "cloudformation.get-template", {
    cause: "the deployer's AWS credentials are wrong, have expired, or lack cloudformation:GetTemplate",
    fix: "correct the credentials, or name the routes with --route and --public",
  });
  const read = await Promise.allSettled(names.map((name) => ask(getTemplate(name))));
  const templates = read.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const errors = read.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
  // A stack may be in another region than the API, as that of the identity pool.
  const fault = errors.find(({ message }) => templates.length === 0 || !message.includes("does not exist"));
  if (fault !== undefined) throw fault;
  return templates;
}

async function listStacks(
  environment: StackEnvironment,
  configuration: Configuration,
  query: StackQuery,
): Promise<Stack[]> {
  const ask = asker(environment, configuration, query, "cloudformation.describe-stacks", {
    cause: "the deployer's AWS credentials are wrong, have expired, or lack cloudformation:DescribeStacks",
    fix: "deploy from here (`npx sst deploy`), correct the credentials, or set the values with --endpoint and --identity-pool-id",
  });
  const stacks = await allPages((token) => ask(describeStacks(token)));
  return stacks.filter(({ stackName }) => stackName.startsWith(query.prefix));
}

/** Reports AWS's refusal as `missing-configuration`, because flags can replace the stacks. */
function asker(
  environment: StackEnvironment,
  configuration: Configuration,
  { credentials, region }: StackQuery,
  step: string,
  refused: Required<Pick<ErrorDetails, "cause" | "fix">>,
): <T>(operation: AwsOperation<T>) => Promise<T> {
  return async (operation) => {
    const endpoint = await deployerEndpoint(configuration, "AWS_ENDPOINT_URL_CLOUDFORMATION");
    const request = await operation.request({ credentials, region, endpoint, nowMs: environment.now() });
    const reply = await exchange(environment.send, { ...request, step }, replyLimit);
    try {
      return operation.read(reply);
    } catch (error) {
      if (!(error instanceof AuthCliError) || !error.code.startsWith("aws-")) throw error;
      throw new AuthCliError("missing-configuration", { step, message: error.message, ...refused });
    }
  };
}
