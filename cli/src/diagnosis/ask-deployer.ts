import { type DeployedRoute, getApis, getRoutes } from "../aws/apigatewayv2.ts";
import type { AwsOperation } from "../aws/control-plane.ts";
import { apiIdOfHost, executeApi } from "../aws/api-host.ts";
import { simulatePrincipalPolicy } from "../aws/iam.ts";
import { type CallerIdentity, roleName } from "../aws/sts.ts";
import { findOptionalDeployerCredentials } from "../deployment/deployer-credentials.ts";
import { type KnownRoute, parseRouteKey } from "../deployment/known-routes.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import { deployerEndpoint } from "../deployment/service-addresses.ts";
import type { Environment } from "../environment/environment.ts";
import { exchange } from "../http.ts";
import { routeArn, stagePath } from "./route-arn.ts";
import { matchRoute } from "./route-match.ts";
import type { Subject } from "./subject.ts";

/** What AWS says about the route. Known only with the deployer's credentials, and at API Gateway's own address. */
export interface Deployed {
  /** The route that takes the request. Undefined when the API has none. */
  route: (DeployedRoute & KnownRoute) | undefined;
  /** Whether the role's policy allows the route, by IAM's simulation. Undefined when not known. */
  allowed: boolean | undefined;
}

/** GetApis, GetRoutes and SimulatePrincipalPolicy. */
export const mostDeployerRequests = 3;

/**
 * Reads the deployed routes and has IAM simulate the role's policy. Changes nothing.
 * @param caller the user's role
 * @param limitMs for all requests together
 * @returns undefined when these facts are not available
 */
export async function askDeployer(
  environment: Environment,
  { configuration }: Pick<ResolvedDeployment, "configuration">,
  subject: Subject,
  caller: Promise<CallerIdentity | undefined>,
  limitMs: number,
): Promise<Deployed | undefined> {
  const { url, method, region, hostRegion = region, nowMs } = subject;
  if (subject.service !== executeApi) return undefined;
  const credentials = await findOptionalDeployerCredentials(environment, configuration, {});
  if (credentials === undefined) return undefined;
  const deadlineMs = environment.now() + limitMs;
  const ask = async <T>({ service, request, read }: AwsOperation<T>): Promise<T> => {
    const endpoint = await deployerEndpoint(configuration, `AWS_ENDPOINT_URL_${service}`);
    const signed = await request({ credentials, region: hostRegion, endpoint, nowMs });
    const timeoutMs = Math.max(1, deadlineMs - environment.now());
    return read(await exchange(environment.send, { ...signed, timeoutMs }));
  };

  const findApi = async (): Promise<string | undefined> => {
    const { items } = await ask(getApis(undefined));
    return items.find(({ apiEndpoint }) => apiEndpoint === url.origin)?.apiId;
  };
  const apiId = apiIdOfHost(url) ?? (await findApi());
  if (apiId === undefined) return undefined;
  const { items, next } = await ask(getRoutes(apiId, undefined));
  // A route on a later page could take precedence.
  if (next !== undefined) return undefined;
  const routes = items.flatMap((route) => parseRouteKey(route.routeKey).map((key) => ({ ...route, ...key })));
  const route = matchRoute(routes, method, stagePath(subject).path);
  const identity = route?.authorizationType === "AWS_IAM" ? await caller : undefined;
  const role = identity && roleName(identity);
  if (identity === undefined || role === undefined) return { route, allowed: undefined };

  const [, partition = "aws"] = identity.arn.split(":");
  const roleArn = `arn:${partition}:iam::${identity.account}:role/${role}`;
  const resource = routeArn(subject, identity, apiId);
  const simulation = simulatePrincipalPolicy(roleArn, "execute-api:Invoke", [resource]);
  const [result] = await ask(simulation).catch(() => []);
  const isCertain = result !== undefined && result.missingContext.length === 0;
  return { route, allowed: isCertain ? result.decision === "allowed" : undefined };
}
