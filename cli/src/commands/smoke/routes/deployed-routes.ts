import { findDeployerCredentials } from "../../../deployment/deployer-credentials.ts";
import type { DeploymentFlags } from "../../../deployment/deployment.ts";
import type { Chain } from "../check-runner.ts";

/** CloudFormation must not hold up the checks. */
const timeLimitMs = 5000;

/** A route of an HTTP API in its CloudFormation template. */
export interface DeployedRoute {
  /** API Gateway's route key: `GET /private`, `ANY /items/{id}`, `$default`. */
  key: string;
  /** `AWS_IAM`, `NONE`, `JWT`, `CUSTOM`. */
  authorization: string;
}

/**
 * The routes of the deployed API, from CloudFormation.
 * @returns undefined without the deployer's AWS credentials, or when the API need not be the stack's
 * @throws AuthCliError when CloudFormation refuses or does not answer, or `--profile` has no credentials
 */
export async function readDeployedRoutes(
  { environment, resolved: { deployment, configuration, project } }: Chain,
  flags: DeploymentFlags,
): Promise<DeployedRoute[] | undefined> {
  if (project.appName === undefined || deployment.stage === undefined || flags.endpoint !== undefined)
    return undefined;
  const credentials = await findDeployerCredentials(environment, configuration, flags).catch(
    (error: unknown) => {
      // A default profile can be of a kind that only the aws CLI reads.
      if (flags.profile !== undefined) throw error;
      return undefined;
    },
  );
  if (credentials === undefined) return undefined;
  const { readStackTemplates } = await import("../../../deployment/stacks.ts");
  const send: typeof environment.send = (request) =>
    environment.send({ ...request, timeoutMs: Math.min(request.timeoutMs ?? timeLimitMs, timeLimitMs) });
  const query = {
    credentials,
    region: deployment.region,
    prefix: `${deployment.stage}-${project.appName}-`,
  };
  const templates = await readStackTemplates(
    { ...environment, send },
    configuration,
    query,
    deployment.stackNames,
  );
  return routesOfTemplates(templates);
}

/**
 * The routes of the API that the `ApiEndpoint` output of a stage refers to, else of its only API.
 * @param templates of all stacks of the stage, as JSON
 * @returns undefined when there is no API, or several and no output that refers to one
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-route.html
 */
export function routesOfTemplates(templates: readonly string[]): DeployedRoute[] | undefined {
  const apis = templates.flatMap((template) => readApis(parse(template)));
  const api = apis.find(({ isEndpoint }) => isEndpoint) ?? (apis.length === 1 ? apis[0] : undefined);
  return api?.routes;
}

interface DeployedApi {
  /** The output `ApiEndpoint` refers to it. */
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

/** The logical ids that a value refers to with Ref, Fn::GetAtt or Fn::Sub. */
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
