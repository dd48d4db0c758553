import { errorType, isFromApi } from "./api-reply.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type EvidenceName, routeOf, tell } from "./evidence.ts";
import type { Outcome } from "./experiments.ts";
import { otherStageUrl } from "./endpoint-paths.ts";
import type { Observations } from "./run-experiments.ts";
import { pathBelow, type Subject } from "./subject.ts";

/** API Gateway has no route. */
export function judgeMissing(subject: Subject, observations: Observations): Diagnosis {
  const route = routeOf(subject);
  const { ownUrl, url } = subject;
  const evidence = (...names: EvidenceName[]): string[] => tell(subject, observations, names);

  if (subject.proxy !== undefined && isRoute(observations.pastProxy)) {
    return {
      reason: "proxy-interferes",
      cause: `the proxy ${subject.proxy} does not pass the request on as it is: the API has the route ${route}`,
      evidence: evidence("pastProxy", "unusedPath", "way"),
      fix: `reach the API past the proxy: NO_PROXY=${url.hostname}`,
    };
  }
  if (ownUrl !== undefined && isRoute(observations.atOwnEndpoint)) {
    return {
      reason: "endpoint-of-another-stage",
      cause: `${url.origin} is another API than the deployment's: it has no route ${route}, the deployment's has`,
      evidence: evidence("atOwnEndpoint", "unusedPath"),
      fix: `leave out --endpoint, or name ${ownUrl.origin}`,
    };
  }
  const elsewhere = judgeStagePath(subject, observations);
  if (elsewhere !== undefined) return elsewhere;
  if (isRoute(observations.withGet)) {
    return {
      reason: "route-missing",
      cause: `the API has a route for GET ${url.pathname}, but none for ${subject.method}`,
      evidence: evidence("withGet", "unusedPath"),
      fix: `use GET, or add "${subject.method} ${pathBelow(subject)}" to the routes in the stack and deploy`,
    };
  }
  const methods = knownMethods(subject);
  return {
    reason: "route-missing",
    cause: `the API has no route ${route}${describeKnown(subject, methods)}`,
    evidence: evidence("unusedPath", "withGet", "otherStagePath", "atOwnEndpoint", "routes", "deployed"),
    fix: methods.includes(subject.method)
      ? `deploy the stage (\`npx sst deploy --stage ${subject.stage ?? "<stage>"}\`), or choose with --stage the one that has the route`
      : `check the path and the method (--request), or add "${subject.method} ${pathBelow(subject)}" to the routes in the stack and deploy`,
  };
}

/** The methods that the last deploy has for this path. */
function knownMethods(subject: Subject): string[] {
  const path = pathBelow(subject).split("/");
  return subject.knownRoutes
    .filter((route) => covers(route.path.split("/"), path))
    .map(({ method }) => method);
}

/** `/items/{id}` covers one more segment, `/{proxy+}` all that follow. */
function covers(pattern: readonly string[], path: readonly string[]): boolean {
  const greedy = pattern.at(-1)?.endsWith("+}") === true;
  const fixed = greedy ? pattern.slice(0, -1) : pattern;
  const isLong = greedy ? path.length > fixed.length : path.length === fixed.length;
  return isLong && fixed.every((part, index) => part.startsWith("{") || part === path[index]);
}

function describeKnown({ method, stage }: Subject, methods: readonly string[]): string {
  if (methods.length === 0) return "";
  return methods.includes(method)
    ? `; the last deploy from here has it, so that was of another stage than ${stage ?? "this"}, or was not the last of this one`
    : `; it has the path with ${methods.join(", ")}`;
}

/** The path without, or with, the stage's name is one of the API's. */
export function judgeStagePath(subject: Subject, observations: Observations): Diagnosis | undefined {
  if (!isRoute(observations.otherStagePath)) return undefined;
  const right = otherStageUrl(subject)?.href ?? "";
  const endpoint = right.slice(0, right.length - belowStage(subject).length);
  return {
    reason: "stage-path-wrong",
    cause: `the route is at another path: the endpoint ${subject.apiEndpoint.href.replace(/\/+$/, "")} has a stage's name too much or too little`,
    evidence: tell(subject, observations, ["otherStagePath", "unusedPath"]),
    fix: `use the endpoint ${endpoint}, with --endpoint or in the stack's ApiEndpoint output, and the path ${belowStage(subject)}`,
  };
}

/** Something answers there, be it with a refusal. */
function isRoute(outcome: Outcome | undefined): boolean {
  return (
    outcome !== undefined &&
    "reply" in outcome &&
    outcome.reply.status !== 404 &&
    errorType(outcome.reply) !== "ForbiddenException" &&
    (outcome.reply.status < 400 || isFromApi(outcome.reply))
  );
}

/** The path that the route itself has. */
function belowStage(subject: Subject): string {
  const path = pathBelow(subject);
  const prefix = `/${subject.stage ?? ""}/`;
  return subject.apiEndpoint.pathname === "/" && subject.stage !== undefined && path.startsWith(prefix)
    ? path.slice(prefix.length - 1)
    : path;
}
