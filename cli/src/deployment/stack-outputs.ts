import type { Environment } from "../environment/environment.ts";
import {
  describeStacksRequest,
  processDescribeStacksResponse,
  type StackPage,
} from "../aws/cloudformation.ts";
import { exchange } from "../http.ts";
import type { Configuration } from "./configuration.ts";
import type { DeployerCredentials } from "./deployer-credentials.ts";
import { awsEndpoint } from "./service-addresses.ts";

export interface StackQuery {
  credentials: DeployerCredentials;
  region: string;
  /** `<stage>-<app>-` */
  prefix: string;
}

/**
 * The outputs of the stacks whose names begin with the prefix, all together.
 * @returns undefined when there is no such stack
 */
export async function describeStackOutputs(
  environment: Pick<Environment, "send" | "now">,
  configuration: Configuration,
  query: StackQuery,
): Promise<Record<string, string> | undefined> {
  const stacks = await listStacks(environment, configuration, query);
  return stacks.length === 0 ? undefined : Object.assign({}, ...stacks.map(({ outputs }) => outputs));
}

/** The stacks whose names begin with the prefix. */
export async function listStacks(
  environment: Pick<Environment, "send" | "now">,
  configuration: Configuration,
  { credentials, region, prefix }: StackQuery,
): Promise<StackPage["stacks"]> {
  const endpoint = await awsEndpoint(configuration, "AWS_ENDPOINT_URL_CLOUDFORMATION");
  const stacks: StackPage["stacks"] = [];
  let nextToken: string | undefined;
  do {
    const context = { credentials, region, endpoint, nowMs: environment.now() };
    const reply = await exchange(environment.send, await describeStacksRequest(context, nextToken));
    const page = processDescribeStacksResponse(reply);
    stacks.push(...page.stacks.filter(({ stackName }) => stackName.startsWith(prefix)));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return stacks;
}
