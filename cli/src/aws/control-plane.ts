import { AuthCliError } from "../errors.ts";
import { parseXml, path, text } from "./aws-xml.ts";
import { excerpt, headerValue, type Header, type HttpRequest, type Reply, replyText } from "../http.ts";
import { sigV4Intermediates, type SigV4Signing, signSigV4 } from "./sigv4.ts";

/** What a signed call to AWS's control plane needs, with the credentials of whoever deploys. */
export interface DeployerContext {
  credentials: SigV4Signing["credentials"];
  region: string;
  /** In place of the service's own address. */
  endpoint: URL | undefined;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** One call, by the IAM action that permits it. */
export interface DeployerCall {
  /** `iam:GetRole`: what a policy has to allow; the step in errors, too. */
  action: string;
  /** In the credential scope. */
  service: string;
  /** The service's own address, `https://iam.amazonaws.com`. */
  address: string;
  method: "GET" | "POST";
  /** Path and query. */
  target?: string;
  headers?: readonly Header[];
  body?: string;
}

export async function deployerRequest(
  { endpoint, region, credentials, nowMs }: DeployerContext,
  { action, service, address, method, target = "/", headers = [], body }: DeployerCall,
): Promise<HttpRequest> {
  const url = new URL(target, endpoint ?? address);
  const bytes = body === undefined ? {} : { body: Buffer.from(body) };
  const signature = await signSigV4(
    { method, url, headers, ...bytes },
    { credentials, region, service, nowMs },
  );
  const intermediates = sigV4Intermediates(signature);
  return { step: action, method, url, headers: signature.headers, intermediates, ...bytes };
}

/** A call of the query protocol, a form in and XML out. */
export function queryRequest(
  context: DeployerContext,
  { service, address, version }: { service: string; address: string; version: string },
  operation: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<HttpRequest> {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const form = new URLSearchParams([["Action", operation], ["Version", version], ...given]);
  return deployerRequest(context, {
    action: `${service}:${operation}`,
    service,
    address,
    method: "POST",
    headers: [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
    body: form.toString(),
  });
}

/** `<OperationResponse><OperationResult>`; @throws AuthCliError as {@link deployerRefusal} */
export function queryResult(reply: Reply): unknown {
  const operation = reply.step.slice(reply.step.indexOf(":") + 1);
  const parsed = parseXml(replyText(reply));
  const result = path(parsed, `${operation}Response`, `${operation}Result`);
  if (reply.status === 200 && result !== undefined) return result;
  throw deployerRefusal(
    reply,
    text(parsed, "ErrorResponse", "Error", "Code"),
    text(parsed, "ErrorResponse", "Error", "Message"),
  );
}

/** A JSON object; @throws AuthCliError as {@link deployerRefusal} */
export function jsonResult(reply: Reply): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(replyText(reply));
  } catch {
    value = undefined;
  }
  const object = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  if (reply.status === 200 && object !== undefined) return object;
  const type = headerValue(reply.headers, "x-amzn-errortype") ?? object?.["__type"];
  const message = object?.["message"] ?? object?.["Message"];
  // `com.amazonaws…#NotFoundException`, `NotFoundException:http://…`
  const code = typeof type === "string" ? type.replace(/^.*#/, "").replace(/:.*$/s, "") : undefined;
  throw deployerRefusal(reply, code, typeof message === "string" ? message : undefined);
}

/** The credentials themselves are refused, whatever they may do. */
const credentialFaults =
  /^(InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|IncompleteSignature|InvalidAccessKeyId|MissingAuthenticationToken|RequestExpired)/;

/**
 * A refusal by AWS: `aws-permission-missing` when a policy has to allow the step, `aws-not-found` when what is asked for is
 * not there, `aws-credentials-refused` when the deployer's credentials are not good, `aws-refused` for anything else.
 */
function deployerRefusal(
  { step, status, body }: Reply,
  code: string | undefined,
  message = "",
): AuthCliError {
  if (code === undefined) {
    return new AuthCliError("unexpected-reply", {
      step,
      message: `the reply (HTTP ${status}) is not one of AWS: ${excerpt(Buffer.from(body).toString("utf8"))}`,
      fix: "check AWS_ENDPOINT_URL, and any proxy on the way",
    });
  }
  const said = `AWS answered ${code}: ${excerpt(message)}`;
  if (/^AccessDenied|^UnauthorizedOperation/.test(code)) {
    return new AuthCliError("aws-permission-missing", {
      step,
      message: said,
      cause: `the deployer's AWS credentials may not ${step}`,
      fix: `allow ${step} to the deployer, or use the credentials of another with --profile`,
    });
  }
  if (credentialFaults.test(code)) {
    return new AuthCliError("aws-credentials-refused", {
      step,
      message: said,
      cause: "the deployer's AWS credentials are wrong or have expired",
      fix: "renew them, for example with `aws sso login` and `aws configure export-credentials`, or name others with --profile",
    });
  }
  const isMissing = /NoSuchEntity|NotFound/.test(code) || /does not exist/.test(message);
  return new AuthCliError(isMissing ? "aws-not-found" : "aws-refused", { step, message: said });
}
