import type { FoundOutputs } from "../deployment/find-outputs.ts";
import { type KnownRoute, readKnownRoutes } from "../deployment/known-routes.ts";
import type { Project } from "../deployment/project.ts";
import { parseServiceUrl } from "../deployment/service-addresses.ts";
import type { Environment } from "../environment/environment.ts";
import type { Header } from "../http.ts";
import { apiUrl } from "../aws/execute-api.ts";
import type { AwsCredentials } from "../aws/sigv4.ts";
import { type ApiReply, gatewayMessage, isFromApi } from "./api-reply.ts";
import type { RefusedCall } from "./refused-call.ts";

/** Who said no: API Gateway to the signature or for want of a route, the handler, or something else on the way. */
export type Refusal =
  "forbidden" | "unauthorized" | "missing" | "throttled" | "failed" | "handler" | "foreign";

/** The refused request, and what is known of it without asking anybody. */
export interface Subject {
  refusal: Refusal;
  method: string;
  url: URL;
  headers: readonly Header[];
  body: Uint8Array | undefined;
  reply: ApiReply;
  /** How long the reply took; undefined when nobody measured. */
  durationMs: number | undefined;
  credentials: AwsCredentials;
  /** That of its signature. */
  region: string;
  /** That of `<id>.execute-api.<region>.amazonaws.com`. */
  hostRegion: string | undefined;
  /** Another one that it could have to be. */
  otherRegion: string | undefined;
  /** Where the API is, according to flags and files. */
  apiEndpoint: URL;
  /** The same path at the endpoint that the deployment's outputs name, when that is another. */
  ownUrl: URL | undefined;
  identityPoolId: string;
  /** The pool that the deployment's outputs name, when that is another. */
  ownIdentityPoolId: string | undefined;
  stage: string | undefined;
  appName: string | undefined;
  /** Of the last deploy from here, whatever its stage. */
  knownRoutes: readonly KnownRoute[];
  /** Seconds since the outputs file was written; undefined when the outputs are not from a file. */
  deployedSecondsAgo: number | undefined;
  /** Host and port of the proxy on the way. */
  proxy: string | undefined;
  /** By the clock of the servers where theirs is known to differ much. */
  nowMs: number;
  /** By which the servers' clock is ahead, from the refusal's `Date`. */
  skewSeconds: number | undefined;
  /** Of no route. */
  unusedName: string;
}

/** Of the refused signature; each experiment has its own. */
const signatureHeaders = new Set([
  "authorization",
  "host",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-content-sha256",
]);

/** Methods that change nothing (RFC 9110 9.2.1), and may be sent as often as experiments want. */
export function isSafe({ method }: Pick<Subject, "method">): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method);
}

export function refusalOf(reply: ApiReply): Refusal | undefined {
  if (gatewayMessage(reply) === undefined && !isFromApi(reply)) return "foreign";
  if (gatewayMessage(reply) === undefined) {
    // What a handler makes of a caller's input is its own affair.
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

/** The region in an API's own host name; undefined for custom domains and the local cloud. */
export function regionOfHost({ hostname }: URL): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];
}

/** The path of the request below an endpoint's own. */
export function pathBelow({ url, apiEndpoint }: Pick<Subject, "url" | "apiEndpoint">): string {
  const base = apiEndpoint.pathname.replace(/\/+$/, "");
  return url.pathname.startsWith(`${base}/`) ? url.pathname.slice(base.length) : url.pathname;
}

/** @param nowMs by the servers' clock */
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
  const { apiEndpoint, identityPoolId, region, stage } = deployment;
  const { url } = request;
  const found = resolved.recorded();
  // With both given by hand the stage on record is another matter.
  const isMeant = found?.identityPoolId === identityPoolId || isSame(found?.apiEndpoint, apiEndpoint);
  const recorded = isMeant ? found : undefined;
  const hostRegion = regionOfHost(url);
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
    region,
    hostRegion,
    otherRegion: candidates.find((candidate) => candidate !== undefined && candidate !== region),
    apiEndpoint,
    ownUrl: ownUrl(recorded, { url, apiEndpoint }),
    identityPoolId,
    ownIdentityPoolId: recorded?.identityPoolId === identityPoolId ? undefined : recorded?.identityPoolId,
    stage: found !== undefined && !isMeant ? undefined : stage,
    appName: project.appName,
    knownRoutes: refusal === "missing" ? knownRoutes(environment, project) : [],
    deployedSecondsAgo: deployedSecondsAgo(environment, recorded),
    proxy: await environment.proxyFor(url),
    nowMs,
    skewSeconds,
    unusedName: environment.uniqueName(),
  };
}

/** A manifest of another shape is as good as none. */
function knownRoutes(environment: Pick<Environment, "files">, { root }: Project): KnownRoute[] {
  try {
    return readKnownRoutes(environment, root);
  } catch {
    return [];
  }
}

/** Since the outputs file was written; undefined when the outputs are not from a file. */
export function deployedSecondsAgo(
  { files, now }: Pick<Environment, "files" | "now">,
  recorded: FoundOutputs | undefined,
): number | undefined {
  const writtenMs = recorded && files.describe(recorded.source)?.modifiedMs;
  return writtenMs === undefined ? undefined : Math.max(0, Math.round((now() - writtenMs) / 1000));
}

function regionOfPool(identityPoolId: string): string {
  return identityPoolId.slice(0, identityPoolId.indexOf(":"));
}

function ownUrl(
  recorded: FoundOutputs | undefined,
  request: Pick<Subject, "url" | "apiEndpoint">,
): URL | undefined {
  const own = recorded && parseEndpoint(recorded);
  if (own === undefined || isSame(own.href, request.apiEndpoint)) return undefined;
  return apiUrl(own, pathBelow(request) + request.url.search);
}

/** Whatever their slashes. */
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
