import type { Deployment } from "../../../deployment/deployment.ts";
import { apiIdOfHost, executeApi } from "../../../aws/api-host.ts";
import { AuthCliError } from "../../../errors.ts";
import { type DeployedRoute, getApis, getRoutes } from "../../../aws/apigatewayv2.ts";
import { allPages } from "../../../aws/control-plane.ts";
import type { Attempt } from "../attempt.ts";
import type { Examination } from "../examination.ts";
import { fault, type Finding, ok, warning } from "../finding.ts";
import { readSources } from "../source-files.ts";
import { type Deployer, lookupFinding } from "./deployer.ts";

export interface DeployedApi {
  apiId: string;
  routes: DeployedRoute[];
}

/** @throws AuthCliError when the deployer's account has no such API, or the deployer may not read it */
export async function readApi({ ask }: Deployer, { apiEndpoint, service }: Deployment): Promise<DeployedApi> {
  if (service !== executeApi) {
    throw new AuthCliError("outputs-not-found", {
      message: `${apiEndpoint.origin} is an address of ${service}, which has no routes to list`,
      cause: "only the routes of HTTP APIs are examined",
    });
  }
  const apiId = apiIdOfHost(apiEndpoint) ?? (await findApiId(ask, apiEndpoint));
  try {
    const routes = await allPages((token) => ask(getRoutes(apiId, token)));
    return { apiId, routes };
  } catch (error) {
    const isRest = apiEndpoint.pathname !== "/" && (error as Partial<AuthCliError>).code === "aws-not-found";
    if (!isRest) throw error;
    throw new AuthCliError("outputs-not-found", {
      message: `${apiEndpoint.origin} is the address of a REST API`,
      cause: "only the routes of HTTP APIs are examined",
    });
  }
}

async function findApiId(ask: Deployer["ask"], apiEndpoint: URL): Promise<string> {
  const apis = await allPages((token) => ask(getApis(token)));
  const found = apis.find(
    (api) => URL.canParse(api.apiEndpoint) && new URL(api.apiEndpoint).origin === apiEndpoint.origin,
  );
  if (found !== undefined) return found.apiId;
  throw new AuthCliError("outputs-not-found", {
    message: `no HTTP API of the deployer's account has the address ${apiEndpoint.origin}`,
    cause: "it is a custom domain, or the credentials are of another account",
    fix: "use the API's own address with --endpoint, or the right account with --profile",
  });
}

/** The authorizer and the integration of each route. */
export function examineRoutes(examination: Examination, api: Attempt<DeployedApi>): Finding[] {
  if (api.error !== undefined) return [lookupFinding("routes.authorizers", api.error)];
  const { routes } = api.value;
  const dangling = routes.filter(({ target }) => target === undefined).map(({ routeKey }) => routeKey);
  return [
    authorizers(routes, declaredOpen(examination)),
    dangling.length === 0
      ? ok("routes.integrations", `all ${routes.length} routes have an integration`)
      : fault("routes.integrations", `no integration for ${dangling.join(", ")}`, {
          fix: "set a function for the route in the stack and deploy",
        }),
  ];
}

const protect =
  'set `authorizer: "iam"` on the route, or `defaults: { authorizer: "iam" }` on the Api, and deploy';

function authorizers(routes: readonly DeployedRoute[], declared: ReadonlySet<string> | undefined): Finding {
  const name = "routes.authorizers";
  const keys = (wanted: (type: string) => boolean): string[] =>
    routes.filter(({ authorizationType }) => wanted(authorizationType)).map(({ routeKey }) => routeKey);
  const open = keys((type) => type === "NONE");
  const signed = keys((type) => type === "AWS_IAM");
  const evidence = routes.map(({ routeKey, authorizationType }) => `${routeKey}: ${authorizationType}`);
  if (signed.length === 0) {
    return fault(name, "no route of the API requires a signature (AWS_IAM)", { evidence, fix: protect });
  }
  // The guide protects /private, so it is never open on purpose.
  const undeclared = open.filter((key) => declared?.has(key) === false || /^\w+ \/private(\/|$)/.test(key));
  if (undeclared.length > 0) {
    return fault(name, `${undeclared.join(", ")} is open to everybody`, {
      evidence: [
        ...evidence,
        ...(declared === undefined ? [] : ['the stack\'s source does not set `authorizer: "none"` for it']),
      ],
      fix: protect,
    });
  }
  if (open.length > 0 && declared === undefined) {
    return warning(name, `${open.join(", ")} is open to everybody, and no source here declares it open`, {
      evidence,
      fix: `${protect}, unless it is open on purpose`,
    });
  }
  const others = keys((type) => type !== "NONE" && type !== "AWS_IAM");
  return ok(
    name,
    [
      `AWS_IAM on ${signed.join(", ")}`,
      ...(open.length === 0 ? [] : [`open as declared: ${open.join(", ")}`]),
      ...(others.length === 0 ? [] : [`another authorizer on ${others.join(", ")}`]),
    ].join("; "),
  );
}

/** The routes with `authorizer: "none"` in the stack's source; undefined without a source that has routes. */
function declaredOpen(examination: Examination): Set<string> | undefined {
  const code = readSources(examination)
    .map((source) => source.code)
    .join("\n");
  const routes = [
    ...code.matchAll(/["'`]((?:[A-Z]+ \/[^"'`]*)|\$default)["'`]\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?/g),
  ];
  if (routes.length === 0) return undefined;
  return new Set(
    routes
      .filter(([, , settings = ""]) => /authorizer\s*:\s*["'`]none["'`]/.test(settings))
      .map(([, key = ""]) => key.replace(/\s+/g, " ")),
  );
}
