import { defineMappingTag, defineScalarTag, defineSequenceTag, FAILSAFE_SCHEMA, load, mapTag } from "js-yaml";
import { type JsonObject, objectOf } from "../json.ts";

/** The ids that SAM gives to the APIs that it adds. */
const implicitApis: Readonly<Record<string, string>> = {
  HttpApi: "ServerlessHttpApi",
  Api: "ServerlessRestApi",
};

const short = { matchByTagPrefix: true, identify: () => false };
const functionOf = (tag: string, value: unknown): JsonObject => ({
  [tag === "!Ref" ? "Ref" : `Fn::${tag.slice(1)}`]: value,
});

/** Reads `!Ref Api` as `{ Ref: Api }`, and so on. */
const withShortForms = FAILSAFE_SCHEMA.withTags(
  defineScalarTag("!", { ...short, resolve: (source, _isExplicit, tag) => functionOf(tag, source) }),
  defineSequenceTag("!", {
    ...short,
    create: (tag) => ({ tag, items: [] as unknown[] }),
    addItem: ({ items }, item) => void items.push(item),
    finalize: ({ tag, items }) => functionOf(tag, items),
  }),
  // Of `!Transform`, which has no route.
  defineMappingTag("!", { ...mapTag, ...short }),
);

/**
 * The routes and outputs of a SAM template, as JSON of CloudFormation.
 * @throws Error for invalid YAML
 * @see https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-httpapi.html
 * @see https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
 */
export function expandSamTemplate(yaml: string): string {
  const template = objectOf(load(yaml, { schema: withShortForms }));
  const resources = objectOf(template["Resources"]);
  const globals = objectOf(template["Globals"]);
  const routes = Object.values(resources).flatMap((resource) =>
    objectOf(resource)["Type"] === "AWS::Serverless::Function"
      ? Object.values(objectOf(propertiesOf(resource)["Events"])).flatMap((event) => {
          const type = text(objectOf(event)["Type"], "");
          const implicitApi = implicitApis[type];
          if (implicitApi === undefined) return [];
          const { Path: path, Method: method, ApiId, RestApiId, Auth } = propertiesOf(event);
          const api = text(objectOf(ApiId ?? RestApiId)["Ref"], implicitApi);
          const authorizer =
            objectOf(Auth)["Authorizer"] ??
            defaultAuthorizer(propertiesOf(resources[api])) ??
            defaultAuthorizer(objectOf(globals[type]));
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

function propertiesOf(value: unknown): JsonObject {
  return objectOf(objectOf(value)["Properties"]);
}

function defaultAuthorizer(api: JsonObject): unknown {
  return objectOf(api["Auth"])["DefaultAuthorizer"];
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
