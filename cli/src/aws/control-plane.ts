import { AuthCliError } from "../errors.ts";
import { parseXml, path, text } from "./aws-xml.ts";
import {
  excerpt,
  headerValue,
  type Header,
  type HttpRequest,
  type Reply,
  replyObject,
  replyText,
  type Signed,
} from "../http.ts";
import type { TimedRequest } from "../server-clock.ts";
import { sigV4Intermediates, type SigV4Signing, signSigV4 } from "./sigv4.ts";

/** What a signed call to an AWS service needs. */
export interface AwsContext {
  credentials: SigV4Signing["credentials"];
  region: string;
  /** Replaces the service's own address. */
  endpoint: URL | undefined;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

export interface AwsCall {
  /** The IAM action that permits the call, `iam:GetRole`. Errors name it as their step. */
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

/** A request without its signature, and the function that signs it. */
export function awsRequest(
  { endpoint, region, credentials }: Omit<AwsContext, "nowMs">,
  { action, service, address, method, target = "/", headers = [], body }: AwsCall,
): Pick<TimedRequest, "step" | "method" | "url" | "body" | "signAt"> {
  const request = {
    method,
    url: new URL(target, endpoint ?? address),
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  };
  const signAt = async (nowMs: number): Promise<Signed> => {
    const signature = await signSigV4({ ...request, headers }, { credentials, region, service, nowMs });
    return { headers: signature.headers, intermediates: sigV4Intermediates(signature) };
  };
  return { step: action, ...request, signAt };
}

/** A call to an AWS service with the deployer's credentials. */
export interface AwsOperation<T> {
  /** The end of the variable that replaces the service's address: `AWS_ENDPOINT_URL_IAM`. */
  service: "STS" | "COGNITO_IDENTITY" | "IAM" | "APIGATEWAYV2" | "CLOUDFORMATION";
  request: (context: AwsContext) => Promise<HttpRequest>;
  /** @throws AuthCliError `aws-…` when AWS refuses, `unexpected-reply` when the reply is not from AWS */
  read: (reply: Reply) => T;
}

/** A page of a list. */
export interface Page<T> {
  items: T[];
  /** Token of the next page. Undefined on the last one. */
  next: string | undefined;
}

/** All items of an operation that returns them in pages. */
export async function allPages<T>(read: (token: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await read(token);
    all.push(...items);
    token = next;
  } while (token !== undefined);
  return all;
}

export async function signedRequest(context: AwsContext, call: AwsCall): Promise<HttpRequest> {
  const { signAt, ...request } = awsRequest(context, call);
  return { ...request, ...(await signAt(context.nowMs)) };
}

export interface QueryService {
  /** `sts` */
  service: string;
  address: string;
  /** Of the API, a date: `2011-06-15`. */
  version: string;
}

/**
 * A call in AWS's query protocol: the request is a form, the response XML.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html
 */
export function queryCall(
  { service, address, version }: QueryService,
  operation: string,
  parameters: Readonly<Record<string, string | undefined>>,
): AwsCall {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const form = new URLSearchParams([["Action", operation], ["Version", version], ...given]);
  return {
    action: `${service}:${operation}`,
    service,
    address,
    method: "POST",
    headers: [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]],
    body: form.toString(),
  };
}

export function queryRequest(
  context: AwsContext,
  service: QueryService,
  operation: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<HttpRequest> {
  return signedRequest(context, queryCall(service, operation, parameters));
}

/** AWS refused a call. */
export interface AwsRefusal {
  /** `ExpiredToken`, `AccessDenied`, … */
  code: string;
  message: string;
}

/**
 * The content of `<OperationResponse><OperationResult>`, or AWS's refusal.
 * @throws AuthCliError `unexpected-reply` when the reply is neither
 */
export function readQueryResponse(
  reply: Reply,
  operation: string,
): { result: unknown; refusal?: never } | { result?: never; refusal: AwsRefusal } {
  const parsed = parseXml(replyText(reply));
  const result = path(parsed, `${operation}Response`, `${operation}Result`);
  if (reply.status === 200 && result !== undefined) return { result };
  const code = text(parsed, "ErrorResponse", "Error", "Code");
  if (code === undefined) throw unexpectedReply(reply);
  return { refusal: { code, message: text(parsed, "ErrorResponse", "Error", "Message") ?? "" } };
}

/**
 * The content of `<OperationResponse><OperationResult>`.
 * @throws AuthCliError as {@link deployerRefusal}
 */
export function queryResult(reply: Reply, operation: string): unknown {
  const read = readQueryResponse(reply, operation);
  if (read.refusal !== undefined) throw deployerRefusal(reply, read.refusal);
  return read.result;
}

/**
 * A JSON object.
 * @throws AuthCliError as {@link deployerRefusal}
 */
export function jsonResult(reply: Reply): Record<string, unknown> {
  const object = replyObject(reply);
  if (reply.status === 200 && object !== undefined) return object;
  const type = headerValue(reply.headers, "x-amzn-errortype") ?? object?.["__type"];
  if (typeof type !== "string") throw unexpectedReply(reply);
  // `com.amazonaws…#NotFoundException`, `NotFoundException:http://…`
  const code = type.replace(/^.*#/, "").replace(/:.*$/s, "");
  const message = object?.["message"] ?? object?.["Message"];
  throw deployerRefusal(reply, { code, message: typeof message === "string" ? message : "" });
}

/** AWS does not accept the credentials, whatever they may do. */
const credentialFaults =
  /^(InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|IncompleteSignature|InvalidAccessKeyId|MissingAuthenticationToken|RequestExpired)/;

/**
 * A refusal by AWS: `aws-permission-missing` when no policy allows the step, `aws-not-found` when the resource does not
 * exist, `aws-credentials-refused` when AWS does not accept the deployer's credentials, else `aws-refused`.
 */
function deployerRefusal({ step }: Reply, { code, message }: AwsRefusal): AuthCliError {
  const said = `AWS answered ${code}: ${excerpt(message)}`;
  if (/^AccessDenied|^UnauthorizedOperation/.test(code)) {
    return new AuthCliError("aws-permission-missing", {
      step,
      message: said,
      cause: `the deployer's AWS credentials lack ${step}`,
      fix: `allow ${step} for the deployer, or choose other credentials with --profile`,
    });
  }
  if (credentialFaults.test(code)) {
    return new AuthCliError("aws-credentials-refused", {
      step,
      message: said,
      cause: "the deployer's AWS credentials are wrong or have expired",
      fix: "renew them, for example with `aws sso login` and `aws configure export-credentials`, or choose others with --profile",
    });
  }
  const isMissing = /NoSuchEntity|NotFound/.test(code) || /does not exist/.test(message);
  return new AuthCliError(isMissing ? "aws-not-found" : "aws-refused", { step, message: said });
}

/** A reply that an AWS service does not send. */
export function unexpectedReply(reply: Reply, missing?: string): AuthCliError {
  return new AuthCliError("unexpected-reply", {
    step: reply.step,
    message:
      missing === undefined
        ? `the reply (HTTP ${reply.status}) is not from AWS: ${excerpt(replyText(reply))}`
        : `the reply of AWS lacks ${missing}`,
    cause: "a server other than AWS may answer at this address",
    fix: "check AWS_ENDPOINT_URL, the service's own AWS_ENDPOINT_URL_… variable, and any proxy",
  });
}
