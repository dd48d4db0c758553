import { XMLParser } from "fast-xml-parser";
import { AuthCliError } from "../errors.ts";
import { excerpt, type HttpRequest, type Reply, replyText } from "./http.ts";
import { signSigV4, type SigV4Signing } from "./sigv4.ts";

export interface CloudFormationContext {
  credentials: SigV4Signing["credentials"];
  region: string;
  /** In place of `https://cloudformation.<region>.amazonaws.com`. */
  endpoint: URL | undefined;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

export interface StackPage {
  stacks: { stackName: string; outputs: Record<string, string> }[];
  /** For the next page; undefined on the last. */
  nextToken: string | undefined;
}

const step = "cloudformation.describe-stacks";

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export async function describeStacksRequest(
  { endpoint, region, credentials, nowMs }: CloudFormationContext,
  nextToken: string | undefined,
): Promise<HttpRequest> {
  const url = new URL("/", endpoint ?? `https://cloudformation.${region}.amazonaws.com`);
  const form = new URLSearchParams({
    Action: "DescribeStacks",
    Version: "2010-05-15",
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  });
  const body = Buffer.from(form.toString());
  const { headers } = await signSigV4(
    {
      method: "POST",
      url,
      headers: [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
      body,
    },
    { credentials, region, service: "cloudformation", nowMs },
  );
  return { step, method: "POST", url, headers, body };
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

/** Text stays text: an output that is all digits is not a number. */
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true });

function parseXml(text: string): unknown {
  try {
    return parser.parse(text);
  } catch {
    return undefined;
  }
}

function path(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

/** AWS's lists are `<member>` elements: none, one or many. */
function members(list: unknown): unknown[] {
  const member = path(list, "member");
  if (member === undefined) return [];
  return Array.isArray(member) ? member : [member];
}
