import { apiGatewayId } from "../../aws/identifiers.ts";
import { isJsonObject, type JsonObject } from "../../aws/json-protocol.ts";
import {
  type Account,
  type CorsConfiguration,
  type HttpApi,
  type HttpAuthorizer,
  type HttpIntegration,
  type HttpRoute,
  type HttpStage,
  type Throttle,
  unthrottled,
} from "../../account.ts";
import { Properties } from "./properties.ts";
import { ResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** Serves HTTP APIs. */
export interface HttpApiHost {
  /** Opens an origin for the API. @returns the endpoint, without a trailing slash */
  open(api: HttpApi): Promise<string>;
  /** Closes the origin. */
  close(apiId: string): Promise<void>;
}

/** AWS::ApiGatewayV2::Api, protocol HTTP. `Ref` is its id. Updates keep the endpoint. */
export function apiType(account: Account, host: HttpApiHost): ResourceType {
  return {
    async create(properties) {
      if (properties.optionalText("ProtocolType") !== "HTTP") {
        throw new ResourceError(
          `The local cloud supports only HTTP APIs, not ProtocolType ${properties.optionalText("ProtocolType") ?? "(none)"}.`,
        );
      }
      for (const name of ["Body", "BodyS3Location", "RouteKey", "Target"]) {
        if (properties.values[name] !== undefined) {
          throw new ResourceError(
            `The local cloud does not support the property ${name} of AWS::ApiGatewayV2::Api.`,
          );
        }
      }
      const api: HttpApi = {
        apiId: apiGatewayId(10),
        name: properties.text("Name"),
        endpoint: "",
        corsConfiguration: corsConfiguration(properties),
        routes: new Map(),
        integrations: new Map(),
        authorizers: new Map(),
        stages: new Map(),
      };
      api.endpoint = await host.open(api);
      account.httpApis.set(api.apiId, api);
      return {
        physicalId: api.apiId,
        attributes: {
          ApiId: api.apiId,
          ApiEndpoint: api.endpoint,
          ExecuteApiArn: `arn:aws:execute-api:${account.region}:${account.accountId}:${api.apiId}`,
        },
      };
    },
    update(instance, properties) {
      const cors = corsConfiguration(properties);
      Object.assign(findApi(account, instance.physicalId), {
        name: properties.text("Name"),
        corsConfiguration: cors,
      });
      return instance;
    },
    async remove({ physicalId }) {
      account.httpApis.delete(physicalId);
      await host.close(physicalId);
    },
  };
}

/** AWS::ApiGatewayV2::Stage. `Ref` is its name. */
export function stageType(account: Account): ResourceType {
  return {
    create(properties) {
      const api = findApi(account, properties.text("ApiId"));
      const stageName = properties.text("StageName");
      if (!/^(\$default|[\w-]{1,128})$/.test(stageName))
        throw new ResourceError("Stage name only allows a-zA-Z0-9_-");
      if (api.stages.has(stageName))
        throw new ResourceError("Stage already exists (Service: ApiGatewayV2, Status Code: 409)");
      api.stages.set(stageName, stage(properties));
      return { physicalId: stageName, attributes: {} };
    },
    update(instance, properties) {
      const api = findApi(account, properties.text("ApiId"));
      api.stages.set(instance.physicalId, stage(properties));
      return instance;
    },
    remove({ physicalId }, properties) {
      account.httpApis.get(properties.text("ApiId"))?.stages.delete(physicalId);
    },
  };
}

/** AWS::ApiGatewayV2::Integration. */
export function integrationType(account: Account): ResourceType {
  return {
    create(properties) {
      const api = findApi(account, properties.text("ApiId"));
      const created = integration(apiGatewayId(7), properties);
      api.integrations.set(created.integrationId, created);
      return { physicalId: created.integrationId, attributes: { IntegrationId: created.integrationId } };
    },
    update(instance, properties) {
      const api = findApi(account, properties.text("ApiId"));
      api.integrations.set(instance.physicalId, integration(instance.physicalId, properties));
      return instance;
    },
    remove({ physicalId }, properties) {
      const api = account.httpApis.get(properties.text("ApiId"));
      const user = [...(api?.routes.values() ?? [])].find(
        ({ integrationId }) => integrationId === physicalId,
      );
      if (user !== undefined) {
        throw new ResourceError(
          `Cannot delete Integration '${physicalId}' due to existing Routes: ${user.routeKey} (Service: ApiGatewayV2, Status Code: 409)`,
        );
      }
      api?.integrations.delete(physicalId);
    },
  };
}

/** AWS::ApiGatewayV2::Route. */
export function routeType(account: Account): ResourceType {
  return {
    create(properties) {
      const api = findApi(account, properties.text("ApiId"));
      const created = route(api, apiGatewayId(7), properties);
      api.routes.set(created.routeId, created);
      return { physicalId: created.routeId, attributes: { RouteId: created.routeId } };
    },
    update(instance, properties) {
      const api = findApi(account, properties.text("ApiId"));
      api.routes.set(instance.physicalId, route(api, instance.physicalId, properties));
      return instance;
    },
    remove({ physicalId }, properties) {
      account.httpApis.get(properties.text("ApiId"))?.routes.delete(physicalId);
    },
  };
}

/** AWS::ApiGatewayV2::Authorizer. */
export function authorizerType(account: Account): ResourceType {
  return {
    create(properties) {
      const created = authorizer(apiGatewayId(7), properties);
      findApi(account, properties.text("ApiId")).authorizers.set(created.authorizerId, created);
      return { physicalId: created.authorizerId, attributes: { AuthorizerId: created.authorizerId } };
    },
    update(instance, properties) {
      const api = findApi(account, properties.text("ApiId"));
      api.authorizers.set(instance.physicalId, authorizer(instance.physicalId, properties));
      return instance;
    },
    remove({ physicalId }, properties) {
      account.httpApis.get(properties.text("ApiId"))?.authorizers.delete(physicalId);
    },
  };
}

function findApi(account: Account, apiId: string): HttpApi {
  const api = account.httpApis.get(apiId);
  if (api === undefined) {
    throw new ResourceError(
      `Invalid API identifier specified ${account.accountId}:${apiId} (Service: ApiGatewayV2, Status Code: 404)`,
    );
  }
  return api;
}

function integrationOf(api: HttpApi, target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  const integrationId = /^integrations\/([^/]+)$/.exec(target)?.[1];
  if (integrationId === undefined || !api.integrations.has(integrationId)) {
    throw new ResourceError(
      `Invalid integration target specified: ${target} (Service: ApiGatewayV2, Status Code: 400)`,
    );
  }
  return integrationId;
}

function isRouteKey(routeKey: string): boolean {
  return routeKey === "$default" || /^(?:ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/\S*$/.test(routeKey);
}

/** Accepts the function's ARN, or API Gateway's invocation ARN, which contains it. */
function functionArnOf(uri: string): string {
  return /\/functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

function corsConfiguration(properties: Properties): CorsConfiguration | undefined {
  const cors = properties.object("CorsConfiguration");
  if (cors === undefined || !isJsonObject(properties.values["CorsConfiguration"])) return undefined;
  const lists = ["AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders"] as const;
  const configuration: CorsConfiguration = {};
  for (const name of lists) {
    if (cors.values[name] !== undefined) configuration[name] = cors.textList(name);
  }
  const allowCredentials = cors.flag("AllowCredentials");
  if (allowCredentials !== undefined) configuration.AllowCredentials = allowCredentials;
  if (cors.values["MaxAge"] !== undefined) configuration.MaxAge = cors.number("MaxAge", 0);
  if (allowCredentials === true && configuration.AllowOrigins?.includes("*") === true) {
    throw new ResourceError(
      "Warnings found during import: CORS: allow-credentials cannot be used with allow-origin *",
    );
  }
  return configuration;
}

function stage(properties: Properties): HttpStage {
  const ofRoutes = properties.object("RouteSettings")?.values ?? {};
  return {
    defaultThrottle: throttle(properties.object("DefaultRouteSettings")),
    routeThrottles: new Map(
      Object.entries(ofRoutes)
        .filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
        .map(([routeKey, settings]) => [routeKey, throttle(new Properties(settings))]),
    ),
  };
}

function throttle(settings = new Properties({})): Throttle {
  return {
    burst: settings.number("ThrottlingBurstLimit", unthrottled.burst),
    rate: settings.number("ThrottlingRateLimit", unthrottled.rate),
  };
}

function integration(integrationId: string, properties: Properties): HttpIntegration {
  const type = properties.text("IntegrationType");
  if (type !== "AWS_PROXY" || properties.optionalText("IntegrationSubtype") !== undefined) {
    throw new ResourceError(
      `The local cloud supports only Lambda proxy integrations (AWS_PROXY), not ${properties.optionalText("IntegrationSubtype") ?? type}.`,
    );
  }
  const payloadFormatVersion = properties.optionalText("PayloadFormatVersion") ?? "";
  if (payloadFormatVersion !== "1.0" && payloadFormatVersion !== "2.0") {
    throw new ResourceError("PayloadFormatVersion is a required parameter for integration");
  }
  const timeoutMs = properties.number("TimeoutInMillis", 30_000);
  if (timeoutMs < 50 || timeoutMs > 30_000) {
    throw new ResourceError("Timeout should be between 50 ms and 30000 ms");
  }
  return {
    integrationId,
    integrationType: type,
    integrationUri: functionArnOf(properties.text("IntegrationUri")),
    payloadFormatVersion,
    timeoutMs,
  };
}

function route(api: HttpApi, routeId: string, properties: Properties): HttpRoute {
  const routeKey = properties.text("RouteKey");
  if (!isRouteKey(routeKey)) {
    throw new ResourceError(
      `The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default": ${routeKey}`,
    );
  }
  const twin = [...api.routes.values()].find(
    (other) => other.routeKey === routeKey && other.routeId !== routeId,
  );
  if (twin !== undefined) {
    throw new ResourceError(
      `Route with key ${routeKey} already exists for this API (Service: ApiGatewayV2, Status Code: 409)`,
    );
  }
  const authorizationType = properties.optionalText("AuthorizationType") ?? "NONE";
  if (!["NONE", "AWS_IAM", "JWT", "CUSTOM"].includes(authorizationType)) {
    throw new ResourceError(`Invalid authorization type: ${authorizationType}`);
  }
  const authorizerId = properties.optionalText("AuthorizerId");
  const needsAuthorizer = authorizationType === "JWT" || authorizationType === "CUSTOM";
  if (needsAuthorizer && (authorizerId === undefined || !api.authorizers.has(authorizerId))) {
    throw new ResourceError(
      `Unable to find Authorizer by ID ${authorizerId ?? "(none)"} for the route ${routeKey}`,
    );
  }
  return {
    routeId,
    routeKey,
    authorizationType,
    integrationId: integrationOf(api, properties.optionalText("Target")),
    authorizerId: needsAuthorizer ? authorizerId : undefined,
    authorizationScopes: properties.textList("AuthorizationScopes"),
  };
}

function authorizer(authorizerId: string, properties: Properties): HttpAuthorizer {
  const type = properties.text("AuthorizerType");
  const jwt = properties.object("JwtConfiguration");
  const uri = properties.optionalText("AuthorizerUri");
  if (type === "JWT" ? jwt?.optionalText("Issuer") === undefined : type !== "REQUEST" || uri === undefined) {
    throw new ResourceError(
      `An authorizer needs type JWT and a JwtConfiguration, or type REQUEST and an AuthorizerUri, not ${type}.`,
    );
  }
  return {
    authorizerId,
    name: properties.text("Name"),
    authorizerType: type,
    identitySource: properties.textList("IdentitySource"),
    jwtConfiguration: jwt && { issuer: jwt.text("Issuer"), audience: jwt.textList("Audience") },
    authorizerUri: uri === undefined ? undefined : functionArnOf(uri),
  };
}
