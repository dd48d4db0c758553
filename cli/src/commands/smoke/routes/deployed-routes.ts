/** A route of an HTTP API, as its CloudFormation template has it. */
export interface DeployedRoute {
  /** API Gateway's route key: `GET /private`, `ANY /items/{id}`, `$default`. */
  key: string;
  /** `AWS_IAM`, `NONE`, `JWT`, `CUSTOM`. */
  authorization: string;
}

/**
 * The routes of the API that a stage's `ApiEndpoint` output names, else of its only API.
 * @param templates of all of the stage's stacks, as JSON
 * @returns undefined when there is no such API, or it cannot be told which of several it is
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-route.html
 */
export function readDeployedRoutes(templates: readonly string[]): DeployedRoute[] | undefined {
  const apis = templates.flatMap((template) => readApis(parse(template)));
  const api = apis.find(({ isEndpoint }) => isEndpoint) ?? (apis.length === 1 ? apis[0] : undefined);
  return api?.routes;
}

interface DeployedApi {
  /** Whether the output `ApiEndpoint` refers to it. */
  isEndpoint: boolean;
  routes: DeployedRoute[];
}

type Json = Record<string, unknown>;

function readApis(template: Json): DeployedApi[] {
  const resources = Object.entries(object(template["Resources"])).map(([id, resource]) => ({
    id,
    type: object(resource)["Type"],
    properties: object(object(resource)["Properties"]),
  }));
  const endpoint = references(object(object(template["Outputs"])["ApiEndpoint"])["Value"]);
  return resources
    .filter(({ type }) => type === "AWS::ApiGatewayV2::Api")
    .map(({ id }) => ({
      isEndpoint: endpoint.has(id),
      routes: resources
        .filter(
          ({ type, properties }) =>
            type === "AWS::ApiGatewayV2::Route" && references(properties["ApiId"]).has(id),
        )
        .map(({ properties }) => ({
          key: text(properties["RouteKey"]) ?? "",
          authorization: text(properties["AuthorizationType"]) ?? "NONE",
        })),
    }));
}

/** The logical ids that a value refers to, by Ref, Fn::GetAtt or Fn::Sub. */
function references(value: unknown): Set<string> {
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(
    Object.entries(value).flatMap(([key, inner]) => {
      if (key === "Ref") return [String(inner)];
      if (key === "Fn::GetAtt")
        return [String(Array.isArray(inner) ? inner[0] : String(inner).split(".")[0])];
      if (key === "Fn::Sub")
        return Array.from(JSON.stringify(inner).matchAll(/\$\{(\w+)/g), ([, id = ""]) => id);
      return [...references(inner)];
    }),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function parse(template: string): Json {
  try {
    return object(JSON.parse(template));
  } catch {
    return {};
  }
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
