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
import {
  apiRefusals,
  authorizerRefusals,
  integrationRefusals,
  pathPartPattern,
  routeRefusals,
  stageRefusals,
  timeoutLimits,
} from "./api-gateway-v2-refusals.ts";
import { corsConfiguration } from "./cors-configuration.ts";
import { Properties } from "./properties.ts";
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
      const protocol = properties.optionalText("ProtocolType") ?? "(none)";
      apiRefusals.protocol.when(protocol !== "HTTP", protocol);
      for (const name of ["Body", "BodyS3Location", "RouteKey", "Target"]) {
        apiRefusals.property.when(properties.values[name] !== undefined, name);
      }
      const api: HttpApi = {
        apiId: apiGatewayId(10),
        name: properties.text("Name"),
        endpoint: "",
        corsConfiguration: corsOf(properties),
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
      const cors = corsOf(properties);
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
      stageRefusals.name.when(!/^(\$default|[\w-]{1,128})$/.test(stageName));
      stageRefusals.nameTaken.when(api.stages.has(stageName));
      api.stages.set(stageName, stage(api, properties));
      return { physicalId: stageName, attributes: {} };
    },
    update(instance, properties) {
      const api = findApi(account, properties.text("ApiId"));
      api.stages.set(instance.physicalId, stage(api, properties));
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
      integrationRefusals.inUse.when(user !== undefined, user?.routeId ?? "");
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
  return apiRefusals.missing.unless(account.httpApis.get(apiId), `${account.accountId}:${apiId}`);
}

function integrationOf(api: HttpApi, target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  const integrationId = /^integrations\/([^/]+)$/.exec(target)?.[1];
  routeRefusals.target.when(integrationId === undefined || !api.integrations.has(integrationId), target);
  return integrationId;
}

function requireRouteKey(routeKey: string): void {
  if (routeKey === "$default") return;
  const [, path] = /^(?:ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/(\S*)$/.exec(routeKey) ?? [];
  routeRefusals.key.when(path === undefined);
  if (path === undefined || path === "") return;
  const parts = path.split("/");
  routeRefusals.pathPart.when(!parts.every((part) => pathPartPattern.test(part)));
  const greedy = parts.slice(0, -1).find((part) => part.endsWith("+}"));
  routeRefusals.greedy.when(greedy !== undefined, greedy ?? "");
  const names = parts.filter((part) => part.startsWith("{")).map((part) => part.replace(/\+?\}$/, "}"));
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  routeRefusals.variableTwice.when(repeated !== undefined, repeated ?? "");
}

/** Accepts the function's ARN, or API Gateway's invocation ARN, which contains it. */
export function functionArnOf(uri: string): string {
  return /\/functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

function corsOf(properties: Properties): CorsConfiguration | undefined {
  const configuration = corsConfiguration(properties.object("CorsConfiguration"));
  const { AllowCredentials, AllowOrigins } = configuration ?? {};
  apiRefusals.credentials.when(AllowCredentials === true && AllowOrigins?.includes("*") === true);
  return configuration;
}

function stage(api: HttpApi, properties: Properties): HttpStage {
  const ofRoutes = properties.object("RouteSettings")?.values ?? {};
  const keys = new Set([...api.routes.values()].map(({ routeKey }) => routeKey));
  const unknown = Object.keys(ofRoutes).find((key) => !keys.has(key));
  stageRefusals.routeSettings.when(unknown !== undefined, unknown ?? "");
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
  const subtype = properties.optionalText("IntegrationSubtype");
  integrationRefusals.type.when(type !== "AWS_PROXY" || subtype !== undefined, subtype ?? type);
  const payloadFormatVersion = properties.optionalText("PayloadFormatVersion") ?? "";
  integrationRefusals.payloadFormat.when(!["1.0", "2.0"].includes(payloadFormatVersion));
  const timeoutMs = properties.number("TimeoutInMillis", timeoutLimits[1]);
  integrationRefusals.timeout.when(timeoutMs < timeoutLimits[0] || timeoutMs > timeoutLimits[1]);
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
  requireRouteKey(routeKey);
  const twin = [...api.routes.values()].find(
    (other) => other.routeKey === routeKey && other.routeId !== routeId,
  );
  routeRefusals.keyTaken.when(twin !== undefined, routeKey);
  const authorizationType = properties.optionalText("AuthorizationType") ?? "NONE";
  routeRefusals.authorizationType.when(
    !["NONE", "AWS_IAM", "JWT", "CUSTOM"].includes(authorizationType),
    authorizationType,
  );
  const authorizerId = properties.optionalText("AuthorizerId");
  const needsAuthorizer = authorizationType === "JWT" || authorizationType === "CUSTOM";
  routeRefusals.authorizer.when(
    needsAuthorizer && !api.authorizers.has(authorizerId ?? ""),
    authorizerId ?? "(none)",
    routeKey,
  );
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
  const isComplete =
    type === "JWT" ? jwt?.optionalText("Issuer") !== undefined : type === "REQUEST" && uri !== undefined;
  authorizerRefusals.type.when(!isComplete, type);
  return {
    authorizerId,
    name: properties.text("Name"),
    authorizerType: type,
    identitySource: properties.textList("IdentitySource"),
    jwtConfiguration: jwt && { issuer: jwt.text("Issuer"), audience: jwt.textList("Audience") },
    authorizerUri: uri === undefined ? undefined : functionArnOf(uri),
  };
}
