import { type JsonObject, objectOf, parseJsonObject } from "../json.ts";
import type { Deployment } from "./deployment.ts";

/** A route of an API in its CloudFormation template. */
export interface TemplateRoute {
  /** API Gateway's route key: `GET /private`, `ANY /items/{id}`, `$default`. */
  key: string;
  /** `AWS_IAM`, `NONE`, `JWT`, `CUSTOM`. */
  authorization: string;
}

/** What is known of an API in addition to the templates. */
export type KnownApi = Partial<Pick<Deployment, "apiName" | "apiEndpoint">>;

/**
 * The routes of the API that the custom domain of its address is mapped to, else of the API that an output of a stage
 * refers to, else of the only API that an output refers to, else of the only API. Knows HTTP APIs, REST APIs and function
 * URLs.
 * @param templates of all stacks of the stage, as JSON
 * @returns undefined when there is no API, or several and no output that refers to one
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-route.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-method.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-url.html
 */
export function routesOfTemplates(
  templates: readonly string[],
  known: KnownApi = {},
): TemplateRoute[] | undefined {
  const apis = templates.flatMap((template) => readApis(parseJsonObject(template) ?? {}, known));
  const api =
    apis.find(({ isMapped }) => isMapped) ??
    apis.find(({ isEndpoint }) => isEndpoint) ??
    only(apis.filter(({ isOutput }) => isOutput)) ??
    only(apis);
  return api?.routes;
}

function only(apis: readonly TemplateApi[]): TemplateApi | undefined {
  return apis.length === 1 ? apis[0] : undefined;
}

/**
 * The functions that run on somebody's computer: `sst dev` deployed a bridge in their place.
 * Source: `constructs/Function.js` of SST 2.49.8.
 * @param templates as JSON
 * @returns their logical ids
 */
export function liveFunctionsOfTemplates(templates: readonly string[]): string[] {
  return templates.flatMap((template) =>
    resourcesOf(parseJsonObject(template) ?? {})
      .filter(
        ({ type, properties }) =>
          type === "AWS::Lambda::Function" &&
          (properties["Handler"] === "live-lambda.handler" ||
            objectOf(objectOf(properties["Environment"])["Variables"])["SST_FUNCTION_ID"] !== undefined),
      )
      .map(({ id }) => id),
  );
}

interface TemplateApi {
  /** A custom domain leads to it. */
  isMapped: boolean;
  /** The wanted output refers to it. */
  isEndpoint: boolean;
  /** An output refers to it. */
  isOutput: boolean;
  routes: TemplateRoute[];
}

interface Resource {
  id: string;
  type: unknown;
  properties: JsonObject;
}

/** The routes of an API, by the type of its resource. */
const readers: Readonly<Record<string, (api: Resource, resources: readonly Resource[]) => TemplateRoute[]>> =
  {
    "AWS::ApiGatewayV2::Api": httpApiRoutes,
    "AWS::ApiGateway::RestApi": restApiRoutes,
    "AWS::Lambda::Url": ({ properties }) => [
      { key: "GET /", authorization: text(properties["AuthType"]) ?? "NONE" },
    ],
  };

function readApis(template: JsonObject, { apiName = "ApiEndpoint", apiEndpoint }: KnownApi): TemplateApi[] {
  const resources = resourcesOf(template);
  const mapped = apiEndpoint === undefined ? new Set() : mappedApis(resources, apiEndpoint);
  const outputs = objectOf(template["Outputs"]);
  const endpoint = references(objectOf(outputs[apiName.split(".").at(-1) ?? ""])["Value"]);
  const anyOutput = references(Object.values(outputs).map((output) => objectOf(output)["Value"]));
  return resources.flatMap((resource) => {
    const { id, type } = resource;
    const read = typeof type === "string" ? readers[type] : undefined;
    if (read === undefined) return [];
    return [
      {
        isMapped: mapped.has(id),
        isEndpoint: endpoint.has(id),
        isOutput: anyOutput.has(id),
        routes: read(resource, resources),
      },
    ];
  });
}

/**
 * The APIs at a custom domain's address.
 * @returns logical ids
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-apimapping.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-basepathmapping.html
 */
function mappedApis(resources: readonly Resource[], { hostname, pathname }: URL): Set<string> {
  const domains = resources.filter(
    ({ type, properties }) =>
      /^AWS::ApiGateway(V2)?::DomainName$/.test(String(type)) && properties["DomainName"] === hostname,
  );
  const mappings = resources.filter(({ type, properties }) => {
    if (!/^AWS::ApiGateway(V2::Api|::BasePath)Mapping$/.test(String(type))) return false;
    const { DomainName: domain, ApiMappingKey: key, BasePath: path = key } = properties;
    const ids = references(domain);
    return (
      (domain === hostname || domains.some(({ id }) => ids.has(id))) &&
      (text(path) ?? "") === pathname.replaceAll(/^\/+|\/+$/g, "")
    );
  });
  return new Set(
    mappings.flatMap(({ properties }) => [...references([properties["ApiId"], properties["RestApiId"]])]),
  );
}

function httpApiRoutes({ id }: Resource, resources: readonly Resource[]): TemplateRoute[] {
  return resources
    .filter(
      ({ type, properties }) =>
        type === "AWS::ApiGatewayV2::Route" && references(properties["ApiId"]).has(id),
    )
    .map(({ properties }) => ({
      key: text(properties["RouteKey"]) ?? "",
      authorization: text(properties["AuthorizationType"]) ?? "NONE",
    }));
}

/**
 * The routes of all REST APIs of a template.
 * @param template as JSON
 */
export function restRoutesOfTemplate(template: string): TemplateRoute[] {
  if (!template.includes("AWS::ApiGateway::Method")) return [];
  const resources = resourcesOf(parseJsonObject(template) ?? {});
  return resources
    .filter(({ type }) => type === "AWS::ApiGateway::RestApi")
    .flatMap((api) => restApiRoutes(api, resources));
}

/** Methods of an API without `AWS::ApiGateway::Method` are in its OpenAPI document, which is not read. */
function restApiRoutes({ id }: Resource, resources: readonly Resource[]): TemplateRoute[] {
  const pathOf = (resourceId: unknown, below: readonly string[] = []): string => {
    const parent = resources.find(
      ({ id: each, type }) => type === "AWS::ApiGateway::Resource" && references(resourceId).has(each),
    );
    if (parent === undefined || below.includes(parent.id)) return "";
    const { ParentId: above, PathPart: part } = parent.properties;
    return `${pathOf(above, [...below, parent.id])}/${text(part) ?? ""}`;
  };
  return resources
    .filter(
      ({ type, properties }) =>
        type === "AWS::ApiGateway::Method" &&
        references(properties["RestApiId"]).has(id) &&
        // The preflight request of a browser.
        properties["HttpMethod"] !== "OPTIONS",
    )
    .map(({ properties }) => ({
      key: `${text(properties["HttpMethod"]) ?? ""} ${pathOf(properties["ResourceId"]) || "/"}`,
      authorization: text(properties["AuthorizationType"]) ?? "NONE",
    }));
}

function resourcesOf(template: JsonObject): Resource[] {
  return Object.entries(objectOf(template["Resources"])).map(([id, resource]) => ({
    id,
    type: objectOf(resource)["Type"],
    properties: objectOf(objectOf(resource)["Properties"]),
  }));
}

/** The logical ids that a value refers to with Ref, Fn::GetAtt or Fn::Sub. */
function references(value: unknown): Set<string> {
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(
    Object.entries(value).flatMap(([key, inner]) => {
      if (key === "Ref") return text(inner) ?? [];
      if (key === "Fn::GetAtt")
        return text(Array.isArray(inner) ? inner[0] : text(inner)?.split(".")[0]) ?? [];
      if (key === "Fn::Sub")
        return Array.from(JSON.stringify(inner).matchAll(/\$\{(\w+)/g), ([, id = ""]) => id);
      return [...references(inner)];
    }),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
