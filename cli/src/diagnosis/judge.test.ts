import { describe, expect, it } from "vitest";
import type { Header } from "../http.ts";
import type { ApiReply } from "./api-reply.ts";
import type { StsAnswer } from "./ask-sts.ts";
import { judge } from "./judge.ts";
import { type Reason, reasons } from "../reasons.ts";
import type { Observations, Outcome } from "./run-experiments.ts";
import { refusalOf, type Subject } from "./subject.ts";

const words: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An answer of an HTTP API, in its own words or in a handler's. */
function apiReply(status: number, text?: string, headers: Header[] = []): ApiReply {
  const said = words[status];
  const own = said === undefined ? "Hello!" : JSON.stringify({ message: said });
  return { status, text: text ?? own, headers: [["apigw-requestid", "id="], ...headers] };
}

/** A REST API's refusal. */
const restReply = (type: string, message: string): ApiReply => ({
  status: 403,
  text: JSON.stringify({ message }),
  headers: [["x-amzn-errortype", type]],
});

/** As Lambda and AppSync answer, which identify a request with another header than API Gateway. */
const functionUrlReply: ApiReply = {
  status: 403,
  text: JSON.stringify({
    Message:
      "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  }),
  headers: [
    ["content-type", "application/json"],
    ["x-amzn-requestid", "1"],
    ["x-amzn-errortype", "AccessDeniedException"],
  ],
};
const appSyncReply = (message: string, errorType = "UnauthorizedException", status = 401): ApiReply => ({
  status,
  text: JSON.stringify({ errors: [{ errorType, message }] }),
  headers: [
    ["x-amzn-requestid", "1"],
    ["x-amzn-errortype", errorType],
  ],
});

const foreignReply = (status: number, headers: Header[] = []): ApiReply => ({
  status,
  text: "<html>Access Denied</html>",
  headers,
});

const http = (status: number, text?: string): Outcome => ({ reply: apiReply(status, text), durationMs: 20 });
const from = (reply: ApiReply): Outcome => ({ reply, durationMs: 20 });
const noAnswer: Outcome = { failure: "api.example did not answer within 1.5 s" };

const accepted = (role = "prod-notes-ExampleStack-AuthRole-ABC"): StsAnswer => ({
  accepted: {
    arn: `arn:aws:sts::123456789012:assumed-role/${role}/CognitoIdentityCredentials`,
    account: "123456789012",
  },
});
const refused = (code: string, message = "no"): StsAnswer => ({ refused: { code, message } });

const host = "abc123.execute-api.us-east-1.amazonaws.com";
const ownHost = "def456.execute-api.us-east-1.amazonaws.com";

function subjectOf(reply: ApiReply, changes: Partial<Subject> = {}): Subject {
  const refusal = refusalOf(reply);
  if (refusal === undefined) throw new Error("nothing to explain");
  return {
    refusal,
    method: "GET",
    url: new URL(`https://${host}/private`),
    headers: [],
    body: undefined,
    reply,
    durationMs: 20,
    credentials: {
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "the-secret-access-key",
      sessionToken: "the-session-token",
      expiration: "2026-03-01T13:00:00.000Z",
    },
    service: "execute-api",
    otherService: undefined,
    region: "us-east-1",
    hostRegion: "us-east-1",
    otherRegion: undefined,
    apiEndpoint: new URL(`https://${host}`),
    ownUrl: undefined,
    identityPoolId: "us-east-1:0000",
    ownIdentityPoolId: undefined,
    stage: "prod",
    appName: "notes",
    knownRoutes: [],
    deployedSecondsAgo: undefined,
    proxy: undefined,
    nowMs: Date.parse("2026-03-01T12:00:00Z"),
    isTimeCorrected: false,
    skewSeconds: 0,
    unusedName: "unused",
    ...changes,
  };
}

/** Observations when only the policy is wrong. */
const shut: Observations = {
  caller: accepted(),
  again: http(403),
  unsigned: http(403),
  unusedPath: http(404),
  signedInQuery: http(403),
  tokenInQuery: http(403),
};

/** What the deployer's credentials show about GET /private. */
const listed = (authorizationType: string, allowed?: boolean): Observations => ({
  deployed: {
    route: { routeKey: "GET /private", method: "GET", path: "/private", authorizationType, target: "x" },
    allowed,
  },
});
const unlisted: Observations = { deployed: { route: undefined, allowed: undefined } };
/** The last deploy in the project has another route only. */
const otherRoutes = [{ method: "GET", path: "/other" }];

type Row = [
  what: string,
  reply: ApiReply,
  changes: Partial<Subject>,
  observations: Observations,
  reason: Reason,
  words: string,
];

const atOther: Partial<Subject> = {
  url: new URL("https://api.example/private"),
  apiEndpoint: new URL("https://api.example"),
  hostRegion: undefined,
  ownUrl: new URL(`https://${ownHost}/private`),
};
const clock = "Signature expired: 20260301T110000Z is now earlier than 20260301T115500Z";

const rows: Row[] = [
  [
    "the policy, by IAM's simulation",
    apiReply(403),
    {},
    { ...shut, ...listed("AWS_IAM", false) },
    "permission-missing",
    `${host.split(".")[0]}/$default/GET/private`,
  ],
  [
    "the policy, or a handler that answers like API Gateway",
    apiReply(403),
    {},
    shut,
    "undetermined",
    "or the handler behind GET /private answers in API Gateway's own words",
  ],
  [
    "a handler that answers 403 like API Gateway, where IAM allows the route",
    apiReply(403),
    { deployedSecondsAgo: 3600 },
    { ...shut, ...listed("AWS_IAM", true) },
    "handler-refused",
    "in API Gateway's own words",
  ],
  [
    "a handler of an open route that answers 403 like API Gateway, for expired credentials",
    apiReply(403),
    {},
    { ...shut, caller: refused("ExpiredToken"), ...listed("NONE") },
    "handler-refused",
    "in API Gateway's own words",
  ],
  [
    "another authorizer, or a handler that answers 403 like API Gateway",
    apiReply(403),
    {},
    { ...shut, ...listed("CUSTOM") },
    "undetermined",
    "the authorizer CUSTOM of GET /private refuses the request, or the handler",
  ],
  [
    "a policy that IAM knows, but that may be propagating still",
    apiReply(403),
    { deployedSecondsAgo: 20 },
    { ...shut, ...listed("AWS_IAM", true) },
    "undetermined",
    "is still propagating, or the handler",
  ],
  [
    "a handler that refuses one query, at the API's own address",
    apiReply(403),
    { url: new URL(`https://${host}/private?page=2`) },
    { ...shut, withoutQuery: http(400, "?") },
    "handler-refused",
    "the handler behind GET /private refuses this query string",
  ],
  [
    "a handler that refuses one query, at another API than that of the outputs",
    apiReply(403),
    { ownUrl: new URL(`https://${ownHost}/private?page=2`) },
    { ...shut, withoutQuery: http(400, "?"), atOwnEndpoint: http(200), forOwnHost: http(403) },
    "handler-refused",
    "this query string",
  ],
  [
    "a changed query, or a handler that refuses it, behind a custom domain",
    apiReply(403),
    { url: new URL("https://api.example/private?page=2"), apiEndpoint: new URL("https://api.example") },
    { ...shut, withoutQuery: http(200) },
    "undetermined",
    "changes the query string after it is signed, or the handler",
  ],
  [
    "a handler that answers 404 like API Gateway, on a route that requires a signature",
    apiReply(404),
    { knownRoutes: [{ method: "ANY", path: "/{proxy+}" }] },
    { again: http(404), unsigned: http(403), unusedPath: http(404) },
    "handler-refused",
    "answered HTTP 404 in API Gateway's own words",
  ],
  [
    "a handler that answers 404 like API Gateway, beside a $default route",
    apiReply(404),
    { url: new URL(`https://${host}/prod/private`) },
    { again: http(404), unsigned: http(403), unusedPath: http(403), otherStagePath: http(403) },
    "handler-refused",
    "HTTP 404",
  ],
  [
    "a handler of an open route that answers 404 like API Gateway",
    apiReply(404),
    {},
    { again: http(404), unsigned: http(404), unusedPath: http(404), ...listed("NONE") },
    "undetermined",
    "the handler behind GET /private answers in API Gateway's own words, or https://abc123",
  ],
  [
    "a missing route, or a handler of an open route",
    apiReply(404),
    {},
    { again: http(404), unsigned: http(404), unusedPath: http(404) },
    "undetermined",
    "or the handler of an open route answers in API Gateway's own words",
  ],
  [
    "a handler that answers 401 like API Gateway, on a route that requires a signature",
    apiReply(401),
    {},
    { unsigned: http(403) },
    "handler-refused",
    "HTTP 401",
  ],
  [
    "a token authorizer, or a handler of an open route",
    apiReply(401),
    {},
    { unsigned: http(401) },
    "undetermined",
    "or the route is open",
  ],
  [
    "throttling, or a handler that answers 429 like API Gateway",
    apiReply(429),
    {},
    { unsigned: http(403), ...listed("AWS_IAM") },
    "undetermined",
    "or the handler behind GET /private",
  ],
  [
    "a handler that answers 503 at once",
    apiReply(503),
    {},
    { again: http(503), unsigned: http(403) },
    "handler-failed",
    "itself, or API Gateway could not reach it",
  ],
  [
    "the policy of a catch-all route",
    apiReply(403),
    {},
    { ...shut, unusedPath: http(403), ...listed("AWS_IAM", false) },
    "permission-missing",
    "execute-api:Invoke",
  ],
  [
    "the policy, for a method with effects",
    apiReply(403),
    { method: "POST" },
    { caller: accepted(), unusedPath: http(404), ...listed("AWS_IAM", false) },
    "permission-missing",
    "/POST/private",
  ],
  [
    "the policy of a REST API",
    restReply(
      "AccessDeniedException",
      "User: arn is not authorized to perform: execute-api:Invoke on resource: arn",
    ),
    { url: new URL(`https://${host}/prod/private`), apiEndpoint: new URL(`https://${host}/prod`) },
    {
      ...shut,
      unusedPath: from(restReply("MissingAuthenticationTokenException", "Missing Authentication Token")),
    },
    "permission-missing",
    "abc123/prod/GET/private",
  ],
  [
    "the policy, through a proxy tunnel",
    apiReply(403),
    { proxy: "proxy:3128" },
    { ...shut, pastProxy: noAnswer, ...listed("AWS_IAM", false) },
    "permission-missing",
    "does not allow",
  ],
  [
    "the policy, at a custom domain and at the API itself",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(403), forOwnHost: http(403) },
    "undetermined",
    "does not allow",
  ],
  [
    "a method with effects at a custom domain",
    apiReply(403),
    { method: "POST", url: new URL("https://api.example/x"), hostRegion: undefined },
    { caller: accepted(), unsigned: http(403), unusedPath: http(404) },
    "undetermined",
    "cannot tell",
  ],
  [
    "a server on the way, shown by Via",
    apiReply(403, undefined, [["Via", "1.1 varnish"]]),
    {},
    shut,
    "undetermined",
    "cannot tell",
  ],
  [
    "CloudFront in front of an edge-optimized API",
    apiReply(403, undefined, [["Via", "1.1 abc.cloudfront.net (CloudFront)"]]),
    {},
    { ...shut, ...listed("AWS_IAM", false) },
    "permission-missing",
    "does not allow",
  ],
  [
    "a domain without a mapped API",
    apiReply(403),
    {},
    { ...shut, unusedPath: from(restReply("ForbiddenException", "Forbidden")) },
    "undetermined",
    "cannot tell",
  ],
  [
    "no answer from STS",
    apiReply(403),
    {},
    { ...shut, caller: { failure: "x" } },
    "undetermined",
    "cannot tell",
  ],
  [
    "no answer to any experiment",
    apiReply(403),
    {},
    { caller: { failure: "x" }, again: noAnswer, unsigned: noAnswer, unusedPath: noAnswer },
    "undetermined",
    "cannot tell",
  ],
  [
    "a role of another stage",
    apiReply(403),
    {},
    { ...shut, caller: accepted("dev-notes-ExampleStack-AuthRole-ABC"), ...listed("AWS_IAM", false) },
    "role-of-another-pool",
    "belongs to the stage dev, and the API to prod",
  ],
  [
    "another identity pool",
    apiReply(403),
    { ownIdentityPoolId: "us-east-1:1111" },
    { ...shut, caller: accepted("given-by-hand"), ...listed("AWS_IAM", false) },
    "role-of-another-pool",
    "us-east-1:0000 is not the identity pool of prod",
  ],
  [
    "expired credentials",
    apiReply(403),
    {},
    { ...shut, caller: refused("ExpiredToken") },
    "credentials-expired",
    "have expired",
  ],
  [
    "unknown credentials",
    apiReply(403),
    {},
    { ...shut, caller: refused("InvalidClientTokenId") },
    "credentials-unknown",
    "does not know",
  ],
  [
    "a wrong clock",
    apiReply(403),
    {},
    { ...shut, caller: refused("SignatureDoesNotMatch", clock) },
    "clock-wrong",
    "clock",
  ],
  [
    "a wrong clock, as RequestExpired",
    apiReply(403),
    {},
    { ...shut, caller: refused("RequestExpired") },
    "clock-wrong",
    "clock",
  ],
  [
    "a wrong secret key",
    apiReply(403),
    {},
    { ...shut, caller: refused("SignatureDoesNotMatch") },
    "signature-mismatch",
    "secret access key",
  ],
  [
    "a REST API that computes another signature",
    restReply(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided.",
    ),
    {},
    shut,
    "signature-mismatch",
    "changes the request after it is signed",
  ],
  [
    "a wrong clock, reported by a REST API",
    restReply("InvalidSignatureException", clock),
    {},
    { ...shut, caller: { failure: "x" } },
    "clock-wrong",
    "clock",
  ],
  [
    "a policy that is still propagating",
    apiReply(403),
    { deployedSecondsAgo: 20 },
    { ...shut, again: http(200) },
    "propagating",
    "a moment later",
  ],
  [
    "a missing route of a REST API",
    restReply("MissingAuthenticationTokenException", "Missing Authentication Token"),
    {},
    {
      ...shut,
      unusedPath: from(restReply("MissingAuthenticationTokenException", "Missing Authentication Token")),
    },
    "route-missing",
    "no route GET /private",
  ],
  [
    "a missing stage name in a REST API's URL",
    restReply("ForbiddenException", "Forbidden"),
    {},
    {
      ...shut,
      unusedPath: from(restReply("ForbiddenException", "Forbidden")),
      unusedStagePath: from(restReply("ForbiddenException", "Forbidden")),
      otherStagePath: from(restReply("MissingAuthenticationTokenException", "Missing Authentication Token")),
    },
    "stage-path-wrong",
    "the stage name in the URL is wrong: the route is at",
  ],
  [
    "a rewritten query string",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), withoutQuery: http(200) },
    "query-rewritten",
    "query",
  ],
  [
    "a rewritten query string, without which the handler answers 400",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), withoutQuery: http(400, "?") },
    "query-rewritten",
    "query",
  ],
  [
    "a rewritten header",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), withoutHeaders: http(200) },
    "headers-rewritten",
    "your headers",
  ],
  [
    "a dropped session token",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), signedInQuery: http(200), tokenInQuery: http(200) },
    "session-token-dropped",
    "X-Amz-Security-Token",
  ],
  [
    "a dropped session token or another header of the signature, without an answer that tells which",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), signedInQuery: http(200), tokenInQuery: noAnswer },
    "headers-rewritten",
    "drops or changes headers, or the body",
  ],
  [
    "a session token that a proxy drops, or a handler refuses, without an answer past the proxy",
    apiReply(403),
    { proxy: "proxy:3128" },
    { ...shut, tokenInQuery: http(200), pastProxy: noAnswer },
    "undetermined",
    "drops or changes the header X-Amz-Security-Token, or the handler",
  ],
  [
    "a session token that is dropped on the way to STS too",
    apiReply(403),
    { proxy: "proxy:3128" },
    { ...shut, caller: refused("InvalidClientTokenId"), tokenInQuery: http(200), pastProxy: http(200) },
    "session-token-dropped",
    "X-Amz-Security-Token",
  ],
  [
    "a dropped Authorization header",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), signedInQuery: http(500) },
    "headers-rewritten",
    "Authorization",
  ],
  [
    "a pool in another region than the API",
    apiReply(403),
    { region: "eu-west-1", otherRegion: "us-east-1" },
    { ...shut, forOtherRegion: http(403) },
    "region-wrong",
    "signed for eu-west-1, but the API is in us-east-1",
  ],
  [
    "another region behind a custom domain",
    apiReply(403),
    { hostRegion: undefined, otherRegion: "eu-west-1" },
    { ...shut, forOtherRegion: http(200) },
    "region-wrong",
    "is in eu-west-1",
  ],
  [
    "another region, in the refusal's words",
    restReply(
      "InvalidSignatureException",
      "Credential should be scoped to a valid region, not 'us-east-1'. ",
    ),
    { hostRegion: undefined },
    { caller: accepted() },
    "region-wrong",
    "and the API is in another region",
  ],
  [
    "another service, in the refusal's words",
    restReply("InvalidSignatureException", "Credential should be scoped to correct service: 'lambda'. "),
    {},
    { caller: accepted() },
    "service-wrong",
    "signed for the service execute-api, but the API's is lambda",
  ],
  [
    "a service that was accepted",
    apiReply(403),
    { service: "lambda", otherService: "execute-api" },
    { ...shut, forOtherService: http(200) },
    "service-wrong",
    "signed for the service lambda, but the API's is execute-api",
  ],
  [
    "a function URL that the role may not invoke",
    functionUrlReply,
    { service: "lambda" },
    { ...shut, unsigned: from(functionUrlReply), signedInQuery: from(functionUrlReply) },
    "permission-missing",
    "does not allow lambda:InvokeFunctionUrl and lambda:InvokeFunction",
  ],
  [
    "a function URL and credentials that AWS does not know",
    restReply("UnrecognizedClientException", "The security token included in the request is invalid."),
    { service: "lambda" },
    { caller: refused("InvalidClientTokenId") },
    "credentials-unknown",
    "AWS does not know the AWS credentials",
  ],
  [
    "an AppSync API that the role may not query",
    appSyncReply("Permission denied"),
    { service: "appsync" },
    { caller: accepted() },
    "permission-missing",
    "does not allow appsync:GraphQL",
  ],
  [
    "an AppSync API without IAM",
    appSyncReply("Valid authorization header not provided."),
    { service: "appsync" },
    { caller: accepted() },
    "authorizer-other",
    "its authorization modes lack AWS_IAM",
  ],
  [
    "an AppSync API and a changed request",
    appSyncReply("The request signature we calculated does not match", "InvalidSignatureException", 403),
    { service: "appsync" },
    { caller: accepted() },
    "signature-mismatch",
    "changes the request after it is signed",
  ],
  [
    "a rewritten Host header",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), forOwnHost: http(200) },
    "host-rewritten",
    `api.example forwards requests with the Host header ${ownHost}`,
  ],
  [
    "the API of another stage",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), forOwnHost: http(403) },
    "endpoint-of-another-stage",
    "is not the API in the stack outputs",
  ],
  [
    "a rewritten Host header, or another stage",
    apiReply(403),
    atOther,
    { ...shut, atOwnEndpoint: http(200), forOwnHost: noAnswer },
    "undetermined",
    "cannot tell",
  ],
  [
    "a proxy",
    apiReply(403),
    { proxy: "proxy:3128" },
    { ...shut, pastProxy: http(200) },
    "proxy-interferes",
    "proxy:3128",
  ],

  [
    "a missing route",
    apiReply(404),
    {},
    { unsigned: http(404), unusedPath: http(404), ...unlisted },
    "route-missing",
    "no route GET /private",
  ],
  [
    "a route that the last deploy lacks too",
    apiReply(404),
    { knownRoutes: otherRoutes },
    { unsigned: http(404), unusedPath: http(404) },
    "route-missing",
    "no route GET /private",
  ],
  [
    "a known path with another method",
    apiReply(404),
    { url: new URL(`https://${host}/items/7`), knownRoutes: [{ method: "POST", path: "/items/{id}" }] },
    { unsigned: http(404), unusedPath: http(404) },
    "route-missing",
    "no route GET /items/7; the last deploy has this path with POST",
  ],
  [
    "a path below a known path",
    apiReply(404),
    { url: new URL(`https://${host}/items/7/x`), knownRoutes: [{ method: "POST", path: "/items/{id}" }] },
    { unsigned: http(404), unusedPath: http(404) },
    "route-missing",
    "no route GET /items/7/x",
  ],
  [
    "a route of the last deploy that is missing here",
    apiReply(404),
    { knownRoutes: [{ method: "GET", path: "/{proxy+}" }] },
    { unsigned: http(404), unusedPath: http(404), ...unlisted },
    "route-missing",
    "the last deploy in this project has it",
  ],
  [
    "another method with GET",
    apiReply(404),
    { method: "PUT", knownRoutes: [{ method: "GET", path: "/private" }] },
    { unusedPath: http(404), withGet: http(403) },
    "route-missing",
    "a route GET /private, but no route PUT /private",
  ],
  [
    "a stage name twice in the URL",
    apiReply(404),
    { url: new URL(`https://${host}/prod/prod/x`), apiEndpoint: new URL(`https://${host}/prod/prod`) },
    { unusedPath: http(404), unusedStagePath: http(404), otherStagePath: http(403), ...unlisted },
    "stage-path-wrong",
    "the stage name in the URL is wrong: the route is at",
  ],
  [
    "a stage name too many, or a handler of an open route that answers 404 like API Gateway",
    apiReply(404),
    { url: new URL(`https://${host}/prod/things/5`) },
    { unsigned: http(404), unusedPath: http(404), unusedStagePath: http(404), otherStagePath: http(403) },
    "undetermined",
    "/things/5, or the handler of an open route",
  ],
  [
    "the API of another stage, without the route",
    apiReply(404),
    atOther,
    { unusedPath: http(404), atOwnEndpoint: http(200), ...unlisted },
    "endpoint-of-another-stage",
    "it has no route",
  ],
  [
    "a proxy that changes the path",
    apiReply(404),
    { proxy: "proxy:3128" },
    { unusedPath: http(404), pastProxy: http(403) },
    "proxy-interferes",
    "the API has the route",
  ],
  [
    "a route that both APIs lack",
    apiReply(404),
    atOther,
    { unsigned: http(404), atOwnEndpoint: http(404), ...unlisted },
    "route-missing",
    "no route",
  ],

  ["a handler that throws", apiReply(500), {}, { again: http(500) }, "handler-failed", "threw"],
  [
    "a handler or a Lambda authorizer that throws",
    apiReply(500),
    {},
    { again: http(500), unsigned: http(500) },
    "handler-failed",
    "the function behind GET /private, or a Lambda authorizer of the route, threw",
  ],
  [
    "a handler that throws behind AWS_IAM",
    apiReply(500),
    {},
    { again: http(500), unsigned: http(403) },
    "handler-failed",
    "the function behind GET /private threw",
  ],
  ["a handler that failed once", apiReply(500), {}, { again: http(200) }, "handler-failed", "failed once"],
  ["API Gateway's limit, as 503", apiReply(503), { durationMs: 30_020 }, {}, "handler-timed-out", "in time"],
  [
    "a REST API's timeout",
    { ...restReply("InternalServerErrorException", "Endpoint request timed out"), status: 504 },
    {},
    {},
    "handler-timed-out",
    "in time",
  ],
  ["API Gateway's limit of 30 s", apiReply(500), { durationMs: 30_050 }, {}, "handler-timed-out", "in time"],
  [
    "a function's timeout or an error, with no second answer",
    apiReply(500),
    { durationMs: 10_040 },
    { again: noAnswer },
    "handler-failed",
    "ran out of time",
  ],
  [
    "a function's timeout twice",
    apiReply(500),
    { durationMs: 1040 },
    { again: { reply: apiReply(500), durationMs: 1020 } },
    "handler-failed",
    "ran out of time after 1 s, or failed after waiting for 1 s",
  ],
  [
    "a function's timeout, or an error, not tried again",
    apiReply(500),
    { method: "POST", durationMs: 10_040 },
    {},
    "handler-failed",
    "ran out of time",
  ],
  [
    "a function that throws after 1.2 s",
    apiReply(500),
    { durationMs: 1250 },
    { unsigned: http(403), again: { reply: apiReply(500), durationMs: 1245 } },
    "handler-failed",
    "threw",
  ],
  [
    "a function's timeout, over a slow way",
    apiReply(500),
    { durationMs: 1260 },
    {
      unsigned: { reply: apiReply(403), durationMs: 240 },
      again: { reply: apiReply(500), durationMs: 1250 },
    },
    "handler-failed",
    "ran out of time after 1 s, or failed",
  ],
  [
    "a slow start before it throws",
    apiReply(500),
    { durationMs: 1100 },
    { again: http(500) },
    "handler-failed",
    "threw",
  ],
  [
    "long work before it throws",
    apiReply(500),
    { durationMs: 4800 },
    { again: noAnswer },
    "handler-failed",
    "threw",
  ],

  [
    "a handler's own 403",
    apiReply(403, "not yours"),
    {},
    { unsigned: http(403) },
    "handler-refused",
    "accepted the request",
  ],
  [
    "a handler's own 404",
    apiReply(404, "no such note"),
    {},
    { unsigned: http(403) },
    "handler-refused",
    "HTTP 404",
  ],
  [
    "a handler's own 500",
    apiReply(500, '{"error":1}'),
    {},
    { unsigned: http(403) },
    "handler-failed",
    "HTTP 500",
  ],
  [
    "a route without an authorizer",
    apiReply(500, "who?"),
    {},
    { unsigned: http(500, "who?") },
    "route-open",
    "open to everybody",
  ],

  ["a token authorizer", apiReply(401), {}, listed("JWT"), "authorizer-other", "other than AWS_IAM"],
  [
    "a Lambda authorizer, or a handler that answers 401 like API Gateway",
    apiReply(401),
    {},
    { unsigned: http(401), ...listed("CUSTOM") },
    "undetermined",
    "or its authorizer accepts the request, and the handler answers",
  ],
  [
    "throttling, or a handler behind a Lambda authorizer that accepts unsigned requests",
    apiReply(429),
    {},
    { unsigned: http(429), ...listed("CUSTOM") },
    "undetermined",
    "or the handler behind GET /private",
  ],
  [
    "a Lambda authorizer that throws",
    apiReply(500),
    {},
    { again: http(500), unsigned: http(401) },
    "undetermined",
    "the authorizer or the function behind the route fails",
  ],
  [
    "a handler that passes on the error type of another service",
    apiReply(403, undefined, [["x-amzn-errortype", "AccessDeniedException"]]),
    {},
    shut,
    "undetermined",
    "or the handler behind GET /private",
  ],
  [
    "a handler that answers 404 with an error type",
    apiReply(404, undefined, [["x-amzn-errortype", "ResourceNotFoundException"]]),
    {},
    { again: http(404), unsigned: http(403), unusedPath: http(404) },
    "handler-refused",
    "HTTP 404",
  ],
  [
    "a Lambda authorizer of a REST API",
    restReply("AccessDeniedException", "User is not authorized to access this resource"),
    {},
    {
      ...shut,
      unusedPath: from(restReply("MissingAuthenticationTokenException", "Missing Authentication Token")),
    },
    "undetermined",
    "another authorizer refuses the request",
  ],
  [
    "a resource policy of a REST API",
    restReply(
      "AccessDeniedException",
      "User: arn is not authorized to perform: execute-api:Invoke on resource: arn with an explicit deny",
    ),
    {},
    shut,
    "undetermined",
    "",
  ],
  [
    "a route that API Gateway lists, and that the stage does not have",
    apiReply(404),
    {},
    { again: http(404), unsigned: http(404), unusedPath: http(404), ...listed("AWS_IAM") },
    "undetermined",
    "does not serve the route GET /private, although API Gateway lists it",
  ],
  [
    "a stage's path that is a route with parameters",
    apiReply(404),
    { url: new URL(`https://${host}/things/5`) },
    {
      unsigned: http(404),
      unusedPath: http(404),
      unusedStagePath: http(403),
      otherStagePath: http(403),
      ...unlisted,
    },
    "route-missing",
    "no route GET /things/5",
  ],
  [
    "another API, or a handler of an open route that answers 404 like API Gateway",
    apiReply(404),
    atOther,
    { unsigned: http(404), unusedPath: http(404), atOwnEndpoint: http(200) },
    "undetermined",
    "or the handler of an open route",
  ],
  [
    "a role of another stage, or a handler that answers 403 like API Gateway",
    apiReply(403),
    {},
    { ...shut, caller: accepted("dev-notes-ExampleStack-AuthRole-ABC") },
    "undetermined",
    "belongs to the stage dev, and the API to prod; or the handler",
  ],
  [
    "a policy that IAM knows, of a deploy from elsewhere",
    apiReply(403),
    {},
    { ...shut, ...listed("AWS_IAM", true) },
    "undetermined",
    "is still propagating, or the handler",
  ],
  [
    "a header of the signature that is dropped on the way to STS",
    apiReply(403),
    {},
    { ...shut, caller: refused("IncompleteSignature") },
    "signature-mismatch",
    "something between this computer and AWS changes the request",
  ],
  [
    "a wrong secret key, or a server in front of another STS",
    apiReply(403),
    {},
    { ...shut, caller: { ...refused("SignatureDoesNotMatch"), isOnOtherWay: true } },
    "undetermined",
    "or something between this computer and STS",
  ],
  [
    "a proxy that removes the headers of the API's answer",
    foreignReply(403),
    { proxy: "proxy:3128" },
    { pastProxy: http(403, "not yours") },
    "undetermined",
    "removes the headers",
  ],
  [
    "a route without AWS_IAM, for a request with headers that another authorizer may read",
    apiReply(403, "not yours"),
    { headers: [["X-Api-Key", "k"]] },
    { unsigned: http(403, "not yours") },
    "route-open",
    "GET /private requires no signature",
  ],
  [
    "too many requests, signed or not",
    apiReply(429),
    {},
    { unsigned: http(429), ...listed("AWS_IAM") },
    "throttled",
    "is throttled",
  ],

  [
    "a proxy that answers itself",
    foreignReply(403, [["Server", "squid"]]),
    { proxy: "proxy:3128" },
    { pastProxy: http(200) },
    "proxy-interferes",
    "gave this answer",
  ],
  [
    "a proxy that requires a password",
    foreignReply(407),
    { proxy: "proxy:3128" },
    {},
    "proxy-interferes",
    "proxy:3128",
  ],
  [
    "an endpoint that cannot reach the API",
    foreignReply(502),
    atOther,
    { atOwnEndpoint: http(200) },
    "proxy-interferes",
    "api.example",
  ],
  [
    "another server",
    foreignReply(403, [["Server", "nginx"]]),
    {},
    { again: from(foreignReply(403)) },
    "undetermined",
    "instead of API Gateway",
  ],
];

describe("judge", () => {
  it.each(rows)("finds the cause: %s", (_what, reply, changes, observations, reason, cause) => {
    const diagnosis = judge(subjectOf(reply, changes), observations);
    expect(diagnosis).toMatchObject({ reason, cause: expect.stringContaining(cause) });
    expect(diagnosis.fix).not.toBe("");
    const all = JSON.stringify(diagnosis);
    expect(all).not.toMatch(/undefined|\[object|NaN|the-secret-access-key|the-session-token/);
  });

  it("finds the same cause, a broader one or none when an experiment gets no answer", () => {
    const broader: Partial<Record<Reason, readonly Reason[]>> = {
      "session-token-dropped": ["headers-rewritten", "proxy-interferes"],
      "stage-path-wrong": ["route-missing"],
      "endpoint-of-another-stage": ["route-missing"],
      // API Gateway accepted the request, and the handler answered.
      "route-open": ["handler-failed", "handler-refused"],
      // What STS and the API of the outputs accept is known, whatever the handler does.
      "handler-refused": ["credentials-expired", "endpoint-of-another-stage"],
      // Its cause names a Lambda authorizer, too.
      undetermined: ["handler-failed"],
    };
    const others = rows.flatMap(([what, reply, changes, observations, reason]) =>
      Object.keys(observations).flatMap((name) => {
        const { [name as "deployed"]: _lost, ...left } = observations;
        const given = name === "deployed" ? left : { ...left, [name]: { failure: "no answer" } };
        const found = judge(subjectOf(reply, changes), given).reason;
        const isRight = [reason, "undetermined", ...(broader[reason] ?? [])].includes(found);
        return isRight ? [] : [`${what}, without ${name}: ${found}`];
      }),
    );
    expect(others).toEqual([]);
  });

  it("covers every reason of an API", () => {
    const ofApis = reasons.slice(0, reasons.indexOf("handler-timed-out") + 1);
    const seen = new Set(rows.map(([, , , , reason]) => reason));
    expect(ofApis.filter((reason) => !seen.has(reason))).toEqual([]);
  });

  it("gives the evidence for its cause", () => {
    const { evidence } = judge(subjectOf(apiReply(403), { deployedSecondsAgo: 90 }), shut);
    expect(evidence).toEqual([
      "STS accepts these credentials as arn:aws:sts::123456789012:assumed-role/prod-notes-ExampleStack-AuthRole-ABC/CognitoIdentityCredentials",
      "GET /private, signed with these credentials: HTTP 403",
      "without a signature: HTTP 403",
      "GET of an unused path: HTTP 404",
      "signed in the query string, not in headers: HTTP 403",
      "the stage was deployed 90 s ago",
    ]);
  });

  it("names Lambda as the service of a function URL, whatever the request is signed for", () => {
    const url = new URL("https://abc123.lambda-url.us-east-1.on.aws/private");
    const refusedAs = restReply(
      "InvalidSignatureException",
      "Credential should be scoped to correct service: 'lambda'. ",
    );
    expect(judge(subjectOf(refusedAs, { url }), { caller: accepted() }).evidence[0]).toMatch(
      /^Lambda answered InvalidSignatureException/,
    );
    const ofHandler = { ...apiReply(403, "no"), headers: [["x-amzn-requestid", "1"]] as Header[] };
    for (const reply of [ofHandler, apiReply(500), foreignReply(403)])
      expect(JSON.stringify(judge(subjectOf(reply, { url, service: "lambda" }), {}))).not.toContain(
        "API Gateway",
      );
  });

  it.each([401, 429, 500])("quotes API Gateway's own words for HTTP %i", (status) => {
    const { evidence } = judge(subjectOf(apiReply(status)), {});
    const { message } = JSON.parse(apiReply(status).text) as { message: string };
    expect(evidence).toContain(`the answer is HTTP ${status}, in API Gateway's words: "${message}"`);
    const headless = judge(subjectOf({ ...apiReply(status), text: "", headOnly: true }), {});
    expect(headless.evidence).toContain(`the answer is HTTP ${status}`);
  });

  it("gives all evidence when it cannot tell the cause", () => {
    const { evidence } = judge(
      subjectOf(apiReply(403, undefined, [["Via", "1.1 varnish"]]), {
        skewSeconds: -100,
        proxy: "proxy:3128",
      }),
      { ...shut, pastProxy: noAnswer },
    );
    expect(evidence).toContain(
      "signed, bypassing the proxy proxy:3128: no answer (api.example did not answer within 1.5 s)",
    );
    expect(evidence).toContain("the request went through the proxy proxy:3128");
    expect(evidence).toContain('the reply came through "1.1 varnish" (Via header)');
    expect(evidence).toContain(`this computer's clock is 100 s ahead of the Date header of ${host}`);
  });
});
