import { dirname, resolve } from "node:path";
import { decodeBody, readWhole } from "./body.ts";
import type { Explained, explainRefusal } from "./explain-refusal.ts";
import { buildRequest, type RequestFlags } from "./build-request.ts";
import { type Notice, sendWithRetries } from "./retry.ts";
import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError, type ErrorDetails } from "../../errors.ts";
import { findLogin } from "../../session/find-login.ts";
import { obtainIdentity } from "../../session/obtain-identity.ts";
import {
  excerpt,
  formatIntermediates,
  type Header,
  headerValue,
  type HttpRequest,
  type HttpResponse,
  type Intermediates,
  type Send,
  type Signed,
  wireHeaders,
} from "../../http.ts";
import { sendSigned, type TimedRequest } from "../../server-clock.ts";
import { apiStep, executeApi } from "../../aws/execute-api.ts";
import { demandSignable, sigV4Intermediates, signSigV4 } from "../../aws/sigv4.ts";
import type { CachedIdentity } from "../../session/credentials-cache.ts";
import { readSessions } from "../../session/sessions.ts";

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
  /** False with `--no-diagnosis`. */
  diagnosis?: boolean;
}

/** API Gateway refuses at five minutes; a measurement is some seconds off. */
const toleratedSeconds = 240;

/**
 * `auth-cli call <path>`: signs with the credentials of the login and sends.
 * @param target a path, an absolute URL of the API, or a method and one of them
 * @throws AuthCliError `http-status` for HTTP ≥ 400, after the response was written
 */
export async function call(
  target: readonly string[],
  flags: CallFlags,
  environment: Environment,
): Promise<void> {
  const started = environment.now();
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const { deployment } = resolved;
  demandFolder(environment, flags.output);
  const request = await buildRequest(environment, deployment.apiEndpoint, target, flags);
  // All that can be wrong here is said before Cognito is asked.
  if (!flags.unsigned) demandSignable(request.headers);
  const login = flags.unsigned ? undefined : await findLogin(environment, resolved, sessions, flags.user);
  const identityAt = async (now: () => number): Promise<CachedIdentity | undefined> =>
    login &&
    obtainIdentity({ ...environment, now }, resolved, login, () => {
      // While Cognito answers there is time for the API's TLS.
      if (!flags.dryRun) environment.preconnect(deployment.apiEndpoint);
    });
  let identity = await identityAt(environment.now);
  const sign = async (nowMs: number): Promise<Signed> => {
    if (identity === undefined) return request;
    const signature = await signSigV4(request, {
      credentials: identity.credentials,
      region: deployment.region,
      service: executeApi,
      nowMs,
    });
    return { headers: signature.headers, intermediates: sigV4Intermediates(signature) };
  };
  if (flags.dryRun) {
    const { intermediates } = await sign(environment.now());
    return dryRun(environment, request, intermediates, deployment.region);
  }

  const say: Notice = (text) => environment.terminal.say(`* ${text}\n`);
  const { serverClock } = environment;
  const sendOnce: Send = (signed) => {
    if (flags.verbose) environment.terminal.say(describeRequest(signed));
    return environment.send(signed);
  };
  const timed: TimedRequest = {
    ...request,
    async signAt(nowMs) {
      // By the server's time the credentials may have expired.
      if (serverClock.isCorrected) identity = await identityAt(() => nowMs);
      return sign(nowMs);
    },
    isRefusedForTime: (status) => status === 403,
    toleratedSeconds,
  };
  const attempt = (): Promise<HttpResponse> =>
    identity === undefined ? sendOnce(request) : sendSigned({ send: sendOnce, serverClock }, timed);
  const send = async (): Promise<HttpResponse> => {
    const received = await environment.terminal.withSpinner(
      `waiting for ${request.url.host}`,
      sendWithRetries(environment, { method: request.method, retries: flags.retry ?? 0 }, attempt, say),
    );
    if (flags.verbose) environment.terminal.say(describeResponse(received));
    return flags.compressed ? { ...received, body: decodeBody(received) } : received;
  };
  const first = await send();
  const explained = wantsDiagnosis(first, flags)
    ? await explain({ environment, resolved, request, credentials: identity?.credentials }, first, send, say)
    : undefined;
  const response = explained?.response ?? first;

  await (flags.json
    ? printJson(environment, response, identity, started)
    : printResponse(environment, response, flags));
  if (response.status >= 400 && flags.fail !== false) {
    throw httpError(request, response, explained?.diagnosis ?? causeOf(response.status, identity));
  }
  if (response.status >= 300 && response.status < 400) {
    const location = headerValue(response.headers, "location");
    say(`HTTP ${response.status}: not followed${location === undefined ? "" : ` to ${excerpt(location)}`}`);
  }
}

/** Said before anything is sent: the request may not be one to be sent twice. */
function demandFolder({ files, workingDirectory }: Environment, output: string | undefined): void {
  if (output === undefined || output === "-") return;
  const folder = dirname(resolve(workingDirectory, output));
  if (files.exists(folder)) return;
  throw new AuthCliError("invalid-usage", {
    message: `${output} cannot be written (--output)`,
    cause: `there is no folder ${folder}`,
    fix: "make it first",
  });
}

function wantsDiagnosis({ status }: HttpResponse, flags: CallFlags): boolean {
  return status >= 400 && flags.fail !== false && flags.diagnosis !== false && !flags.unsigned;
}

/** Loaded only for a refusal. */
async function explain(...parameters: Parameters<typeof explainRefusal>): Promise<Explained> {
  const { explainRefusal: run } = await import("./explain-refusal.ts");
  return run(...parameters);
}

/** Prints what would be signed and sent, and sends nothing. */
async function dryRun(
  environment: Environment,
  request: HttpRequest,
  intermediates: Intermediates | undefined,
  region: string,
): Promise<void> {
  const { curlCommand } = await import("./dry-run.ts");
  const signed = intermediates !== undefined;
  const hints = [
    ...(signed ? ['its secrets come from the environment: eval "$(auth-cli credentials --format env)"'] : []),
    ...(request.body === undefined ? [] : ["the body comes from standard input"]),
  ];
  await environment.terminal.print(
    `${formatIntermediates(intermediates ?? [])}# the same with curl\n` +
      `${hints.map((hint) => `# ${hint}\n`).join("")}${curlCommand(request, signed ? region : undefined)}\n`,
  );
}

async function printResponse(
  environment: Environment,
  response: HttpResponse,
  flags: CallFlags,
): Promise<void> {
  const chunks = flags.include || flags.head ? withHead(response) : response.body;
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
  const bytes = await readWhole(response.body);
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
  explanation: Pick<ErrorDetails, "reason" | "cause" | "evidence" | "fix">,
): AuthCliError {
  const id = requestId(response.headers);
  const route = `${request.method} ${request.url.pathname}`;
  return new AuthCliError("http-status", {
    step: apiStep,
    message: `${route} answered HTTP ${response.status}${id === undefined ? "" : ` (request ${id})`}`,
    ...explanation,
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
    ...wireHeaders(request).map(([name, value]) => `${name}: ${value}`),
  ]);
}

function describeResponse(response: HttpResponse): string {
  const { remoteAddress = "", remotePort = 0, tls } = response.connection?.() ?? {};
  const notes =
    remoteAddress === ""
      ? []
      : [
          `Connected to ${remoteAddress} port ${remotePort}`,
          ...(tls === undefined
            ? []
            : [`${tls.protocol}, ${tls.cipher}; the certificate is ${tls.subject}'s, by ${tls.issuer}`]),
        ];
  return notes.map((note) => `* ${note}\n`).join("") + prefixed("< ", responseHead(response));
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
