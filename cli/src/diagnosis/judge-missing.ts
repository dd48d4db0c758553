import { deployCommand } from "../deployment/deploy-command.ts";
import { errorType, isFromApi, reachedHandler } from "./api-reply.ts";
import { otherStageUrl, pathBelow, routePath } from "./endpoint-paths.ts";
import { describeEvidence, type EvidenceName, routeOf } from "./evidence.ts";
import { handlerImitates, hasRoute, logOf } from "./judge-handler.ts";
import { isRemote } from "./judge-role.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type Observations, type Outcome, statusOf } from "./run-experiments.ts";
import { covers } from "./route-match.ts";
import { isSafe, type Subject } from "./subject.ts";

/**
 * HTTP 404 in API Gateway's words. It has no route for the request, or the handler repeats its words. API Gateway looks
 * for the route before it checks a signature, so without a route the unsigned request gets the same answer.
 */
export function judgeMissing(subject: Subject, observations: Observations): Diagnosis {
  const route = routeOf(subject);
  const { deployed } = observations;
  const { ownUrl, url, method, stage, proxy } = subject;
  const evidence = (...names: EvidenceName[]): string[] => describeEvidence(subject, observations, names);
  const addRoute = `add "${method} ${pathBelow(subject)}" to the routes in the stack and run ${deployCommand(stage)}`;

  const { again } = observations;
  if (again !== undefined && "reply" in again && reachedHandler(again.reply)) return propagating(evidence);
  // The local cloud serves every route that it lists.
  const isServed = hasRoute(observations) || (deployed?.route !== undefined && !isRemote(url));
  if (errorType(subject.reply) === undefined && isServed) {
    return handlerImitates(subject, evidence("unsigned", "again", "unusedPath", "deployedRoute"));
  }
  if (proxy !== undefined && isRoute(observations.pastProxy)) {
    return {
      reason: "proxy-interferes",
      cause: `the proxy ${proxy} changes the request: the API has the route ${route}`,
      evidence: evidence("pastProxy", "unusedPath", "networkPath"),
      fix: `bypass the proxy: \`export NO_PROXY=${url.hostname}\``,
    };
  }
  if (ownUrl !== undefined && isRoute(observations.atOwnEndpoint)) {
    const isCertain = errorType(subject.reply) !== undefined || (deployed && deployed.route === undefined);
    const orHandler = ", or the handler of an open route answers in API Gateway's own words";
    return {
      reason: isCertain ? "endpoint-of-another-stage" : "undetermined",
      cause: `${url.origin} is not the API in the stack outputs: it has no route ${route}, and that API has${isCertain ? "" : orHandler}`,
      evidence: evidence("unsigned", "atOwnEndpoint", "unusedPath", "deployedRoute"),
      fix: `leave out --endpoint, or use \`--endpoint ${ownUrl.origin}\``,
    };
  }
  // A proxy can change the path.
  if (deployed?.route !== undefined && proxy === undefined) return notServed(subject, observations);
  const elsewhere = judgeStagePath(subject, observations);
  if (elsewhere !== undefined) return elsewhere;
  const known = knownMethods(subject);
  const hasGet = isRoute(observations.withGet);
  const shown = evidence(
    "unsigned",
    "withGet",
    "unusedPath",
    "otherStagePath",
    "unusedStagePath",
    "atOwnEndpoint",
    "deployedRoute",
    "routes",
    "deployAge",
  );
  if (!lacksRoute(subject, observations, known)) {
    return {
      reason: "undetermined",
      cause: `the API has no route ${route}${describeKnown(subject, known)}, or the handler of an open route answers in API Gateway's own words`,
      evidence: shown,
      fix: `check the path and the method; \`auth-cli doctor --deep\` lists the deployed routes; if ${route} is among them, read the handler's log: ${logOf(subject)}`,
    };
  }
  return {
    reason: "route-missing",
    cause: hasGet
      ? `the API has a route GET ${url.pathname}, but no route ${route}`
      : `the API has no route ${route}${describeKnown(subject, known)}`,
    evidence: shown,
    fix: hasGet
      ? `use GET, or ${addRoute}`
      : known.includes(method)
        ? `run ${deployCommand(stage)}, or select the stage that has the route with --stage`
        : `check the path and the method, or ${addRoute}`,
  };
}

/**
 * API Gateway lists the route, which does not show that the stage has it. Where the route requires AWS_IAM, only API
 * Gateway can have answered 404 to the unsigned request.
 */
function notServed(subject: Subject, observations: Observations): Diagnosis {
  const { deployed, unsigned } = observations;
  const { stage, url } = subject;
  const isGateways = deployed?.route?.authorizationType === "AWS_IAM" && statusOf(unsigned) === 404;
  const missing = `${url.origin} does not serve the route ${routeOf(subject)}, although API Gateway lists it: the stage is not deployed with it, its default endpoint is disabled, or a change is still propagating`;
  const check = `run ${deployCommand(stage)}, and check that ${url.origin} is the API's address`;
  return {
    reason: "undetermined",
    cause: isGateways
      ? missing
      : `the handler behind ${routeOf(subject)} answers in API Gateway's own words, or ${missing}`,
    evidence: describeEvidence(subject, observations, ["unsigned", "again", "unusedPath", "deployedRoute"]),
    fix: isGateways ? check : `read the handler's log: ${logOf(subject)}; without an entry there, ${check}`,
  };
}

/**
 * Whether more than the words of the answer shows that there is no route: the deployed routes, the type of a REST API's
 * refusal, or the routes of the last deploy together with the unsigned request.
 */
function lacksRoute(subject: Subject, observations: Observations, known: readonly string[]): boolean {
  const { deployed } = observations;
  if (errorType(subject.reply) !== undefined) return true;
  if (deployed !== undefined) return deployed.route === undefined;
  if (subject.knownRoutes.length === 0 || known.includes(subject.method)) return false;
  // A method with effects is not sent unsigned.
  return statusOf(observations.unsigned) === 404 || !isSafe(subject);
}

/** The methods of this path in the last deploy, `ANY` as the request's own. */
function knownMethods(subject: Subject): string[] {
  const path = pathBelow(subject);
  return subject.knownRoutes
    .filter((route) => covers(route.path, path))
    .map(({ method }) => (method === "ANY" ? subject.method : method));
}

function describeKnown({ method, stage }: Subject, methods: readonly string[]): string {
  if (methods.length === 0) return "";
  return methods.includes(method)
    ? `; the last deploy in this project has it, so that deploy was of another stage, or ${stage ?? "this stage"} was deployed from elsewhere since`
    : `; the last deploy has this path with ${methods.join(", ")}`;
}

/** The same request was accepted a moment later. */
export function propagating(evidence: (...names: EvidenceName[]) => string[]): Diagnosis {
  return {
    reason: "propagating",
    cause:
      "the same request was accepted a moment later: a change to the API or its policy is still propagating, or the handler refused it once",
    evidence: evidence("again", "deployAge"),
    fix: "wait a minute after a deploy, then run the command again",
  };
}

/** The API has the path with the stage's name taken out, or put in. */
export function judgeStagePath(subject: Subject, observations: Observations): Diagnosis | undefined {
  const { otherStagePath, unusedStagePath, unusedPath } = observations;
  // A catch-all route has every path, and one with path parameters every path of its form.
  if (!isRoute(otherStagePath) || isRoute(unusedPath) || isRoute(unusedStagePath)) return undefined;
  // Without an answer, it could be either.
  if (statusOf(unusedStagePath) === undefined) return undefined;
  const right = otherStageUrl(subject)?.href ?? "";
  const path = routePath(subject);
  const endpoint = right.slice(0, right.length - path.length);
  const isCertain = lacksRoute(subject, observations, knownMethods(subject));
  const orHandler = ", or the handler of an open route answers in API Gateway's own words";
  return {
    reason: isCertain ? "stage-path-wrong" : "undetermined",
    cause: `the stage name in the URL is wrong: the route is at ${right}${isCertain ? "" : orHandler}`,
    evidence: describeEvidence(subject, observations, [
      "unsigned",
      "otherStagePath",
      "unusedStagePath",
      "unusedPath",
      "deployedRoute",
    ]),
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
