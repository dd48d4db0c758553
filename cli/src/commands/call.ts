import { resolve } from "node:path";
import { buildRequest, type RequestFlags } from "../call/request-options.ts";
import { type Notice, sendWithRetries } from "../call/retry.ts";
import { type DeploymentFlags, resolveDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import { findLogin, obtainIdentity } from "../identity.ts";
import { excerpt, type Header, headerValue, type HttpRequest, type HttpResponse } from "../protocol/http.ts";
import { apiStep, executeApi } from "../protocol/http-api.ts";
import { type SigV4Signature, signSigV4 } from "../protocol/sigv4.ts";
import type { CachedIdentity } from "../store/credentials-cache.ts";
import { readSessions } from "../store/sessions.ts";

export interface CallFlags extends DeploymentFlags, RequestFlags {
  user?: string;
  json?: boolean;
  include?: boolean;
  output?: string;
  verbose?: boolean;
  retry?: number;
  /** False with `--no-fail`. */
  fail?: boolean;
  unsigned?: boolean;
  dryRun?: boolean;
}

/**
 * `auth-cli call <path>`: signs with the credentials of the login and sends.
 * @throws AuthCliError `http-status` for HTTP ≥ 400, after the response was written
 */
export async function call(path: string, flags: CallFlags, environment: Environment): Promise<void> {
  const started = environment.now();
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const { deployment } = resolved;
  const request = await buildRequest(environment, deployment.apiEndpoint, path, flags);
  const identity = flags.unsigned
    ? undefined
    : await obtainIdentity(
        environment,
        resolved,
        await findLogin(environment, resolved, sessions, flags.user),
      );
  const sign = async (): Promise<SigV4Signature | undefined> =>
    identity &&
    (await signSigV4(request, {
      credentials: identity.credentials,
      region: deployment.region,
      service: executeApi,
      nowMs: environment.now(),
    }));
  if (flags.dryRun) return dryRun(environment, request, await sign(), deployment.region);

  const say: Notice = (text) => environment.terminal.say(`* ${text}\n`);
  const prepare = async (): Promise<HttpRequest> => {
    const signed = { ...request, headers: (await sign())?.headers ?? request.headers };
    if (flags.verbose) environment.terminal.say(describeRequest(signed));
    return signed;
  };
  const response = await sendWithRetries(environment, prepare, flags.retry ?? 0, say);
  if (flags.verbose) environment.terminal.say(prefixed("< ", responseHead(response)));

  await (flags.json
    ? printJson(environment, response, identity, started)
    : printResponse(environment, response, flags));
  if (response.status >= 400 && flags.fail !== false) throw httpError(request, response, identity);
  if (response.status >= 300 && response.status < 400) {
    const location = headerValue(response.headers, "location");
    say(`HTTP ${response.status}: not followed${location === undefined ? "" : ` to ${excerpt(location)}`}`);
  }
}

async function dryRun(
  environment: Environment,
  request: HttpRequest,
  signature: SigV4Signature | undefined,
  region: string,
): Promise<void> {
  const { curlCommand, describeSignature } = await import("../call/explain-signature.ts");
  await environment.terminal.print(
    `${signature === undefined ? "" : `${describeSignature(signature)}\n`}# the same with curl\n` +
      `${curlCommand(request, signature === undefined ? undefined : region)}\n`,
  );
}

async function printResponse(
  environment: Environment,
  response: HttpResponse,
  flags: CallFlags,
): Promise<void> {
  const chunks = flags.include ? withHead(response) : response.body;
  if (flags.output !== undefined && flags.output !== "-") {
    await environment.files.writeStream(resolve(environment.workingDirectory, flags.output), chunks);
    return;
  }
  for await (const chunk of chunks) await environment.terminal.printBytes(chunk);
}

async function* withHead(response: HttpResponse): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${responseHead(response).join("\r\n")}\r\n\r\n`);
  yield* response.body;
}

async function printJson(
  environment: Environment,
  response: HttpResponse,
  identity: CachedIdentity | undefined,
  started: number,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text).equals(bytes);
  const result = {
    status: response.status,
    headers: Object.fromEntries(
      response.headers.map(([name]) => [name.toLowerCase(), headerValue(response.headers, name)]),
    ),
    body: isText ? text : bytes.toString("base64"),
    // Only there when the body is no text, which JSON cannot hold.
    ...(isText ? {} : { bodyEncoding: "base64" }),
    requestId: requestId(response.headers),
    identityId: identity?.identityId,
    durationMs: environment.now() - started,
  };
  await environment.terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
}

function requestId(headers: readonly Header[]): string | undefined {
  return headerValue(headers, "apigw-requestid") ?? headerValue(headers, "x-amzn-requestid");
}

function httpError(
  request: HttpRequest,
  response: HttpResponse,
  identity: CachedIdentity | undefined,
): AuthCliError {
  const id = requestId(response.headers);
  const route = `${request.method} ${request.url.pathname}`;
  return new AuthCliError("http-status", {
    step: apiStep,
    message: `${route} answered HTTP ${response.status}${id === undefined ? "" : ` (request ${id})`}`,
    ...causeOf(response.status, identity),
  });
}

function causeOf(status: number, identity: CachedIdentity | undefined): { cause?: string; fix?: string } {
  if (status === 403 && identity === undefined) {
    return { cause: "the route needs a signature", fix: "leave out --unsigned" };
  }
  if (status === 403) {
    return {
      cause: "API Gateway refused the signature, or the role's policy does not allow this route",
      fix: "run `auth-cli smoke`, which tells the two apart; a route is allowed with `auth.attachPermissionsForAuthUsers(stack, [api])`",
    };
  }
  if (status === 404) return { cause: "the API has no such route", fix: "check the path and --request" };
  if (status >= 500) {
    return {
      cause: "the function failed or timed out",
      fix: "look at its log: `npx sst dev`, or CloudWatch",
    };
  }
  return {};
}

function describeRequest(request: HttpRequest): string {
  return prefixed("> ", [
    `${request.method} ${request.url.pathname}${request.url.search} HTTP/1.1`,
    `Host: ${request.url.host}`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
  ]);
}

function responseHead(response: HttpResponse): string[] {
  return [
    `HTTP/${response.httpVersion} ${response.status} ${response.statusText}`.trimEnd(),
    ...response.headers.map(([name, value]) => `${name}: ${value}`),
  ];
}

function prefixed(prefix: string, lines: readonly string[]): string {
  return `${[...lines, ""].map((line) => prefix + line).join("\n")}\n`;
}
