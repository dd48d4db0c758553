import { deployCommand } from "../deployment/deploy-command.ts";
import { errorType, isFromApi } from "./api-reply.ts";
import { otherStageUrl, pathBelow, routePath } from "./endpoint-paths.ts";
import { describeEvidence, type EvidenceName, routeOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import type { Observations, Outcome } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** API Gateway has no route for the request. */
export function judgeMissing(subject: Subject, observations: Observations): Diagnosis {
  const route = routeOf(subject);
  const { ownUrl, url, method, stage, proxy } = subject;
  const evidence = (...names: EvidenceName[]): string[] => describeEvidence(subject, observations, names);
  const addRoute = `add "${method} ${pathBelow(subject)}" to the routes in the stack and run ${deployCommand(stage)}`;

  if (proxy !== undefined && isRoute(observations.pastProxy)) {
    return {
      reason: "proxy-interferes",
      cause: `the proxy ${proxy} changes the request: the API has the route ${route}`,
      evidence: evidence("pastProxy", "unusedPath", "way"),
      fix: `bypass the proxy: \`export NO_PROXY=${url.hostname}\``,
    };
  }
  if (ownUrl !== undefined && isRoute(observations.atOwnEndpoint)) {
    return {
      reason: "endpoint-of-another-stage",
      cause: `${url.origin} is not the API in the stack outputs: it has no route ${route}, and that API has`,
      evidence: evidence("atOwnEndpoint", "unusedPath"),
      fix: `leave out --endpoint, or use \`--endpoint ${ownUrl.origin}\``,
    };
  }
  const elsewhere = judgeStagePath(subject, observations);
  if (elsewhere !== undefined) return elsewhere;
  if (isRoute(observations.withGet)) {
    return {
      reason: "route-missing",
      cause: `the API has a route GET ${url.pathname}, but no route ${route}`,
      evidence: evidence("withGet", "unusedPath"),
      fix: `use GET, or ${addRoute}`,
    };
  }
  const methods = knownMethods(subject);
  return {
    reason: "route-missing",
    cause: `the API has no route ${route}${describeKnown(subject, methods)}`,
    evidence: evidence("unusedPath", "withGet", "otherStagePath", "atOwnEndpoint", "routes", "deployed"),
    fix: methods.includes(method)
      ? `run ${deployCommand(stage)}, or select the stage that has the route with --stage`
      : `check the path and the method (-X), or ${addRoute}`,
  };
}

/** The methods of this path in the last deploy. */
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
    ? `; the last deploy in this project has it, so that deploy was of another stage, or ${stage ?? "this stage"} was deployed from elsewhere since`
    : `; the last deploy has this path with ${methods.join(", ")}`;
}

/** The API has the path with the stage's name taken out, or put in. */
export function judgeStagePath(subject: Subject, observations: Observations): Diagnosis | undefined {
  if (!isRoute(observations.otherStagePath)) return undefined;
  const right = otherStageUrl(subject)?.href ?? "";
  const path = routePath(subject);
  const endpoint = right.slice(0, right.length - path.length);
  return {
    reason: "stage-path-wrong",
    cause: `the stage name in the URL is wrong: the route is at ${right}`,
    evidence: describeEvidence(subject, observations, ["otherStagePath", "unusedPath"]),
    fix: `use the endpoint ${endpoint} (with --endpoint, or in the stack's ApiEndpoint output) and the path ${path}`,
  };
}

/** Whether the API has a route there, even one that refuses the request. */
function isRoute(outcome: Outcome | undefined): boolean {
  return (
    outcome !== undefined &&
    "reply" in outcome &&
    outcome.reply.status !== 404 &&
    errorType(outcome.reply) !== "ForbiddenException" &&
    (outcome.reply.status < 400 || isFromApi(outcome.reply))
  );
}
