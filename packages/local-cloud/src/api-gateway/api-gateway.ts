import type {
  Api,
  AuthorizationType,
  GetApisResponse,
  GetIntegrationsResponse,
  GetRoutesResponse,
  GetStagesResponse,
  Integration,
  IntegrationType,
  Route,
  RouteSettings,
  Stage,
} from "@aws-sdk/client-apigatewayv2";
import type { AwsRequest } from "../aws/request.ts";
import { restJsonResult } from "../aws/rest-json-protocol.ts";
import type { RestService } from "../aws/rest-operation.ts";
import { ServiceError } from "../aws/service-error.ts";
import type { Account, HttpApi, HttpIntegration, HttpRoute, HttpStage, Throttle } from "../account.ts";

/** Whether a request is for this service. A bucket's name has at least three characters, so `v2` is not a bucket. */
export function isApiGatewayPath(path: string): boolean {
  return path === "/v2" || path.startsWith("/v2/");
}

/**
 * The operations that read deployed HTTP APIs.
 * {@link https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html}
 */
export function createApiGateway({ account }: { account: Account }): RestService {
  function findApi(apiId: string): HttpApi {
    const api = account.httpApis.get(apiId);
    if (api !== undefined) return api;
    throw new ServiceError(
      "NotFoundException",
      `Invalid API identifier specified ${account.accountId}:${apiId}`,
      404,
    );
  }

  const collections: Record<
    string,
    (api: HttpApi, request: AwsRequest) => GetRoutesResponse | GetIntegrationsResponse | GetStagesResponse
  > = {
    routes: (api, request) => page(request, [...api.routes.values()].map(describeRoute)),
    integrations: (api, request) => page(request, [...api.integrations.values()].map(describeIntegration)),
    stages: (api, request) =>
      page(
        request,
        [...api.stages].map(([stageName, stage]) => describeStage(stageName, stage)),
      ),
  };

  function answer(request: AwsRequest): GetApisResponse | Api | ReturnType<(typeof collections)[string]> {
    const [, , apis, apiId, collection, ...rest] = request.path.split("/").map(decodeURIComponent);
    const list = collection === undefined ? undefined : collections[collection];
    if (request.method === "GET" && apis === "apis" && rest.length === 0) {
      if (apiId === undefined) return page(request, [...account.httpApis.values()].map(describeApi));
      if (collection === undefined) return describeApi(findApi(apiId));
      if (list !== undefined) return list(findApi(apiId), request);
    }
    throw new ServiceError(
      "BadRequestException",
      `The local cloud does not support ${request.method} ${request.path} of API Gateway. It supports GET /v2/apis, /v2/apis/{apiId} and /v2/apis/{apiId}/ with ${Object.keys(collections).join(", ")}.`,
    );
  }

  return {
    find: (request) => ({
      action: `apigateway:${request.method}`,
      resource: `arn:aws:apigateway:${account.region}::${request.path.replace(/^\/v2/, "")}`,
      run: async () => restJsonResult(wireNames(answer(request)), request.requestId),
    }),
  };
}

/** A page of `maxResults` items (25 by default), with the `nextToken` of the next page. */
function page<T>({ query }: AwsRequest, items: readonly T[]): { Items: T[]; NextToken?: string } {
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
    Items: items.slice(start, end),
    ...(end < items.length && { NextToken: Buffer.from(String(end)).toString("base64url") }),
  };
}

function describeApi(api: HttpApi): Api {
  return {
    ApiEndpoint: api.endpoint,
    ApiId: api.apiId,
    ApiKeySelectionExpression: "$request.header.x-api-key",
    CorsConfiguration: api.corsConfiguration && { ...api.corsConfiguration },
    DisableExecuteApiEndpoint: false,
    Name: api.name,
    ProtocolType: "HTTP",
    RouteSelectionExpression: "$request.method $request.path",
    Tags: {},
  };
}

function describeStage(stageName: string, { defaultThrottle, routeThrottles }: HttpStage): Stage {
  return {
    AutoDeploy: true,
    DefaultRouteSettings: describeThrottle(defaultThrottle),
    RouteSettings: Object.fromEntries(
      [...routeThrottles].map(([routeKey, throttle]) => [routeKey, describeThrottle(throttle)]),
    ),
    StageName: stageName,
  };
}

function describeThrottle({ burst, rate }: Throttle): RouteSettings {
  return {
    DetailedMetricsEnabled: false,
    ThrottlingBurstLimit: Number.isFinite(burst) ? burst : undefined,
    ThrottlingRateLimit: Number.isFinite(rate) ? rate : undefined,
  };
}

function describeRoute(route: HttpRoute): Route {
  return {
    ApiKeyRequired: false,
    AuthorizationScopes: route.authorizationScopes.length === 0 ? undefined : route.authorizationScopes,
    AuthorizationType: route.authorizationType as AuthorizationType,
    AuthorizerId: route.authorizerId,
    RouteId: route.routeId,
    RouteKey: route.routeKey,
    Target: route.integrationId && `integrations/${route.integrationId}`,
  };
}

function describeIntegration(integration: HttpIntegration): Integration {
  return {
    ConnectionType: "INTERNET",
    IntegrationId: integration.integrationId,
    IntegrationMethod: "POST",
    IntegrationType: integration.integrationType as IntegrationType,
    IntegrationUri: integration.integrationUri,
    PayloadFormatVersion: integration.payloadFormatVersion,
    TimeoutInMillis: integration.timeoutMs,
  };
}

/**
 * Copies a response with the names on the wire: `apiId` for the SDK's `ApiId`. Keys that a customer chooses (routes,
 * tags) stay.
 */
function wireNames(value: unknown, keepKeys = false): unknown {
  if (Array.isArray(value)) return value.map((item) => wireNames(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      keepKeys ? name : name.charAt(0).toLowerCase() + name.slice(1),
      wireNames(member, name === "RouteSettings" || name === "Tags"),
    ]),
  );
}
