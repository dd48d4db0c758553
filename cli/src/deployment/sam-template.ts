import { FAILSAFE_SCHEMA, load } from "js-yaml";

type Json = Record<string, unknown>;

/** The ids that SAM gives to the APIs that it adds. */
const implicitApis: Readonly<Record<string, string>> = {
  HttpApi: "ServerlessHttpApi",
  Api: "ServerlessRestApi",
};

/**
 * A SAM template as far as its routes go, as JSON of CloudFormation.
 * @throws Error for invalid YAML
 * @see https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html
 * @see https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
 */
export function expandSamTemplate(yaml: string): string {
  const plain = yaml
    .replaceAll(/!Ref\s+([\w:]+)/g, '{ Ref: "$1" }')
    .replaceAll(/!Sub\s+("[^"]*"|'[^']*')/g, '{ "Fn::Sub": $1 }')
    .replaceAll(/!Sub\s+([^\s"'|>[]\S*)/g, '{ "Fn::Sub": "$1" }')
    .replaceAll(/(?<=[\s[,])![A-Za-z]+(?=\s)/g, "");
  const template = object(load(plain, { schema: FAILSAFE_SCHEMA }));
  const resources = object(template["Resources"]);
  const globals = object(template["Globals"]);
  const routes = Object.values(resources).flatMap((resource) =>
    object(resource)["Type"] === "AWS::Serverless::Function"
      ? Object.values(object(propertiesOf(resource)["Events"])).flatMap((event) => {
          const type = text(object(event)["Type"], "");
          const implicitApi = implicitApis[type];
          if (implicitApi === undefined) return [];
          const { Path: path, Method: method, ApiId, RestApiId, Auth } = propertiesOf(event);
          const api = text(object(ApiId ?? RestApiId)["Ref"], implicitApi);
          const authorizer =
            object(Auth)["Authorizer"] ??
            defaultAuthorizer(propertiesOf(resources[api])) ??
            defaultAuthorizer(object(globals[type]));
          const RouteKey =
            path === undefined ? "$default" : `${text(method, "any").toUpperCase()} ${text(path, "/")}`;
          return [{ ApiId: { Ref: api }, RouteKey, AuthorizationType: authorizer ?? "NONE" }];
        })
      : [],
  );
  const apis = new Set(routes.map(({ ApiId }) => ApiId.Ref));
  return JSON.stringify({
    Resources: {
      ...Object.fromEntries(Array.from(apis, (id) => [id, { Type: "AWS::ApiGatewayV2::Api" }])),
      ...Object.fromEntries(
        routes.map((Properties, index) => [
          `Route${index}`,
          { Type: "AWS::ApiGatewayV2::Route", Properties },
        ]),
      ),
    },
    Outputs: template["Outputs"],
  });
}

function propertiesOf(value: unknown): Json {
  return object(object(value)["Properties"]);
}

function defaultAuthorizer(api: Json): unknown {
  return object(api["Auth"])["DefaultAuthorizer"];
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
