import type { AwsRequest, AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";
import type { Account, HttpApi, HttpIntegration, HttpRoute, HttpStage, Throttle } from "../resources.ts";

/** JSON as the service sends it; what is undefined is left out. */
type Item = Record<string, unknown>;

export interface ApiGatewayService {
  /** @throws ServiceError as the service's model names it */
  handle(request: AwsRequest): AwsResponse;
  /** What a policy names as the resource of a request. */
  resourceArn(request: AwsRequest): string;
}

/** Whether a request is for this service: its paths are no bucket's, whose names have three characters and more. */
export function isApiGatewayPath(path: string): boolean {
  return path === "/v2" || path.startsWith("/v2/");
}

/**
 * The control plane of HTTP APIs, as far as one reads what is deployed.
 * {@link https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html}
 */
export function createApiGateway({ account }: { account: Account }): ApiGatewayService {
  function findApi(apiId: string): HttpApi {
    const api = account.httpApis.get(apiId);
    if (api !== undefined) return api;
    throw new ServiceError(
      "NotFoundException",
      `Invalid API identifier specified ${account.accountId}:${apiId}`,
      404,
    );
  }

  const collections: Record<string, (api: HttpApi) => Item[]> = {
    routes: (api) => [...api.routes.values()].map(describeRoute),
    integrations: (api) => [...api.integrations.values()].map(describeIntegration),
    stages: (api) => [...api.stages].map(([stageName, stage]) => describeStage(stageName, stage)),
  };

  function answer(request: AwsRequest): unknown {
    const [, , apis, apiId, collection, ...rest] = request.path.split("/").map(decodeURIComponent);
    const list = collection === undefined ? undefined : collections[collection];
    if (request.method === "GET" && apis === "apis" && rest.length === 0) {
      if (apiId === undefined) return page(request, [...account.httpApis.values()].map(describeApi));
      if (collection === undefined) return describeApi(findApi(apiId));
      if (list !== undefined) return page(request, list(findApi(apiId)));
    }
    throw new ServiceError(
      "BadRequestException",
      `The local cloud does not know ${request.method} ${request.path} of API Gateway; it knows GET /v2/apis, /v2/apis/{apiId} and /v2/apis/{apiId}/ with ${Object.keys(collections).join(", ")}.`,
    );
  }

  return {
    handle: (request) => ({
      status: 200,
      headers: { "content-type": "application/json", "x-amzn-requestid": request.requestId },
      body: JSON.stringify(answer(request)),
    }),
    resourceArn: ({ path }) => `arn:aws:apigateway:${account.region}::${path.replace(/^\/v2/, "")}`,
  };
}

/** REST and JSON: the code in a header, the message in the body. */
export function apiGatewayError({ code, message, status }: ServiceError, requestId: string): AwsResponse {
  return {
    status,
    headers: {
      "content-type": "application/json",
      "x-amzn-requestid": requestId,
      "x-amzn-errortype": code,
    },
    body: JSON.stringify({ message }),
  };
}

/** `maxResults` of them (the service's own choice is 25), and `nextToken` for the next. */
function page({ query }: AwsRequest, items: readonly Item[]): Item {
  const parameters = new URLSearchParams(query);
  const maximum = Number(parameters.get("maxResults") ?? 25);
  const token = parameters.get("nextToken");
  const start = token === null ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(maximum) || maximum < 1) {
    throw new ServiceError("BadRequestException", "Invalid value for maxResults");
  }
  if (!Number.isInteger(start) || start < 0) {
    throw new ServiceError("BadRequestException", "Invalid nextToken");
  }
  const end = start + maximum;
  return {
    items: items.slice(start, end),
    ...(end < items.length && { nextToken: Buffer.from(String(end)).toString("base64url") }),
  };
}

function describeApi(api: HttpApi): Item {
  return {
    apiEndpoint: api.endpoint,
    apiId: api.apiId,
    apiKeySelectionExpression: "$request.header.x-api-key",
    corsConfiguration: api.corsConfiguration && lowerCaseKeys({ ...api.corsConfiguration }),
    disableExecuteApiEndpoint: false,
    name: api.name,
    protocolType: "HTTP",
    routeSelectionExpression: "$request.method $request.path",
    tags: {},
  };
}

function lowerCaseKeys(object: Item): Item {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  );
}

function describeStage(stageName: string, { defaultThrottle, routeThrottles }: HttpStage): Item {
  return {
    autoDeploy: true,
    defaultRouteSettings: describeThrottle(defaultThrottle),
    routeSettings: Object.fromEntries(
      [...routeThrottles].map(([routeKey, throttle]) => [routeKey, describeThrottle(throttle)]),
    ),
    stageName,
  };
}

function describeThrottle({ burst, rate }: Throttle): Item {
  return {
    detailedMetricsEnabled: false,
    throttlingBurstLimit: Number.isFinite(burst) ? burst : undefined,
    throttlingRateLimit: Number.isFinite(rate) ? rate : undefined,
  };
}

function describeRoute(route: HttpRoute): Item {
  return {
    apiKeyRequired: false,
    authorizationScopes: route.authorizationScopes.length === 0 ? undefined : route.authorizationScopes,
    authorizationType: route.authorizationType,
    authorizerId: route.authorizerId,
    routeId: route.routeId,
    routeKey: route.routeKey,
    target: route.integrationId && `integrations/${route.integrationId}`,
  };
}

function describeIntegration(integration: HttpIntegration): Item {
  return {
    connectionType: "INTERNET",
    integrationId: integration.integrationId,
    integrationMethod: "POST",
    integrationType: integration.integrationType,
    integrationUri: integration.integrationUri,
    payloadFormatVersion: integration.payloadFormatVersion,
    timeoutInMillis: integration.timeoutMs,
  };
}
