import { AuthCliError } from "../errors.ts";
import type { DeployerContext } from "./deployer-api.ts";
import { excerpt, type HttpRequest, type Reply, replyText } from "./http.ts";
import { signSigV4 } from "./sigv4.ts";

const step = "cloudformation.get-template";

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html */
export async function getTemplateRequest(
  { endpoint, region, credentials, nowMs }: DeployerContext,
  stackName: string,
): Promise<HttpRequest> {
  const url = new URL("/", endpoint ?? `https://cloudformation.${region}.amazonaws.com`);
  const form = new URLSearchParams({ Action: "GetTemplate", Version: "2010-05-15", StackName: stackName });
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

/**
 * The template as it was uploaded: CDK and SST write JSON.
 *
 * The two elements that matter hold text only, so that no XML parser need be loaded for them.
 * @throws AuthCliError `missing-configuration` when AWS does not let these credentials look at the stack
 */
export function processGetTemplateResponse(reply: Reply): string {
  const text = replyText(reply);
  const element = (name: string): string | undefined => {
    const content = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
    return content === undefined ? undefined : unescapeXml(content);
  };
  const template = element("TemplateBody");
  if (reply.status === 200 && template !== undefined) return template;
  const code = element("Code");
  if (code === undefined) {
    throw new AuthCliError("unexpected-reply", {
      step,
      message: `the reply (HTTP ${reply.status}) is not CloudFormation's: ${excerpt(text)}`,
      fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_CLOUDFORMATION, and any proxy on the way",
    });
  }
  throw new AuthCliError("missing-configuration", {
    step,
    message: `CloudFormation was asked for the template and answered ${code}: ${excerpt(element("Message") ?? "")}`,
    cause: "the deployer's AWS credentials are wrong, have expired, or may not read templates",
    fix: "mend the credentials, or name the routes with --route and --public",
  });
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole;
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    },
  );
}
