import { AuthCliError, type ErrorDetails } from "../errors.ts";
import { members, parseXml, path, text } from "./aws-xml.ts";
import { type DeployerContext, queryRequest } from "./control-plane.ts";
import { excerpt, type HttpRequest, type Reply, replyText } from "../http.ts";

export interface StackPage {
  stacks: { stackName: string; outputs: Record<string, string> }[];
  /** For the next page; undefined on the last. */
  nextToken: string | undefined;
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function describeStacksRequest(
  context: DeployerContext,
  nextToken: string | undefined,
): Promise<HttpRequest> {
  const step = "cloudformation.describe-stacks";
  return cloudFormationRequest(step, context, "DescribeStacks", { NextToken: nextToken });
}

/** @throws AuthCliError `missing-configuration` when AWS does not let these credentials look at the stacks */
export function processDescribeStacksResponse(reply: Reply): StackPage {
  const result = resultOf(reply, "DescribeStacks", "the stage", {
    cause: "the deployer's AWS credentials are wrong, have expired, or may not describe stacks",
    fix: "deploy from here (`npx sst deploy`), mend the credentials, or name the values with --endpoint and --identity-pool-id",
  });
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
    nextToken: text(result, "NextToken"),
  };
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html */
export function getTemplateRequest(context: DeployerContext, stackName: string): Promise<HttpRequest> {
  const step = "cloudformation.get-template";
  return cloudFormationRequest(step, context, "GetTemplate", { StackName: stackName });
}

/**
 * The template as it was uploaded: CDK and SST write JSON.
 * @throws AuthCliError `missing-configuration` when AWS does not let these credentials look at the stack
 */
export function processGetTemplateResponse(reply: Reply): string {
  const result = resultOf(reply, "GetTemplate", "the template", {
    cause: "the deployer's AWS credentials are wrong, have expired, or may not read templates",
    fix: "mend the credentials, or name the routes with --route and --public",
  });
  const template = text(result, "TemplateBody");
  if (template === undefined) throw unexpected(reply);
  return template;
}

async function cloudFormationRequest(
  step: string,
  context: DeployerContext,
  operation: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<HttpRequest> {
  const service = {
    service: "cloudformation",
    version: "2010-05-15",
    address: `https://cloudformation.${context.region}.amazonaws.com`,
  };
  return { ...(await queryRequest(context, service, operation, parameters)), step };
}

function resultOf(
  reply: Reply,
  operation: string,
  what: string,
  refused: Pick<ErrorDetails, "cause" | "fix">,
): unknown {
  const parsed = parseXml(replyText(reply));
  const result = path(parsed, `${operation}Response`, `${operation}Result`);
  if (reply.status === 200 && result !== undefined) return result;
  const code = text(parsed, "ErrorResponse", "Error", "Code");
  if (code === undefined) throw unexpected(reply);
  const message = text(parsed, "ErrorResponse", "Error", "Message") ?? "";
  throw new AuthCliError("missing-configuration", {
    step: reply.step,
    message: `CloudFormation was asked for ${what} and answered ${code}: ${excerpt(message)}`,
    ...refused,
  });
}

function unexpected(reply: Reply): AuthCliError {
  return new AuthCliError("unexpected-reply", {
    step: reply.step,
    message: `the reply (HTTP ${reply.status}) is not CloudFormation's: ${excerpt(replyText(reply))}`,
    fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_CLOUDFORMATION, and any proxy on the way",
  });
}
