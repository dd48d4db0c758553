import { gatewayName } from "../aws/api-host.ts";
import { excerpt, headerValue } from "../http.ts";
import { errorType, gatewayMessage, isFromApi } from "./api-reply.ts";
import type { Deployed } from "./ask-deployer.ts";
import type { StsAnswer } from "./ask-sts.ts";
import { type ExperimentName, experimentNames, experiments } from "./experiments.ts";
import type { Observations, Outcome } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** An experiment, or something that was known before the experiments. */
export type EvidenceName =
  ExperimentName | "refusal" | "caller" | "deployAge" | "deployedRoute" | "routes" | "networkPath" | "skew";

const everything: readonly EvidenceName[] = [
  "refusal",
  "caller",
  "deployedRoute",
  ...experimentNames,
  "networkPath",
  "skew",
  "routes",
  "deployAge",
];

/** One sentence per observation, in the order of `names`. Skips what was not observed. */
export function describeEvidence(
  subject: Subject,
  observations: Observations,
  names: readonly EvidenceName[] = everything,
): string[] {
  return names.flatMap((name) => describe(subject, observations, name) ?? []);
}

/** `GET /private` */
export function routeOf({ method, url }: Pick<Subject, "method" | "url">): string {
  return `${method} ${url.pathname}`;
}

/** The service that answers at the API's address. */
export function gatewayOf({ url, service }: Pick<Subject, "url" | "service">): string {
  return gatewayName(url, service);
}

/** The refusal in API Gateway's own words, which a handler may have repeated. */
export function gatewayAnswer(subject: Subject): string {
  const { reply } = subject;
  const message = gatewayMessage(reply) ?? "";
  return `the answer is HTTP ${reply.status}${message === "" ? "" : `, in ${gatewayOf(subject)}'s words: ${excerpt(message)}`}`;
}

function describe(
  subject: Subject,
  observations: Observations,
  name: EvidenceName,
): string | string[] | undefined {
  switch (name) {
    case "refusal":
      return describeRefusal(subject);
    case "caller":
      return describeSts(observations.caller);
    case "deployedRoute":
      return describeDeployedRoute(subject, observations.deployed);
    case "deployAge":
      return describeDeployAge(subject.deployedSecondsAgo);
    case "routes":
      return describeRoutes(subject);
    case "networkPath":
      return describeNetworkPath(subject);
    case "skew":
      return describeSkew(subject, observations.caller);
    default: {
      const outcome = observations[name];
      return outcome && `${experiments[name].label(subject)}: ${describeOutcome(subject, outcome)}`;
    }
  }
}

function describeOutcome(subject: Subject, outcome: Outcome): string {
  if ("failure" in outcome) return `no answer (${outcome.failure})`;
  const { reply } = outcome;
  return `HTTP ${reply.status}${reply.status >= 400 && !isFromApi(reply) ? `, not from ${gatewayOf(subject)}` : ""}`;
}

/** The answers of REST APIs, function URLs and AppSync say more than `Forbidden`. */
function describeRefusal(subject: Subject): string | undefined {
  const { reply } = subject;
  const message = gatewayMessage(reply);
  if (message === undefined || errorType(reply) === undefined) return undefined;
  return `${gatewayOf(subject)} answered ${errorType(reply)}: ${excerpt(message)}`;
}

function describeSts(answer: StsAnswer | undefined): string | undefined {
  if (answer === undefined) return undefined;
  if ("accepted" in answer) return `STS accepts these credentials as ${answer.accepted.arn}`;
  if ("refused" in answer)
    return `STS refuses these credentials: ${answer.refused.code}: ${excerpt(answer.refused.message)}`;
  return `cannot ask STS (${answer.failure})`;
}

/** What the deployer's credentials show. */
function describeDeployedRoute(subject: Subject, deployed: Deployed | undefined): string[] | undefined {
  if (deployed === undefined) return undefined;
  const { route, allowed } = deployed;
  if (route === undefined) return [`API Gateway lists no route for ${routeOf(subject)}`];
  return [
    `API Gateway lists the route ${route.routeKey} with the authorizer ${route.authorizationType}`,
    ...(allowed === undefined
      ? []
      : [`IAM's simulation: the role's policy ${allowed ? "allows" : "does not allow"} the route`]),
  ];
}

function describeDeployAge(seconds: number | undefined): string | undefined {
  if (seconds === undefined || seconds > 600) return undefined;
  return `the stage was deployed ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} ago`;
}

function describeRoutes({ knownRoutes }: Subject): string | undefined {
  if (knownRoutes.length === 0) return undefined;
  const shown = knownRoutes.slice(0, 10).map(({ method, path }) => `${method} ${path}`);
  const more = knownRoutes.length - shown.length;
  return `routes of the last deploy in this project: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Proxies and servers between this computer and the API. */
function describeNetworkPath({ reply, proxy }: Subject): string[] {
  const via = headerValue(reply.headers, "via");
  const server = isFromApi(reply) ? undefined : headerValue(reply.headers, "server");
  return [
    ...(proxy === undefined ? [] : [`the request went through the proxy ${proxy}`]),
    ...(via === undefined ? [] : [`the reply came through ${excerpt(via)} (Via header)`]),
    ...(server === undefined ? [] : [`the reply came from ${excerpt(server)} (Server header)`]),
  ];
}

/** The clock of STS, where it answered. A `Date` header alone may come from a proxy. */
function describeSkew({ skewSeconds, url }: Subject, caller: StsAnswer | undefined): string | undefined {
  const ofSts = caller !== undefined && !("failure" in caller) ? caller.skewSeconds : undefined;
  const seconds = ofSts ?? skewSeconds;
  if (seconds === undefined || Math.abs(seconds) < 60) return undefined;
  const where = ofSts === undefined ? `the Date header of ${url.host}` : "the clock of STS";
  return `this computer's clock is ${Math.abs(seconds)} s ${seconds < 0 ? "ahead of" : "behind"} ${where}`;
}
