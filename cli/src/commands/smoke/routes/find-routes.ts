import { findDeployerCredentials } from "../../../deployment/deployer-credentials.ts";
import type { DeploymentFlags } from "../../../deployment/deployment.ts";
import { AuthCliError } from "../../../errors.ts";
import type { Chain } from "../chain-context.ts";
import type { RoutePlan } from "./checked-route.ts";
import { type DeployedRoute, readDeployedRoutes } from "./deployed-routes.ts";
import { planRoutes, type RouteWishes } from "./choose-routes.ts";

/** CloudFormation must not hold up the checks. */
const patienceMs = 5000;

/** The routes to check: named, or asked of CloudFormation where the deployer's AWS credentials are at hand, or the guide's. */
export async function findRoutes(chain: Chain, wishes: RouteWishes & DeploymentFlags): Promise<RoutePlan> {
  if (wishes.routes !== undefined && wishes.routes.length > 0) return planRoutes(wishes);
  try {
    return planRoutes(wishes, await askForRoutes(chain, wishes));
  } catch (error) {
    if (!(error instanceof AuthCliError) || error.code === "interrupted") throw error;
    return {
      ...planRoutes(wishes),
      note: `the deployed template could not be read, so GET /private and GET /public are checked: ${error.message}`,
    };
  }
}

async function askForRoutes(
  { environment, resolved: { deployment, configuration, project } }: Chain,
  flags: DeploymentFlags,
): Promise<DeployedRoute[] | undefined> {
  // An API that was named by hand need not be the stack's.
  if (project.appName === undefined || deployment.stage === undefined || flags.endpoint !== undefined)
    return undefined;
  const credentials = await findDeployerCredentials(environment, configuration, flags).catch(
    (error: unknown) => {
      // A profile that only the aws CLI can read is none of ours, unless it was asked for.
      if (flags.profile !== undefined) throw error;
      return undefined;
    },
  );
  if (credentials === undefined) return undefined;
  const { readStackTemplates } = await import("../../../deployment/stacks.ts");
  const send: typeof environment.send = (request) =>
    environment.send({ ...request, timeoutMs: Math.min(request.timeoutMs ?? patienceMs, patienceMs) });
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
  return readDeployedRoutes(templates);
}
