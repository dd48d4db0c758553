import { excerpt, headerValue } from "../http.ts";
import { errorType, gatewayMessage, isFromApi } from "./api-reply.ts";
import type { Caller } from "./ask-sts.ts";
import type { Outcome } from "./experiments.ts";
import { otherStageUrl } from "./endpoint-paths.ts";
import type { ExperimentName, Observations } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** What can be told of: an experiment, or something that was known before. */
export type EvidenceName = ExperimentName | "refusal" | "caller" | "deployed" | "routes" | "way" | "skew";

/** The order in which they are told when all are. */
const all: readonly EvidenceName[] = [
  "refusal",
  "caller",
  "again",
  "unsigned",
  "unusedPath",
  "withGet",
  "otherStagePath",
  "withoutQuery",
  "withoutHeaders",
  "signedInQuery",
  "tokenInQuery",
  "forOtherRegion",
  "pastProxy",
  "atOwnEndpoint",
  "forOwnHost",
  "way",
  "skew",
  "routes",
  "deployed",
];

/** The sentences of what was observed, in the order wanted; what was not tried is left out. */
export function tell(
  subject: Subject,
  observations: Observations,
  names: readonly EvidenceName[] = all,
): string[] {
  return names.map((name) => sentence(subject, observations, name)).filter((text) => text !== undefined);
}

/** `GET /private` */
export function routeOf({ method, url }: Pick<Subject, "method" | "url">): string {
  return `${method} ${url.pathname}`;
}

/** The refusal as API Gateway words it. */
export function gatewayAnswer({ reply }: Pick<Subject, "reply">): string {
  const message = gatewayMessage(reply) ?? "";
  return `API Gateway answered HTTP ${reply.status}${message === "" ? "" : `: ${excerpt(message)}`}`;
}

function sentence(subject: Subject, observations: Observations, name: EvidenceName): string | undefined {
  switch (name) {
    case "refusal":
      return describeRefusal(subject);
    case "caller":
      return describeCaller(observations.caller);
    case "deployed":
      return describeAge(subject.deployedSecondsAgo);
    case "routes":
      return describeRoutes(subject);
    case "way":
      return describeWay(subject);
    case "skew":
      return describeSkew(observations.caller?.skewSeconds ?? subject.skewSeconds);
    default: {
      const outcome = observations[name];
      return outcome && `${experimentNames[name](subject)}: ${describeOutcome(outcome)}`;
    }
  }
}

const experimentNames: Readonly<Record<ExperimentName, (subject: Subject) => string>> = {
  again: () => "the same request again",
  unsigned: () => "without a signature",
  unusedPath: () => "GET of a path that no route has",
  withGet: ({ url }) => `GET ${url.pathname}, without a signature`,
  otherStagePath: (subject) => `GET ${otherStageUrl(subject)?.pathname ?? ""}, without a signature`,
  withoutQuery: () => "signed, without the query",
  withoutHeaders: ({ body }) => `signed, without your headers${body === undefined ? "" : " and body"}`,
  signedInQuery: () => "signed in the query, where nothing that drops headers can touch it",
  tokenInQuery: () => "signed in the headers, the session token in the query",
  forOtherRegion: ({ otherRegion }) => `signed for ${otherRegion ?? ""}`,
  pastProxy: ({ proxy }) => `signed, past the proxy ${proxy ?? ""}`,
  atOwnEndpoint: ({ ownUrl }) => `at ${ownUrl?.origin ?? ""}, which the outputs name`,
  forOwnHost: ({ ownUrl }) => `sent here, signed for ${ownUrl?.host ?? ""}`,
};

function describeOutcome(outcome: Outcome): string {
  if ("failure" in outcome) return `no answer (${outcome.failure})`;
  const { reply } = outcome;
  return `HTTP ${reply.status}${reply.status >= 400 && !isFromApi(reply) ? ", not from API Gateway" : ""}`;
}

/** API Gateway's own words are worth telling only where they are more than `Forbidden`. */
function describeRefusal({ reply }: Subject): string | undefined {
  const message = gatewayMessage(reply);
  if (message === undefined || errorType(reply) === undefined) return undefined;
  return `API Gateway said ${errorType(reply)}: ${excerpt(message)}`;
}

function describeCaller(caller: Caller | undefined): string | undefined {
  if (caller === undefined) return undefined;
  if ("accepted" in caller) return `STS accepted these keys as ${caller.accepted.arn}`;
  if ("refused" in caller)
    return `STS refused these keys: ${caller.refused.code}: ${excerpt(caller.refused.message)}`;
  return `STS could not be asked (${caller.failure})`;
}

function describeAge(seconds: number | undefined): string | undefined {
  if (seconds === undefined || seconds > 600) return undefined;
  return `the stage was deployed ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} ago`;
}

function describeRoutes({ knownRoutes }: Subject): string | undefined {
  if (knownRoutes.length === 0) return undefined;
  const told = knownRoutes.slice(0, 10).map(({ method, path }) => `${method} ${path}`);
  const more = knownRoutes.length - told.length;
  return `the last deploy from here has ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Who else had the request in hand. */
function describeWay({ reply, proxy }: Subject): string | undefined {
  const via = headerValue(reply.headers, "via");
  const server = isFromApi(reply) ? undefined : headerValue(reply.headers, "server");
  const parts = [
    ...(proxy === undefined ? [] : [`it went by way of the proxy ${proxy}`]),
    ...(via === undefined ? [] : [`the reply came by way of ${excerpt(via)}`]),
    ...(server === undefined ? [] : [`the reply is from ${excerpt(server)}, not from API Gateway`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function describeSkew(seconds: number | undefined): string | undefined {
  if (seconds === undefined || Math.abs(seconds) < 60) return undefined;
  return `this computer's clock is ${Math.abs(seconds)} s ${seconds < 0 ? "ahead of" : "behind"} AWS's`;
}
