import type { Deployment } from "../../../deployment/deployment.ts";
import { deployCommand } from "../../../deployment/deploy-command.ts";
import type { AuthCliError } from "../../../errors.ts";
import type { DeployedRoute } from "../../../aws/apigatewayv2.ts";
import { allPages } from "../../../aws/control-plane.ts";
import {
  getPolicy,
  getPolicyVersion,
  getRole,
  getRolePolicy,
  listAttachedRolePolicies,
  listRolePolicies,
  type PolicyDocument,
  simulatePrincipalPolicy,
} from "../../../aws/iam.ts";
import { type Attempt, attempt } from "../attempt.ts";
import { fault, type Finding, ok, skipped, warning } from "../finding.ts";
import { type Deployer, lookupFinding } from "./deployer.ts";
import { readVerdict } from "./policy.ts";
import type { DeployedApi } from "./routes.ts";
import { judgeTrust } from "./trust-policy.ts";

/** The role of authenticated users: whether the pool has one, its trust policy, and its permissions. */
export async function examineRole(
  deployer: Deployer,
  deployment: Deployment,
  roles: Attempt<Record<string, string>>,
  api: Attempt<DeployedApi>,
): Promise<Finding[]> {
  if (roles.error !== undefined) return [lookupFinding("role.attached", roles.error)];
  const arn = roles.value["authenticated"];
  if (arn === undefined) {
    return [
      fault("role.attached", "the pool has no role for authenticated users", {
        evidence: ["GetIdentityPoolRoles returns no authenticated role"],
        fix: "deploy the stack with SST's Cognito construct, or attach a role (AWS::Cognito::IdentityPoolRoleAttachment)",
      }),
    ];
  }
  return [
    ok("role.attached", arn),
    ...(await Promise.all([trust(deployer, deployment, arn), permissions(deployer, deployment, arn, api)])),
  ];
}

/** `arn:aws:iam::123456789012:role/path/name` → `name` */
function roleNameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

async function trust({ ask }: Deployer, { identityPoolId }: Deployment, arn: string): Promise<Finding> {
  const name = "role.trust";
  const { value: document, error } = await attempt(() => ask(getRole(roleNameOf(arn))));
  if (error !== undefined) return lookupFinding(name, error);
  if (document === undefined) return skipped(name, "cannot read the trust policy in IAM's answer");
  const problem = judgeTrust(document, identityPoolId);
  if (problem === undefined)
    return ok(name, "the trust policy names this pool (aud) and authenticated users (amr)");
  return fault(name, problem.message, {
    evidence: [problem.evidence],
    fix: "make the trust policy require the pool as `cognito-identity.amazonaws.com:aud` and `authenticated` as `…:amr`, as SST's Cognito construct does, and deploy",
    source: arn,
  });
}

/** Whether the role may call a route. */
interface RouteVerdict {
  routeKey: string;
  allowed: boolean;
  /** A reason why the verdict may be wrong. */
  doubt: string | undefined;
}

async function permissions(
  deployer: Deployer,
  deployment: Deployment,
  arn: string,
  api: Attempt<DeployedApi>,
): Promise<Finding> {
  const name = "role.permissions";
  if (api.error !== undefined)
    return skipped(name, "the role's policy was not checked: the API's routes are unknown");
  const signed = api.value.routes.filter(({ authorizationType }) => authorizationType === "AWS_IAM");
  if (signed.length === 0) return skipped(name, "no route of the API requires AWS_IAM");
  const resources = signed.map((route) => routeArn(route, arn, deployment, api.value.apiId));
  const judged = await judge(deployer, arn, signed, resources);
  if (judged.error !== undefined) return lookupFinding(name, judged.error);
  const { verdicts, by } = judged.value;
  const denied = verdicts.filter(({ allowed, doubt }) => !allowed && doubt === undefined);
  const doubtful = verdicts.filter(({ doubt }) => doubt !== undefined);
  if (denied.length > 0) {
    return fault(name, `the role does not allow execute-api:Invoke on ${list(denied)}`, {
      evidence: denied.map(
        ({ routeKey }) =>
          `denied on ${resources[signed.findIndex((route) => route.routeKey === routeKey)]} (${by})`,
      ),
      fix: `add \`auth.attachPermissionsForAuthUsers(stack, [api])\` to the stack and run ${deployCommand(deployment.stage)}`,
      source: arn,
    });
  }
  if (doubtful.length > 0) {
    return warning(name, `whether the role allows ${list(doubtful)} depends on conditions`, {
      evidence: doubtful.map(({ routeKey, doubt }) => `${routeKey}: ${doubt}`),
      fix: "run `auth-cli smoke` to call the route",
      source: arn,
    });
  }
  return ok(name, `the role allows ${list(verdicts)} (${by})`);
}

function list(verdicts: readonly RouteVerdict[]): string {
  return verdicts.map(({ routeKey }) => routeKey).join(", ");
}

/** The resource that a policy has to allow, with a value for each path parameter. */
function routeArn(
  { routeKey }: DeployedRoute,
  role: string,
  { region, apiEndpoint }: Deployment,
  apiId: string,
): string {
  const [, partition = "aws", , , account = ""] = role.split(":");
  const stage = apiEndpoint.pathname.split("/")[1] || "$default";
  const [method = "", path = ""] = routeKey === "$default" ? ["GET", "/any"] : routeKey.split(" ");
  const called = path.replace(/\{[^}]+\}/g, "any");
  return `arn:${partition}:execute-api:${region}:${account}:${apiId}/${stage}/${method === "ANY" ? "GET" : method}${called}`;
}

/** Uses IAM's simulation, or the text of the policies where the deployer may not simulate. */
async function judge(
  deployer: Deployer,
  arn: string,
  routes: readonly DeployedRoute[],
  resources: readonly string[],
): Promise<Attempt<{ verdicts: RouteVerdict[]; by: string }>> {
  const simulated = await attempt(() =>
    deployer.ask(simulatePrincipalPolicy(arn, "execute-api:Invoke", resources)),
  );
  if (simulated.value !== undefined) {
    const verdicts = routes.map(({ routeKey }, index): RouteVerdict => {
      const result = simulated.value.find(({ resource }) => resource === resources[index]);
      const missing = result?.missingContext ?? [];
      const doubt =
        missing.length === 0 ? undefined : `IAM's simulation lacks a value for ${missing.join(", ")}`;
      return { routeKey, allowed: result?.decision === "allowed", doubt };
    });
    return { value: { verdicts, by: "by IAM's simulation" } };
  }
  const read = await attempt(() => readPolicies(deployer, roleNameOf(arn)));
  if (read.error !== undefined) return { error: chooseError(simulated.error, read.error) };
  const verdicts = routes.map(({ routeKey }, index): RouteVerdict => {
    const { decision, doubtful } = readVerdict(read.value, "execute-api:Invoke", resources[index] ?? "");
    const doubt = doubtful ? "the deciding statement has a condition" : undefined;
    return { routeKey, allowed: decision === "allowed", doubt };
  });
  return { value: { verdicts, by: "by the text of its policies" } };
}

/** With both ways refused, the permission to simulate is the only one that is needed. */
function chooseError(simulation: AuthCliError, reading: AuthCliError): AuthCliError {
  return simulation.code === "aws-permission-missing" ? simulation : reading;
}

async function readPolicies({ ask }: Deployer, roleName: string): Promise<PolicyDocument[]> {
  const inline = async (): Promise<(PolicyDocument | undefined)[]> => {
    const names = await allPages((marker) => ask(listRolePolicies(roleName, marker)));
    return Promise.all(names.map((policyName) => ask(getRolePolicy(roleName, policyName))));
  };
  const managed = async (): Promise<(PolicyDocument | undefined)[]> => {
    const arns = await allPages((marker) => ask(listAttachedRolePolicies(roleName, marker)));
    return Promise.all(arns.map(async (arn) => ask(getPolicyVersion(arn, await ask(getPolicy(arn))))));
  };
  const documents = (await Promise.all([inline(), managed()])).flat();
  return documents.filter((document) => document !== undefined);
}
