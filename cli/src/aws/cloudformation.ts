import type { Reply } from "../http.ts";
import { members, path, text } from "./aws-xml.ts";
import { type AwsOperation, type Page, queryRequest, queryResult, unexpectedReply } from "./control-plane.ts";
import { serviceAddress } from "./partition.ts";

export interface Stack {
  stackName: string;
  outputs: Record<string, string>;
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function describeStacks(nextToken: string | undefined): AwsOperation<Page<Stack>> {
  return cloudFormationOperation("DescribeStacks", { NextToken: nextToken }, (result, reply) => ({
    items: members(path(result, "Stacks")).map((stack) => ({
      stackName: requireText(reply, stack, "StackName"),
      outputs: Object.fromEntries(
        members(path(stack, "Outputs")).map((output) => [
          requireText(reply, output, "OutputKey"),
          // An output may be empty.
          text(output, "OutputValue") ?? "",
        ]),
      ),
    })),
    next: text(result, "NextToken"),
  }));
}

/**
 * A template as uploaded. CDK and SST write JSON.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
 */
export function getTemplate(stackName: string): AwsOperation<string> {
  return cloudFormationOperation("GetTemplate", { StackName: stackName }, (result, reply) =>
    requireText(reply, result, "TemplateBody"),
  );
}

function cloudFormationOperation<T>(
  name: string,
  parameters: Readonly<Record<string, string | undefined>>,
  read: (result: unknown, reply: Reply) => T,
): AwsOperation<T> {
  return {
    service: "CLOUDFORMATION",
    request(context) {
      const address = serviceAddress("cloudformation", context.region);
      const service = { service: "cloudformation", version: "2010-05-15", address };
      return queryRequest(context, service, name, parameters);
    },
    read: (reply) => read(queryResult(reply, name), reply),
  };
}

function requireText(reply: Reply, value: unknown, name: string): string {
  const found = text(value, name);
  if (found === undefined) throw unexpectedReply(reply, name);
  return found;
}
