import type { FoundOutputs } from "../deployment/find-outputs.ts";
import { type KnownRoute, readKnownRoutes } from "../deployment/known-routes.ts";
import { parseServiceUrl } from "../deployment/service-url.ts";
import type { Environment } from "../environment/environment.ts";
import type { Header } from "../http.ts";
import { executeApi, scopeOfHost } from "../aws/api-host.ts";
import { apiUrl } from "../aws/execute-api.ts";
import { regionOfPool } from "../deployment/region.ts";
import type { AwsCredentials } from "../aws/sigv4.ts";
import { type ApiReply, gatewayMessage, isFromApi } from "./api-reply.ts";
import { pathBelow } from "./endpoint-paths.ts";
import type { RefusedCall } from "./refused-call.ts";

/** API Gateway refused the signature or has no route, the handler refused or failed, or something else answered. */
export type Refusal =
  "forbidden" | "unauthorized" | "missing" | "throttled" | "failed" | "handler" | "foreign";

/** The refused request, and the facts about it that need no further request. */
export interface Subject {
  refusal: Refusal;
  method: string;
  url: URL;
  headers: readonly Header[];
  body: Uint8Array | undefined;
  reply: ApiReply;
  /** Milliseconds until the reply; undefined when not measured. */
  durationMs: number | undefined;
  credentials: AwsCredentials;
  /** The service of its signature. */
  service: string;
  /** Another service that the API may be of. */
  otherService: string | undefined;
  /** The region of its signature. */
  region: string;
  /** The region in the API's host. */
  hostRegion: string | undefined;
  /** Another region that the API may be in. */
  otherRegion: string | undefined;
  /** From flags, environment or outputs file. */
  apiEndpoint: URL;
  /** The same path at the endpoint in the stack outputs, when that is another endpoint. */
  ownUrl: URL | undefined;
  identityPoolId: string;
  /** The pool in the stack outputs, when that is another pool. */
  ownIdentityPoolId: string | undefined;
  stage: string | undefined;
  appName: string | undefined;
  /** Of the last deploy in this project, of any stage. */
  knownRoutes: readonly KnownRoute[];
  /** Seconds since the outputs file was written; undefined when the outputs are not from a file. */
  deployedSecondsAgo: number | undefined;
  /** Host and port of the proxy on the way. */
  proxy: string | undefined;
  /** Milliseconds since the epoch, by the servers' clock where it is known to differ much. */
  nowMs: number;
  /** That time is the servers', not this computer's. */
  isTimeCorrected: boolean;
  /** Seconds by which the servers' clock is ahead, from the refusal's `Date`. */
  skewSeconds: number | undefined;
  /** A path segment that no route has. */
  unusedName: string;
}

/** Left out, since each experiment signs for itself. */
const signatureHeaders = new Set([
  "authorization",
  "host",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-content-sha256",
]);

/** Methods without effects (RFC 9110 9.2.1), which experiments may repeat. */
export function isSafe({ method }: Pick<Subject, "method">): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method);
}

export function refusalOf(reply: ApiReply): Refusal | undefined {
  if (gatewayMessage(reply) === undefined && !isFromApi(reply)) return "foreign";
  if (gatewayMessage(reply) === undefined) {
    // An HTTP 400 of the handler is about the input, not about access.
    return [401, 403, 404].includes(reply.status) || reply.status >= 500 ? "handler" : undefined;
  }
  const refusals: Readonly<Record<number, Refusal>> = {
    401: "unauthorized",
    403: "forbidden",
    404: "missing",
    429: "throttled",
  };
  return refusals[reply.status] ?? (reply.status >= 500 ? "failed" : undefined);
}

/** @param nowMs milliseconds since the epoch, by the servers' clock */
export async function gatherFacts(
  {
    environment,
    resolved,
    request,
    reply,
    durationMs,
    skewSeconds,
  }: RefusedCall & { skewSeconds: number | undefined },
  refusal: Refusal,
  credentials: AwsCredentials,
  nowMs: number,
): Promise<Subject> {
  const { deployment, project, configuration } = resolved;
  const { apiEndpoint, identityPoolId, service, region, stage } = deployment;
  const { url } = request;
  const found = resolved.recorded();
  // With both set by flags, the recorded stage may be another deployment.
  const isMeant = found?.identityPoolId === identityPoolId || isSame(found?.apiEndpoint, apiEndpoint);
  const recorded = isMeant ? found : undefined;
  const { region: hostRegion, service: hostService = executeApi } = scopeOfHost(url) ?? {};
  const candidates = [
    hostRegion,
    recorded && regionOfPool(recorded.identityPoolId),
    regionOfPool(identityPoolId),
    (await configuration.find("AWS_REGION"))?.value,
    project.region,
  ];
  return {
    refusal,
    method: request.method,
    url,
    headers: request.headers.filter(([name]) => !signatureHeaders.has(name.toLowerCase())),
    body: request.body,
    reply,
    durationMs,
    credentials,
    service,
    otherService: hostService === service ? undefined : hostService,
    region,
    hostRegion,
    otherRegion: candidates.find((candidate) => candidate !== undefined && candidate !== region),
    apiEndpoint,
    ownUrl: ownUrl(recorded, { url, apiEndpoint }, resolved.loginApis),
    identityPoolId,
    ownIdentityPoolId: recorded?.identityPoolId === identityPoolId ? undefined : recorded?.identityPoolId,
    stage: found !== undefined && !isMeant ? undefined : stage,
    appName: project.appName,
    knownRoutes: refusal === "missing" ? readKnownRoutes(environment, project.root) : [],
    deployedSecondsAgo: deployedSecondsAgo(environment, recorded),
    proxy: await environment.proxyFor(url),
    nowMs,
    isTimeCorrected: environment.serverClock.isCorrected,
    skewSeconds,
    unusedName: environment.uniqueName(),
  };
}

/** Seconds since the outputs file was written; undefined when the outputs are not from a file. */
export function deployedSecondsAgo(
  { files, now }: Pick<Environment, "files" | "now">,
  recorded: FoundOutputs | undefined,
): number | undefined {
  const writtenMs = recorded && files.describe(recorded.source)?.modifiedMs;
  return writtenMs === undefined ? undefined : Math.max(0, Math.round((now() - writtenMs) / 1000));
}

function ownUrl(
  recorded: FoundOutputs | undefined,
  request: Pick<Subject, "url" | "apiEndpoint">,
  loginApis: readonly string[] | undefined,
): URL | undefined {
  const own = recorded && parseEndpoint(recorded);
  // The experiment sends credentials there, and a project's file may name any address.
  if (own !== undefined && loginApis?.every((api) => !isSame(api, own))) return undefined;
  if (own === undefined || isSame(own.href, request.apiEndpoint)) return undefined;
  return apiUrl(own, pathBelow(request) + request.url.search);
}

/** Ignores trailing slashes. */
function isSame(a: string | undefined, b: URL): boolean {
  return a?.replace(/\/+$/, "") === b.href.replace(/\/+$/, "");
}

function parseEndpoint({ apiEndpoint, source }: FoundOutputs): URL | undefined {
  try {
    return parseServiceUrl(apiEndpoint, source);
  } catch {
    return undefined;
  }
}
