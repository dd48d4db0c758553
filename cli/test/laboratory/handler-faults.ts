import { at, minutes, withoutDeployer } from "./arrangements.ts";
import { smoke, type Fault } from "./fault.ts";

/** Answers of handlers in API Gateway's own words that auth-cli recognizes. */
const imitations = (
  [
    ["GET /unauthorized", 401],
    ["GET /forbidden", 403],
    ["POST /forbidden", 403],
    ["GET /items/7", 404],
    ["DELETE /items/7", 404],
    ["GET /open", 403],
    ["GET /open/7", 404],
  ] as const
).map(([route, status]): Fault => ({
  what: `a handler answers ${route} with HTTP ${status} in API Gateway's own words`,
  command: `auth-cli call ${route}`,
  arrange: at("imitators"),
  step: "api.call",
  code: "http-status",
  reason: "handler-refused",
  cause: `the handler behind ${route} answered HTTP ${status} in API Gateway's own words`,
  fix: "read the handler's log",
}));

/** A REST API's answer has no such header. */
const asRestApi = (headers: Map<string, string>): void => void headers.delete("apigw-requestid");

export const handlerFaults: Fault[] = [
  {
    what: "the handler throws",
    command: "auth-cli call /failing",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "threw, returned an invalid response, ran out of time, or could not be invoked",
    fix: "read its log",
  },
  {
    what: "API Gateway lacks permission to invoke the handler",
    command: "auth-cli call /uninvokable",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "threw, returned an invalid response, ran out of time, or could not be invoked",
    fix: "without an entry there, API Gateway lacks permission to invoke it",
  },
  {
    what: "the handler itself refuses the caller",
    command: "auth-cli call /refusing",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-refused",
    cause: "API Gateway accepted the request, and the handler behind GET /refusing answered HTTP 403",
    fix: "read the body, then the handler's log",
  },
  ...imitations,
  {
    what: "a handler on a `$default` route answers HTTP 404 in API Gateway's own words",
    command: "auth-cli call /catchAll/private",
    arrange: at("catchAll"),
    step: "api.call",
    code: "http-status",
    reason: "handler-refused",
    cause: "answered HTTP 404 in API Gateway's own words",
    fix: "read the handler's log",
  },
  {
    what: "a handler answers HTTP 403 in API Gateway's own words, and no deployer's credentials show that the role is allowed",
    command: "auth-cli call /forbidden",
    arrange: (trial) => at("imitators")(withoutDeployer(trial)),
    step: "api.call",
    code: "http-status",
    reason: "undetermined",
    cause:
      "auth-cli cannot tell whether the role's policy, the handler, the API or a proxy refuses the request",
    fix: "run `auth-cli doctor --deep` with the deployer's AWS credentials",
  },
  {
    what: "a handler answers HTTP 429 in API Gateway's own words",
    command: "auth-cli call /throttled",
    arrange: at("imitators"),
    step: "api.call",
    code: "http-status",
    reason: "undetermined",
    cause: "or the handler behind GET /throttled answers in API Gateway's own words",
    fix: "if the handler's log has an entry for this request, the handler refused it",
  },
  {
    what: "a handler answers HTTP 503 at once",
    command: "auth-cli call /unavailable",
    arrange: at("imitators"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "answered HTTP 503 itself, or API Gateway could not reach it",
    fix: "read its log",
  },
  {
    what: "a handler refuses one query string in API Gateway's own words",
    command: "auth-cli call '/choosy?page=2'",
    arrange: at("imitators"),
    step: "api.call",
    code: "http-status",
    reason: "handler-refused",
    cause: "the handler behind GET /choosy refuses this query string",
    fix: "read the handler's log",
  },
  {
    what: "a handler refuses the caller, and a proxy dates its answer five years ahead",
    command: "auth-cli call /refusing",
    async arrange(trial) {
      await at("handlers")(trial);
      const { ApiEndpoint = "" } = await trial.laboratory.outputs("handlers");
      const date = new Date(Date.now() + 5 * 365 * 24 * 60 * minutes).toUTCString();
      const response = (headers: Map<string, string>) => headers.set("date", date);
      trial.args.push("--endpoint", await trial.meddle(ApiEndpoint, { response }));
    },
    step: "api.call",
    code: "http-status",
    reason: "handler-refused",
    cause: "the handler behind GET /refusing answered HTTP 403",
    fix: "read the body, then the handler's log",
  },
  {
    what: "the handler runs longer than its timeout",
    command: "auth-cli call /late",
    arrange: at("handlers"),
    step: "api.call",
    code: "http-status",
    reason: "handler-failed",
    cause: "ran out of time after 1 s, or failed after waiting for 1 s",
    fix: "read its log",
    isTimed: true,
  },
  {
    what: "in CI, the stage was deployed by `sst dev`, so its functions run on the computer of a developer",
    command: smoke,
    async arrange(trial) {
      await at("live")(trial);
      trial.variables["CI"] = "true";
    },
    step: "outputs",
    code: "check-failed",
    cause: "in CI, smoke proves what is deployed; CloudFormation has the bridge of `sst dev`",
    fix: "or pass --allow-live",
  },
  {
    what: "the stage was deployed by `sst dev`, which no longer runs",
    command: "auth-cli call /private",
    arrange: at("live"),
    step: "api.call",
    code: "http-status",
    reason: "live-unanswered",
    cause: "`sst dev` is not running for this stage, or cannot reach AWS IoT",
    fix: "wait until it is ready, or put the code into AWS",
  },
  {
    what: "the handler runs longer than a REST API waits",
    command: "auth-cli call /limited",
    async arrange(trial) {
      await at("handlers")(trial);
      const { ApiEndpoint = "" } = await trial.laboratory.outputs("handlers");
      trial.args.push("--endpoint", await trial.meddle(ApiEndpoint, { response: asRestApi }));
    },
    step: "api.call",
    code: "http-status",
    reason: "handler-timed-out",
    cause: "did not answer in time",
    fix: 'look for "Task timed out" in its log',
  },
  {
    what: "the handler prints an identity other than the caller's",
    command: smoke,
    arrange: at("handlers"),
    step: "identity.match",
    code: "check-failed",
    cause: "the response contains an identity id that is not the caller's",
    fix: "return event.requestContext.authorizer.iam.cognitoIdentity.identityId from the handler",
  },
];
