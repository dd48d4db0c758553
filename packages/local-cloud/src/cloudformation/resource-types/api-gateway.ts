import { apiGatewayId } from "../../aws/identifiers.ts";
import type { Account, RestApi, RestDeployment, RestMethod } from "../../account.ts";
import {
  restApiRefusals,
  restDeploymentRefusals,
  restResourceRefusals,
  restStageRefusals,
} from "./api-gateway-refusals.ts";
import { functionArnOf } from "./api-gateway-v2.ts";
import type { Properties } from "./properties.ts";
import type { ResourceType } from "./resource-type.ts";

/** Serves REST APIs. */
export interface RestApiHost {
  /** Opens an origin. @returns the endpoint, without a trailing slash */
  openRestApi(api: RestApi): Promise<string>;
  /** Closes the origin. */
  close(apiId: string): Promise<void>;
}

/** AWS::ApiGateway::RestApi. `Ref` is its id. Updates keep the endpoint. */
export function restApiType(account: Account, host: RestApiHost): ResourceType {
  return {
    async create(properties, { logicalId }) {
      checkProperties(properties);
      const api: RestApi = {
        apiId: apiGatewayId(10),
        name: properties.optionalText("Name") ?? logicalId,
        endpoint: "",
        rootResourceId: apiGatewayId(10),
        resources: new Map(),
        methods: new Map(),
        deployments: new Map(),
        stages: new Map(),
      };
      api.endpoint = await host.openRestApi(api);
      account.restApis.set(api.apiId, api);
      return {
        physicalId: api.apiId,
        attributes: { RestApiId: api.apiId, RootResourceId: api.rootResourceId },
      };
    },
    update(instance, properties) {
      checkProperties(properties);
      const api = findApi(account, instance.physicalId);
      api.name = properties.optionalText("Name") ?? api.name;
      return instance;
    },
    async remove({ physicalId }) {
      account.restApis.delete(physicalId);
      await host.close(physicalId);
    },
  };
}

/** AWS::ApiGateway::Resource: one segment of a path. */
export function restResourceType(account: Account): ResourceType {
  return {
    create(properties) {
      const { resources } = findApi(account, properties.text("RestApiId"));
      const [parentId, pathPart] = [properties.text("ParentId"), properties.text("PathPart")];
      restResourceRefusals.pathPart.when(!/^(?:[\w.:-]+|\{[\w.:-]+\+?\})$/.test(pathPart));
      const siblings = [...resources.values()]
        .filter((other) => other.parentId === parentId)
        .map((other) => other.pathPart);
      restResourceRefusals.taken.when(siblings.includes(pathPart), pathPart);
      const parameter = siblings.find((sibling) => sibling.startsWith("{"));
      restResourceRefusals.sibling.when(pathPart.startsWith("{") && parameter !== undefined, parameter ?? "");
      const id = apiGatewayId(7);
      resources.set(id, { parentId, pathPart });
      return { physicalId: id, attributes: { ResourceId: id } };
    },
    update: (instance) => instance,
    remove({ physicalId }, properties) {
      account.restApis.get(properties.text("RestApiId"))?.resources.delete(physicalId);
    },
  };
}

/** AWS::ApiGateway::Method. */
export function restMethodType(account: Account): ResourceType {
  return {
    create(properties) {
      const { methods } = findApi(account, properties.text("RestApiId"));
      const id = apiGatewayId(10);
      methods.set(id, method(properties));
      return { physicalId: id, attributes: {} };
    },
    update(instance, properties) {
      findApi(account, properties.text("RestApiId")).methods.set(instance.physicalId, method(properties));
      return instance;
    },
    remove({ physicalId }, properties) {
      account.restApis.get(properties.text("RestApiId"))?.methods.delete(physicalId);
    },
  };
}

/** AWS::ApiGateway::Deployment: a snapshot of the methods. */
export function restDeploymentType(account: Account): ResourceType {
  return {
    create(properties) {
      const api = findApi(account, properties.text("RestApiId"));
      restDeploymentRefusals.empty.when(api.methods.size === 0);
      const id = apiGatewayId(7);
      api.deployments.set(id, snapshot(api));
      const stageName = properties.optionalText("StageName");
      if (stageName !== undefined) api.stages.set(stageName, id);
      return { physicalId: id, attributes: { DeploymentId: id } };
    },
    update: (instance) => instance,
    remove({ physicalId }, properties) {
      account.restApis.get(properties.text("RestApiId"))?.deployments.delete(physicalId);
    },
  };
}

/** AWS::ApiGateway::Stage. `Ref` is its name. */
export function restStageType(account: Account): ResourceType {
  return {
    create(properties) {
      const { stages } = findApi(account, properties.text("RestApiId"));
      const stageName = properties.text("StageName");
      restStageRefusals.taken.when(stages.has(stageName));
      stages.set(stageName, properties.text("DeploymentId"));
      return { physicalId: stageName, attributes: {} };
    },
    update(instance, properties) {
      const { stages } = findApi(account, properties.text("RestApiId"));
      stages.set(instance.physicalId, properties.text("DeploymentId"));
      return instance;
    },
    remove({ physicalId }, properties) {
      account.restApis.get(properties.text("RestApiId"))?.stages.delete(physicalId);
    },
  };
}

function findApi(account: Account, apiId: string): RestApi {
  return restApiRefusals.missing.unless(account.restApis.get(apiId));
}

function checkProperties(properties: Properties): void {
  for (const name of ["Body", "BodyS3Location", "CloneFrom", "Policy"]) {
    restApiRefusals.property.when(properties.values[name] !== undefined, name);
  }
}

function method(properties: Properties): RestMethod {
  const integration = properties.object("Integration");
  return {
    resourceId: properties.text("ResourceId"),
    httpMethod: properties.text("HttpMethod"),
    authorizationType: properties.optionalText("AuthorizationType") ?? "NONE",
    integration: {
      integrationId: "",
      integrationType: integration?.optionalText("Type") ?? "none",
      integrationUri: functionArnOf(integration?.optionalText("Uri") ?? ""),
      payloadFormatVersion: "1.0",
      timeoutMs: integration?.number("TimeoutInMillis", 29_000) ?? 29_000,
    },
  };
}

function snapshot(api: RestApi): RestDeployment {
  const methods = [...api.methods];
  return {
    routes: new Map(
      methods.map(([id, { resourceId, httpMethod, authorizationType }]) => [
        id,
        {
          routeId: id,
          routeKey: `${httpMethod} ${pathOf(api, resourceId)}`,
          authorizationType,
          integrationId: id,
          authorizerId: undefined,
          authorizationScopes: [],
        },
      ]),
    ),
    integrations: new Map(methods.map(([id, { integration }]) => [id, integration])),
  };
}

function pathOf({ resources }: RestApi, resourceId: string): string {
  const parts: string[] = [];
  for (let at = resources.get(resourceId); at !== undefined; at = resources.get(at.parentId)) {
    parts.unshift(at.pathPart);
  }
  return `/${parts.join("/")}`;
}
