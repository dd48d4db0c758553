import type { Environment } from "../environment/environment.ts";
import { exchange } from "../http.ts";
import { getTemplateRequest, processGetTemplateResponse } from "../aws/cloudformation.ts";
import type { Configuration } from "./configuration.ts";
import { awsEndpoint } from "./service-addresses.ts";
import { listStacks, type StackQuery } from "./stack-outputs.ts";

/** CloudFormation takes templates of up to 1 MB, and escapes each quotation mark. */
const templateLimit = 8 * 1024 * 1024;

/**
 * The templates of a stage's stacks, as they were uploaded.
 * @param stackNames of those that are known already
 */
export async function readStackTemplates(
  environment: Pick<Environment, "send" | "now">,
  configuration: Configuration,
  query: StackQuery,
  stackNames?: readonly string[],
): Promise<string[]> {
  const { credentials, region } = query;
  const names =
    stackNames ?? (await listStacks(environment, configuration, query)).map(({ stackName }) => stackName);
  const endpoint = await awsEndpoint(configuration, "AWS_ENDPOINT_URL_CLOUDFORMATION");
  return Promise.all(
    names.map(async (name) => {
      const context = { credentials, region, endpoint, nowMs: environment.now() };
      const request = await getTemplateRequest(context, name);
      return processGetTemplateResponse(await exchange(environment.send, request, templateLimit));
    }),
  );
}
