import type { HttpRequest, Reply } from "../http.ts";
import { members, path, text } from "./aws-xml.ts";
import { type AwsContext, queryRequest, queryResult, unexpectedReply } from "./control-plane.ts";
import { serviceAddress } from "./partition.ts";

export interface Stack {
  stackName: string;
  outputs: Record<string, string>;
}

export interface StackPage {
  stacks: Stack[];
  /** Token of the next page. Undefined on the last one. */
  nextToken: string | undefined;
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function describeStacksRequest(
  context: AwsContext,
  nextToken: string | undefined,
): Promise<HttpRequest> {
  return cloudFormationRequest(context, "DescribeStacks", { NextToken: nextToken });
}

/** @throws AuthCliError `aws-…` when AWS refuses, `unexpected-reply` when the reply is not from CloudFormation */
export function processDescribeStacksResponse(reply: Reply): StackPage {
  const result = queryResult(reply, "DescribeStacks");
  return {
    stacks: members(path(result, "Stacks")).map((stack) => ({
      stackName: requireText(reply, stack, "StackName"),
      outputs: Object.fromEntries(
        members(path(stack, "Outputs")).map((output) => [
          requireText(reply, output, "OutputKey"),
          // An output may be empty.
          text(output, "OutputValue") ?? "",
        ]),
      ),
    })),
    nextToken: text(result, "NextToken"),
  };
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html */
export function getTemplateRequest(context: AwsContext, stackName: string): Promise<HttpRequest> {
  return cloudFormationRequest(context, "GetTemplate", { StackName: stackName });
}

/**
 * @returns the template as uploaded. CDK and SST write JSON.
 * @throws AuthCliError `aws-…` when AWS refuses, `unexpected-reply` when the reply is not from CloudFormation
 */
export function processGetTemplateResponse(reply: Reply): string {
  return requireText(reply, queryResult(reply, "GetTemplate"), "TemplateBody");
}

function cloudFormationRequest(
  context: AwsContext,
  operation: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<HttpRequest> {
  const address = serviceAddress("cloudformation", context.region);
  return queryRequest(
    context,
    { service: "cloudformation", version: "2010-05-15", address },
    operation,
    parameters,
  );
}

function requireText(reply: Reply, value: unknown, name: string): string {
  const found = text(value, name);
  if (found === undefined) throw unexpectedReply(reply, name);
  return found;
}
