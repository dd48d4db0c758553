import { roleName } from "../aws/sts.ts";
import { isLoopback } from "../loopback.ts";
import { deployCommand } from "../deployment/deploy-command.ts";
import { errorType, gatewayMessage } from "./api-reply.ts";
import { describeEvidence, type EvidenceName, routeOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import { isDirect } from "./is-direct.ts";
import { handlerImitates, logOf } from "./judge-handler.ts";
import { routeArn } from "./route-arn.ts";
import { type Observations, statusOf } from "./run-experiments.ts";
import { isSafe, type Subject } from "./subject.ts";

/** How long a new policy may take to reach every server of AWS. */
export const settlingSeconds = 180;

/**
 * Credentials, clock and signature are right, and the route requires them, so the role's policy refuses the request, or
 * the handler does in API Gateway's words. A REST API says which, and so does IAM where the deployer's credentials are
 * available. Undefined where the rest is not shown.
 */
export function judgeRole(subject: Subject, observations: Observations): Diagnosis | undefined {
  const { caller, unsigned, unusedPath, deployed } = observations;
  if (caller === undefined || !("accepted" in caller)) return undefined;
  // A Lambda authorizer and a resource policy refuse with the same type, and other words.
  const saysSo =
    errorType(subject.reply)?.startsWith("AccessDenied") === true &&
    /is not authorized to perform: execute-api:Invoke/.test(gatewayMessage(subject.reply) ?? "") &&
    !/explicit deny|resource-based/.test(gatewayMessage(subject.reply) ?? "");
  const requiresSignature =
    deployed?.route?.authorizationType === "AWS_IAM" ||
    (statusOf(unsigned) === 403 && knowsItsPaths(unusedPath));
  // A method with effects is not sent unsigned.
  const mayRequireSignature = requiresSignature || (unsigned === undefined && !isSafe(subject));
  if (!saysSo && !(mayRequireSignature && isDirect(subject, observations))) return undefined;

  const evidence = (...names: EvidenceName[]): string[] => describeEvidence(subject, observations, names);
  const role = roleName(caller.accepted) ?? "";
  const owner = roleBelongsTo(role, subject);
  const otherPool = subject.ownIdentityPoolId;
  const denied = saysSo || deployed?.allowed === false;
  const route = routeOf(subject);
  if (!denied && deployed?.allowed === true && !isSettling(subject)) {
    return handlerImitates(subject, evidence("caller", "deployedRoute", "unsigned", "unusedPath"));
  }
  if ((saysSo || requiresSignature) && (otherPool !== undefined || owner?.own === false)) {
    const stage = subject.stage ?? "the deployment";
    const other =
      owner?.own === false
        ? `the role ${role} belongs to the stage ${owner.stage}, and the API to ${stage}`
        : `${subject.identityPoolId} is not the identity pool of ${stage}, and its role may not call this API`;
    return {
      reason: denied ? "role-of-another-pool" : "undetermined",
      cause: denied ? other : `${other}; or the handler behind ${route} answers in API Gateway's own words`,
      evidence: [
        ...evidence("caller", "unsigned"),
        ...(otherPool === undefined ? [] : [`the outputs of ${stage} name the pool ${otherPool}`]),
      ],
      fix: `leave out --identity-pool-id and --endpoint, and run \`auth-cli login --stage ${subject.stage ?? "<stage>"}\``,
    };
  }
  const notAllowed = `the policy of the role ${role} does not allow execute-api:Invoke on ${routeArn(subject, caller.accepted)}`;
  const shown = [
    ...evidence("caller", "refusal", "deployedRoute"),
    `${route}, signed with these credentials: HTTP 403`,
    ...evidence("unsigned", "unusedPath", "signedInQuery", "deployAge"),
  ];
  const allow = `add \`auth.attachPermissionsForAuthUsers(stack, [api])\` to the stack and run ${deployCommand(subject.stage)}`;
  if (denied) return { reason: "permission-missing", cause: notAllowed, evidence: shown, fix: allow };
  if (deployed?.allowed === true) {
    return {
      reason: "undetermined",
      cause: `the role's policy allows ${route}, but is still propagating, or the handler answers in API Gateway's own words`,
      evidence: shown,
      fix: `wait a minute and run the command again, then read the handler's log: ${logOf(subject)}`,
    };
  }
  return {
    reason: "undetermined",
    cause: `${notAllowed}${deployed?.route === undefined ? ", another authorizer refuses the request" : ""}, or the handler behind ${route} answers in API Gateway's own words`,
    evidence: shown,
    fix: `run \`auth-cli doctor --deep\` with the deployer's AWS credentials, which reads the policy; then ${allow}, or read the handler's log: ${logOf(subject)}`,
  };
}

/**
 * Just after a deploy, a policy may not be in force yet, and the deploy may have been elsewhere. On the local cloud it
 * applies at once.
 */
function isSettling({ url, deployedSecondsAgo }: Subject): boolean {
  return isRemote(url) && (deployedSecondsAgo ?? 0) <= settlingSeconds;
}

/** Not the local cloud. */
export function isRemote({ protocol, hostname }: URL): boolean {
  return protocol === "https:" && !isLoopback(hostname);
}

/**
 * An API answers 404 to an unused path, or 403 where a catch-all route requires AWS_IAM. Another 403 comes from an API
 * that refuses every path, for example one whose domain is not mapped.
 */
function knowsItsPaths(unusedPath: Observations["unusedPath"]): boolean {
  if (unusedPath === undefined || !("reply" in unusedPath)) return false;
  const { reply } = unusedPath;
  const type = errorType(reply);
  return reply.status !== 403 || type === undefined || type === "MissingAuthenticationTokenException";
}

/** CloudFormation names a role `<stack>-<logical id>-<random>` and keeps at least this much of the stack's name. */
const keptOfStackName = 24;

/** The stage in a role's name, and whether it is this one. Undefined where the name does not say, for example one set by hand. */
export function roleBelongsTo(
  role: string,
  { stage, appName }: { stage: string | undefined; appName: string | undefined },
): { own: boolean; stage: string } | undefined {
  if (stage === undefined || appName === undefined) return undefined;
  // SST names a stack `<stage>-<app>-<Stack>`.
  const own = `${stage}-${appName}-`.slice(0, keptOfStackName);
  if (role.startsWith(own)) return { own: true, stage };
  const end = role.indexOf(`-${appName}-`);
  return end > 0 ? { own: false, stage: role.slice(0, end) } : undefined;
}
