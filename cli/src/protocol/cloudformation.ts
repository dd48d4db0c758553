import { AuthCliError } from "../errors.ts";
import { members, parseXml, path } from "./aws-xml.ts";
import { excerpt, type HttpRequest, type Reply, replyText } from "./http.ts";
import { type DeployerContext, queryRequest } from "./deployer-api.ts";

export interface StackPage {
  stacks: { stackName: string; outputs: Record<string, string> }[];
  /** For the next page; undefined on the last. */
  nextToken: string | undefined;
}

const step = "cloudformation.describe-stacks";
const service = { service: "cloudformation", version: "2010-05-15" };

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export async function describeStacksRequest(
  context: DeployerContext,
  nextToken: string | undefined,
): Promise<HttpRequest> {
  const address = `https://cloudformation.${context.region}.amazonaws.com`;
  const request = await queryRequest(context, { ...service, address }, "DescribeStacks", {
    NextToken: nextToken,
  });
  return { ...request, step };
}

/** @throws AuthCliError `missing-configuration` when AWS does not let these credentials look at the stacks */
export function processDescribeStacksResponse(reply: Reply): StackPage {
  const text = replyText(reply);
  const parsed = parseXml(text);
  const result = path(parsed, "DescribeStacksResponse", "DescribeStacksResult");
  if (reply.status === 200 && result !== undefined) {
    const nextToken = path(result, "NextToken");
    return {
      stacks: members(path(result, "Stacks")).map((stack) => ({
        stackName: String(path(stack, "StackName")),
        outputs: Object.fromEntries(
          members(path(stack, "Outputs")).map((output) => [
            String(path(output, "OutputKey")),
            String(path(output, "OutputValue")),
          ]),
        ),
      })),
      nextToken: typeof nextToken === "string" && nextToken !== "" ? nextToken : undefined,
    };
  }
  const error = path(parsed, "ErrorResponse", "Error");
  if (error === undefined) {
    throw new AuthCliError("unexpected-reply", {
      step,
      message: `the reply (HTTP ${reply.status}) is not CloudFormation's: ${excerpt(text)}`,
      fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_CLOUDFORMATION, and any proxy on the way",
    });
  }
  throw new AuthCliError("missing-configuration", {
    step,
    message: `CloudFormation was asked for the stage and answered ${String(path(error, "Code"))}: ${excerpt(String(path(error, "Message")))}`,
    cause: "the deployer's AWS credentials are wrong, have expired, or may not describe stacks",
    fix: "deploy from here (`npx sst deploy`), mend the credentials, or name the values with --endpoint and --identity-pool-id",
  });
}
