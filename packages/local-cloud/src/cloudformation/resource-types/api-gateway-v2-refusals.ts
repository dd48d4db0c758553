import { documented, ownLimit, recorded, reported, undocumented } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

const reference = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid";
const routes = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html";

/** What a part of a route's path may be. */
const pathPart = String.raw`^(\{[\w.:-]+\+?\}|[a-zA-Z0-9.:_-]+)$`;
export const pathPartPattern = new RegExp(pathPart);

/** The milliseconds of an integration's timeout. */
export const timeoutLimits = [50, 30_000] as const;

const badRequest = (message: string): ResourceError =>
  new ResourceError(`${message} (Service: ApiGatewayV2, Status Code: 400)`);
const conflict = (message: string): ResourceError =>
  new ResourceError(`${message} (Service: ApiGatewayV2, Status Code: 409)`);

export const apiRefusals = defineRefusals("AWS::ApiGatewayV2::Api", {
  protocol: {
    refuses: "with `--strict`, a `ProtocolType` other than `HTTP`",
    evidence: ownLimit,
    error: (protocol: string) =>
      new ResourceError(`The local cloud supports only HTTP APIs, not ProtocolType ${protocol}.`),
  },
  property: {
    refuses: "`Body`, `BodyS3Location`, `RouteKey` and `Target`",
    evidence: ownLimit,
    error: (name: string) =>
      new ResourceError(`The local cloud does not support the property ${name} of AWS::ApiGatewayV2::Api.`),
  },
  credentials: {
    refuses: "`AllowCredentials` with the origin `*`",
    evidence: recorded("https://github.com/aws/aws-cdk/issues/9076"),
    error: () => badRequest("allow-credentials is not supported if 'allow-origin' is *"),
  },
  missing: {
    refuses: "a stage, integration, route or authorizer of an API that does not exist",
    evidence: documented(`${reference}.html`),
    error: (id: string) =>
      new ResourceError(`Invalid API identifier specified ${id} (Service: ApiGatewayV2, Status Code: 404)`),
  },
});

export const stageRefusals = defineRefusals("AWS::ApiGatewayV2::Stage", {
  name: {
    refuses: "a `StageName` other than `$default` and 1 to 128 letters, digits, hyphens and underscores",
    evidence: documented(`${reference}-stages.html`),
    error: () => badRequest("Stage name only allows a-zA-Z0-9_-"),
  },
  routeSettings: {
    refuses: "`RouteSettings` of a route that the API does not have",
    evidence: reported("https://github.com/DianaIonita/serverless-api-gateway-throttling/pull/34"),
    error: (key: string) =>
      badRequest(`Unable to find Route by key ${key} within the provided RouteSettings`),
  },
  nameTaken: {
    refuses: "a `StageName` that the API has",
    evidence: documented(`${reference}-stages.html`),
    error: () => conflict("Stage already exists"),
  },
});

export const integrationRefusals = defineRefusals("AWS::ApiGatewayV2::Integration", {
  type: {
    refuses: "an integration other than `AWS_PROXY` with a Lambda function",
    evidence: ownLimit,
    error: (type: string) =>
      new ResourceError(`The local cloud supports only Lambda proxy integrations (AWS_PROXY), not ${type}.`),
  },
  payloadFormat: {
    refuses: "a `PayloadFormatVersion` other than 1.0 and 2.0",
    evidence: documented(`${reference}-integrations.html`),
    error: () => badRequest("PayloadFormatVersion is a required parameter for integration"),
  },
  timeout: {
    refuses: `a \`TimeoutInMillis\` outside ${timeoutLimits.join(" to ")}`,
    evidence: documented(`${reference}-integrations.html`),
    error: () => badRequest(`Timeout should be between ${timeoutLimits[0]} ms and ${timeoutLimits[1]} ms`),
  },
  inUse: {
    refuses: "deleting an integration that a route has",
    evidence: recorded("https://github.com/milliHQ/terraform-aws-next-js/issues/247"),
    error: (routeId: string) =>
      conflict(
        `Cannot delete Integration because it is referenced by the following Routes with Ids: [${routeId}]`,
      ),
  },
});

export const routeRefusals = defineRefusals("AWS::ApiGatewayV2::Route", {
  key: {
    refuses: "a `RouteKey` other than `$default` and `<METHOD> /<path>`",
    evidence: documented(routes),
    error: () =>
      badRequest(
        'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
      ),
  },
  pathPart: {
    refuses: "a path with a part such as `e{id}`, `{id}.json` or a final slash",
    evidence: recorded("https://github.com/anomalyco/sst/issues/207"),
    error: () =>
      badRequest(
        `One or more path parts appear to be invalid. Parts are validated against this regular expression: ${pathPart}`,
      ),
  },
  greedy: {
    refuses: "a greedy path variable before the end of the path, such as `/{proxy+}/x`",
    evidence: documented(routes),
    error: (part: string) => badRequest(`The greedy path variable ${part} must be at the end of the path`),
  },
  variableTwice: {
    refuses: "a path with the same variable twice, such as `/{id}/{id}`",
    evidence: undocumented(
      "Whether API Gateway refuses a route whose path has the same variable twice, and in which words.",
      "aws apigatewayv2 create-route --api-id API --route-key 'GET /{id}/{id}'",
    ),
    error: (name: string) => badRequest(`The path variable ${name} is repeated`),
  },
  keyTaken: {
    refuses: "a `RouteKey` that the API has",
    evidence: documented(`${reference}-routes.html`),
    error: (key: string) => conflict(`Route with key ${key} already exists for this API`),
  },
  authorizationType: {
    refuses: "an `AuthorizationType` other than `NONE`, `AWS_IAM`, `JWT` and `CUSTOM`",
    evidence: documented(`${reference}-routes.html`),
    error: (type: string) => badRequest(`Invalid authorization type: ${type}`),
  },
  authorizer: {
    refuses: "a `JWT` or `CUSTOM` route whose authorizer does not exist",
    evidence: documented(`${reference}-routes.html`),
    error: (id: string, key: string) =>
      badRequest(`Unable to find Authorizer by ID ${id} for the route ${key}`),
  },
  target: {
    refuses: "a `Target` that is not an integration of the API",
    evidence: documented(`${reference}-routes.html`),
    error: (target: string) => badRequest(`Invalid integration target specified: ${target}`),
  },
});

export const authorizerRefusals = defineRefusals("AWS::ApiGatewayV2::Authorizer", {
  type: {
    refuses: "an authorizer other than `JWT` with a `JwtConfiguration` and `REQUEST` with an `AuthorizerUri`",
    evidence: documented(`${reference}-authorizers.html`),
    error: (type: string) =>
      new ResourceError(
        `An authorizer needs type JWT and a JwtConfiguration, or type REQUEST and an AuthorizerUri, not ${type}.`,
      ),
  },
});
