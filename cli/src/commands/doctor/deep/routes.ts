import type { Deployment } from "../../../deployment/deployment.ts";
import { AuthCliError } from "../../../errors.ts";
import {
  type DeployedRoute,
  getApisRequest,
  getRoutesRequest,
  processGetApisResponse,
  processGetRoutesResponse,
} from "../../../aws/apigatewayv2.ts";
import type { Attempt } from "../attempt.ts";
import { executeApiHost } from "../deployment-shape.ts";
import type { Examination } from "../examination.ts";
import { fault, type Finding, ok, warning } from "../finding.ts";
import { readSources } from "../source-files.ts";
import { allPages } from "./all-pages.ts";
import { type Deployer, lookupFinding } from "./deployer.ts";

export interface DeployedApi {
  apiId: string;
  routes: DeployedRoute[];
}

/** @throws AuthCliError when the API is not to be found in the deployer's account, or may not be looked at */
export async function readApi({ ask }: Deployer, { apiEndpoint }: Deployment): Promise<DeployedApi> {
  const apiId = executeApiHost(apiEndpoint.hostname)?.apiId ?? (await findApiId(ask, apiEndpoint));
  const routes = await allPages((token) =>
    ask("APIGATEWAYV2", (context) => getRoutesRequest(context, apiId, token), processGetRoutesResponse),
  );
  return { apiId, routes };
}

async function findApiId(ask: Deployer["ask"], apiEndpoint: URL): Promise<string> {
  const apis = await allPages((token) =>
    ask("APIGATEWAYV2", (context) => getApisRequest(context, token), processGetApisResponse),
  );
  const found = apis.find(
    (api) => URL.canParse(api.apiEndpoint) && new URL(api.apiEndpoint).origin === apiEndpoint.origin,
  );
  if (found !== undefined) return found.apiId;
  throw new AuthCliError("outputs-not-found", {
    message: `${apiEndpoint.origin} is the address of no HTTP API of the deployer's account`,
    cause: "it is a domain name of your own, or the credentials are of another account",
    fix: "give the API's own address with --endpoint, or the right account with --profile",
  });
}

/** Who may call each route, and whether it leads anywhere. */
export function examineRoutes(examination: Examination, api: Attempt<DeployedApi>): Finding[] {
  if (api.error !== undefined) return [lookupFinding("routes.authorizers", api.error)];
  const { routes } = api.value;
  const dangling = routes.filter(({ target }) => target === undefined).map(({ routeKey }) => routeKey);
  return [
    authorizers(routes, declaredOpen(examination)),
    dangling.length === 0
      ? ok("routes.integrations", `each of the ${routes.length} routes has an integration`)
      : fault("routes.integrations", `${dangling.join(", ")} leads nowhere: it has no integration`, {
          fix: "give the route a function in the stack and deploy",
        }),
  ];
}

const protect =
  'give the route the authorizer "iam" in the stack (`defaults: { authorizer: "iam" }`) and deploy';

function authorizers(routes: readonly DeployedRoute[], declared: ReadonlySet<string> | undefined): Finding {
  const name = "routes.authorizers";
  const keys = (wanted: (type: string) => boolean): string[] =>
    routes.filter(({ authorizationType }) => wanted(authorizationType)).map(({ routeKey }) => routeKey);
  const open = keys((type) => type === "NONE");
  const signed = keys((type) => type === "AWS_IAM");
  const evidence = routes.map(({ routeKey, authorizationType }) => `${routeKey}: ${authorizationType}`);
  if (signed.length === 0) {
    return fault(name, "no route of the API asks for a signature (AWS_IAM)", { evidence, fix: protect });
  }
  // What the guide means to protect is never open on purpose.
  const undeclared = open.filter((key) => declared?.has(key) === false || /^\w+ \/private(\/|$)/.test(key));
  if (undeclared.length > 0) {
    return fault(name, `${undeclared.join(", ")} is open to everybody`, {
      evidence: [
        ...evidence,
        ...(declared === undefined ? [] : ['the stack\'s source does not say `authorizer: "none"` for it']),
      ],
      fix: protect,
    });
  }
  if (open.length > 0 && declared === undefined) {
    return warning(
      name,
      `${open.join(", ")} is open to everybody, and there is no source here that says so`,
      {
        evidence,
        fix: `if that is not meant, ${protect}`,
      },
    );
  }
  const others = keys((type) => type !== "NONE" && type !== "AWS_IAM");
  return ok(
    name,
    [
      `AWS_IAM on ${signed.join(", ")}`,
      ...(open.length === 0 ? [] : [`open, as the source says: ${open.join(", ")}`]),
      ...(others.length === 0 ? [] : [`another authorizer on ${others.join(", ")}`]),
    ].join("; "),
  );
}

/** The routes for which the stack's source says `authorizer: "none"`; undefined without a source that has routes. */
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
