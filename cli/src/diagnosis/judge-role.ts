import { regionOfHost } from "../aws/execute-api.ts";
import { roleName } from "../aws/sts.ts";
import { deployCommand } from "../deployment/deploy-command.ts";
import { headerValue } from "../http.ts";
import { errorType } from "./api-reply.ts";
import { describeEvidence, type EvidenceName, routeOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type Observations, statusOf } from "./run-experiments.ts";
import { isSafe, type Subject } from "./subject.ts";

/**
 * Credentials, clock and signature are right, and the route requires them, so the role's policy refuses the request.
 * Undefined where one of these is not shown.
 */
export function judgeRole(subject: Subject, observations: Observations): Diagnosis | undefined {
  const { caller, unsigned, unusedPath } = observations;
  if (caller === undefined || !("accepted" in caller)) return undefined;
  const saysSo = errorType(subject.reply)?.startsWith("AccessDenied") === true;
  const requiresSignature = statusOf(unsigned) === 403 && knowsItsPaths(unusedPath);
  if (!saysSo && !(requiresSignature && isUntouched(subject, observations))) return undefined;

  const evidence = (...names: EvidenceName[]): string[] => describeEvidence(subject, observations, names);
  const role = roleName(caller.accepted) ?? "";
  const owner = roleBelongsTo(role, subject);
  const otherPool = subject.ownIdentityPoolId;
  if (otherPool !== undefined || owner?.own === false) {
    const stage = subject.stage ?? "the deployment";
    return {
      reason: "role-of-another-pool",
      cause:
        owner?.own === false
          ? `the role ${role} belongs to the stage ${owner.stage}, and the API to ${stage}`
          : `${subject.identityPoolId} is not the identity pool of ${stage}, and its role may not call this API`,
      evidence: [
        ...evidence("caller", "unsigned"),
        ...(otherPool === undefined ? [] : [`the outputs of ${stage} name the pool ${otherPool}`]),
      ],
      fix: `leave out --identity-pool-id and --endpoint, and run \`auth-cli login --stage ${subject.stage ?? "<stage>"}\``,
    };
  }
  return {
    reason: "permission-missing",
    cause: `the policy of the role ${role} does not allow execute-api:Invoke on ${routeArn(subject, caller.accepted.account)}`,
    evidence: [
      ...evidence("caller", "refusal"),
      `${routeOf(subject)}, signed with these credentials: HTTP 403`,
      ...evidence("unsigned", "unusedPath", "signedInQuery", "deployed"),
    ],
    fix: `add \`auth.attachPermissionsForAuthUsers(stack, [api])\` to the stack and run ${deployCommand(subject.stage)}`,
  };
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

/**
 * Nothing on the way can have changed the request unseen. A method with effects was not sent again, so only a host of
 * AWS over TLS, or this computer, is proof enough.
 */
function isUntouched(
  { reply, proxy, ownUrl, url, method }: Subject,
  { atOwnEndpoint }: Observations,
): boolean {
  // CloudFront, in front of an edge-optimized API, does not change requests.
  const via = headerValue(reply.headers, "via");
  if (via !== undefined && !/cloudfront/i.test(via)) return false;
  if (proxy !== undefined && url.protocol === "http:") return false;
  if (ownUrl !== undefined && statusOf(atOwnEndpoint) !== 403) return false;
  return isSafe({ method }) || regionOfHost(url) !== undefined || url.protocol === "http:";
}

/** `arn:aws:execute-api:us-east-1:123456789012:abc123/<stage>/GET/private`; `<api>` where the API's id is not known. */
function routeArn({ url, region, method, apiEndpoint }: Subject, account: string): string {
  const apiId = regionOfHost(url) === undefined ? "<api>" : (url.hostname.split(".")[0] ?? "");
  const [stage = ""] = apiEndpoint.pathname.split("/").filter((part) => part !== "");
  const path = stage === "" ? url.pathname : url.pathname.slice(stage.length + 1);
  return `arn:aws:execute-api:${region}:${account}:${apiId}/${stage === "" ? "$default" : stage}/${method}${path}`;
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
