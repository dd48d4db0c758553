import { headerValue } from "../http.ts";
import { isClockRefusal, roleName } from "../aws/sts.ts";
import { errorType, gatewayMessage, reachedHandler } from "./api-reply.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type EvidenceName, routeOf, tell } from "./evidence.ts";
import { statusOf } from "./experiments.ts";
import type { ExperimentName, Observations } from "./run-experiments.ts";
import { judgeMissing, judgeStagePath } from "./judge-missing.ts";
import { roleBelongsTo } from "./judge-role.ts";
import { isSafe, regionOfHost, type Subject } from "./subject.ts";

/** What the judges of a 403 share. */
interface Case {
  subject: Subject;
  observations: Observations;
  /** Whether the request, changed so, came through to its handler. */
  accepted: (name: ExperimentName) => boolean;
  evidence: (...names: EvidenceName[]) => string[];
}

/**
 * API Gateway's `Forbidden`. First what an experiment has shown by being accepted, then what STS says of the keys,
 * then, with keys, clock and signature shown to be right, the policy.
 */
export function judgeForbidden(subject: Subject, observations: Observations): Diagnosis {
  const facts: Case = {
    subject,
    observations,
    accepted(name) {
      const outcome = observations[name];
      return outcome !== undefined && "reply" in outcome && reachedHandler(outcome.reply);
    },
    evidence: (...names) => tell(subject, observations, names),
  };
  return (
    judgeTime(facts) ??
    judgeStagePath(subject, observations) ??
    judgeRewriting(facts) ??
    judgeRegion(facts) ??
    judgeEndpoint(facts) ??
    judgeProxy(facts) ??
    judgeKeys(facts) ??
    judgeRoute(facts) ??
    judgePolicy(facts) ??
    undetermined(facts)
  );
}

/** A moment later it was accepted. */
function judgeTime({ accepted, evidence }: Case): Diagnosis | undefined {
  if (!accepted("again")) return undefined;
  return {
    reason: "propagating",
    cause:
      "a change to the API or to its policy was not in force everywhere yet: the same request was accepted a moment later",
    evidence: evidence("again", "deployed"),
    fix: "run the command again; after a deploy, wait a minute",
  };
}

/** With a part less it was accepted: that part does not arrive as it was signed. */
function judgeRewriting({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  const where =
    subject.proxy === undefined
      ? `what stands before the API at ${subject.url.host}`
      : `the proxy ${subject.proxy}`;
  if (accepted("withoutQuery")) {
    return {
      reason: "query-rewritten",
      cause: "the query does not arrive as it was signed: something on the way rewrites it",
      evidence: evidence("caller", "withoutQuery", "pastProxy", "way"),
      fix: `let ${where} pass the query on byte for byte, or reach the API without it`,
    };
  }
  if (accepted("withoutHeaders")) {
    return {
      reason: "headers-rewritten",
      cause:
        "one of your headers, or the body, does not arrive as it was signed: something on the way rewrites it",
      evidence: evidence("caller", "withoutHeaders", "pastProxy", "way"),
      fix: `let ${where} pass it on as it is, or leave the header out (-H 'Name:')`,
    };
  }
  if (accepted("tokenInQuery")) {
    return {
      reason: "session-token-dropped",
      cause: "the header X-Amz-Security-Token does not arrive: something on the way drops or changes it",
      evidence: evidence("caller", "tokenInQuery", "pastProxy", "way"),
      fix: `let ${where} pass X-Amz-Security-Token on, or reach the API without it`,
    };
  }
  if (accepted("signedInQuery")) {
    return {
      reason: "headers-rewritten",
      cause:
        "Authorization or X-Amz-Date do not arrive as they were sent: something on the way drops or changes them",
      evidence: evidence("caller", "signedInQuery", "tokenInQuery", "pastProxy", "way"),
      fix: `let ${where} pass Authorization and the X-Amz- headers on, or reach the API without it`,
    };
  }
  return undefined;
}

function judgeRegion({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  const { hostRegion, otherRegion, region, url } = subject;
  const right = accepted("forOtherRegion") ? otherRegion : hostRegion;
  if (right === undefined || right === region) return undefined;
  return {
    reason: "region-wrong",
    cause: `the request was signed for ${region}, the API is in ${right}`,
    evidence: [
      ...(hostRegion === undefined ? [] : [`the host ${url.host} is in ${hostRegion}`]),
      ...evidence("forOtherRegion", "caller"),
    ],
    fix: `use --region ${right}`,
  };
}

/** The endpoint is another than the deployment's own, and that one accepts. */
function judgeEndpoint({ subject, observations, accepted, evidence }: Case): Diagnosis | undefined {
  const { ownUrl, url } = subject;
  if (ownUrl === undefined) return undefined;
  if (accepted("forOwnHost")) {
    return {
      reason: "host-rewritten",
      cause: `${url.host} passes requests on to ${ownUrl.host} under that name, and the signature is for ${url.host}`,
      evidence: evidence("forOwnHost", "atOwnEndpoint", "way"),
      fix: `let ${url.host} pass the Host header on, map it as a custom domain of the API, or leave out --endpoint`,
    };
  }
  // Without an answer here it could be either.
  if (!accepted("atOwnEndpoint") || statusOf(observations.forOwnHost) === undefined) return undefined;
  return {
    reason: "endpoint-of-another-stage",
    cause: `${url.host} is another API than the deployment's, and the role may not call it`,
    evidence: evidence("atOwnEndpoint", "forOwnHost", "unsigned", "way"),
    fix: `leave out --endpoint, or choose the stage of ${url.host} with --stage`,
  };
}

function judgeProxy({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  if (subject.proxy === undefined || !accepted("pastProxy")) return undefined;
  return {
    reason: "proxy-interferes",
    cause: `the proxy ${subject.proxy} changes the request on the way`,
    evidence: evidence("pastProxy", "caller", "way"),
    fix: `reach the API past the proxy: NO_PROXY=${subject.url.hostname}`,
  };
}

/** What STS says of the keys, or a REST API in its own words. */
function judgeKeys({ subject, observations, evidence }: Case): Diagnosis | undefined {
  const { caller } = observations;
  const said =
    caller !== undefined && "refused" in caller
      ? caller.refused
      : { code: errorType(subject.reply) ?? "", message: gatewayMessage(subject.reply) ?? "" };
  const shown = evidence("caller", "refusal", "skew");
  if (isClockRefusal(said)) {
    return {
      reason: "clock-wrong",
      cause: "this computer's clock is more than five minutes off: AWS refuses signatures of another time",
      evidence: shown,
      fix: "set the clock of this computer (on Linux: `timedatectl set-ntp true`)",
    };
  }
  if (said.code.startsWith("ExpiredToken")) {
    return {
      reason: "credentials-expired",
      cause: "the AWS credentials of this login have expired",
      evidence: [...shown, `they were to be good until ${subject.credentials.expiration}`],
      fix: "run `auth-cli login --force`, which gets new ones; check this computer's clock",
    };
  }
  if (/^(InvalidClientTokenId|UnrecognizedClient)/.test(said.code)) {
    return {
      reason: "credentials-unknown",
      cause:
        "AWS does not know the AWS credentials of this login: they are of another cloud, or were revoked",
      evidence: shown,
      fix: "run `auth-cli login --force`, which gets new ones; check AWS_ENDPOINT_URL",
    };
  }
  if (/^(SignatureDoesNotMatch|InvalidSignature|IncompleteSignature)/.test(said.code)) {
    const own = caller !== undefined && "refused" in caller;
    return {
      reason: "signature-mismatch",
      cause: own
        ? "the secret access key at hand is not the one of its access key id"
        : "the request does not arrive as it was signed, though the keys are right",
      evidence: [...shown, ...evidence("signedInQuery", "pastProxy", "way")],
      fix: own
        ? "run `auth-cli login --force`, which gets new credentials"
        : `look at what stands before the API at ${subject.url.host}; \`--trace\` shows what was signed`,
    };
  }
  return undefined;
}

/** What a REST API says to a signed request for a route that it does not have. */
function judgeRoute({ subject, observations }: Case): Diagnosis | undefined {
  return errorType(subject.reply) === "MissingAuthenticationTokenException"
    ? judgeMissing(subject, observations)
    : undefined;
}

/** Keys, clock and signature are right, and the route wants them: the role's policy is what is left. */
function judgePolicy({ subject, observations, evidence }: Case): Diagnosis | undefined {
  const { caller, unsigned, unusedPath } = observations;
  if (caller === undefined || !("accepted" in caller)) return undefined;
  const saidSo = errorType(subject.reply)?.startsWith("AccessDenied") === true;
  const wantsSignature = statusOf(unsigned) === 403 && knowsItsPaths(unusedPath);
  if (!saidSo && !(wantsSignature && isUntouched(subject, observations))) return undefined;
  const role = roleName(caller.accepted);
  const route = routeOf(subject);
  const whose = role === undefined ? undefined : roleBelongsTo(role, subject);
  const otherPool = subject.ownIdentityPoolId;
  if (otherPool !== undefined || whose?.own === false) {
    const stage = subject.stage ?? "the deployment";
    return {
      reason: "role-of-another-pool",
      cause:
        whose?.own === false
          ? `the role ${role ?? ""} is of the stage ${whose.stage}, the API of ${stage}`
          : `the identity pool ${subject.identityPoolId} is not the one of ${stage}, and its role may not call this API`,
      evidence: [
        ...evidence("caller", "unsigned"),
        ...(otherPool === undefined ? [] : [`the outputs of ${stage} name the pool ${otherPool}`]),
      ],
      fix: `leave out --identity-pool-id and --endpoint, and log in to the stage: \`auth-cli login --stage ${subject.stage ?? "<stage>"}\``,
    };
  }
  return {
    reason: "permission-missing",
    cause: `the policy of the role ${role ?? ""} does not allow execute-api:Invoke on ${routeArn(subject, caller.accepted.account)}`,
    evidence: [
      ...evidence("caller", "refusal"),
      `${route}, signed with them: HTTP 403`,
      ...evidence("unsigned", "unusedPath", "signedInQuery", "deployed"),
    ],
    fix: "allow it in the stack and deploy: `auth.attachPermissionsForAuthUsers(stack, [api])`",
  };
}

/**
 * A path that no route has is missing, or is behind AWS_IAM as all of a catch-all route's are. Refused in other words it
 * shows an API that is shut to everything, as by a missing mapping of its domain.
 */
function knowsItsPaths(unusedPath: Observations["unusedPath"]): boolean {
  if (unusedPath === undefined || !("reply" in unusedPath)) return false;
  const { reply } = unusedPath;
  const type = errorType(reply);
  return reply.status !== 403 || type === undefined || type === "MissingAuthenticationTokenException";
}

/**
 * Nothing on the way can have changed the request unseen. For a method with effects, which the experiments did not
 * send, only a host of AWS's own over TLS, or this computer, is good enough.
 */
function isUntouched(
  { reply, proxy, ownUrl, url, method }: Subject,
  { atOwnEndpoint }: Observations,
): boolean {
  // An edge-optimized API is behind CloudFront, which knows how to leave a request alone.
  const via = headerValue(reply.headers, "via");
  if (via !== undefined && !/cloudfront/i.test(via)) return false;
  if (proxy !== undefined && url.protocol === "http:") return false;
  if (ownUrl !== undefined && statusOf(atOwnEndpoint) !== 403) return false;
  return isSafe({ method }) || regionOfHost(url) !== undefined || url.protocol === "http:";
}

/** `arn:aws:execute-api:us-east-1:123456789012:abc123/<stage>/GET/private`, as far as it is known from here. */
function routeArn({ url, region, method, apiEndpoint }: Subject, account: string): string {
  const apiId = regionOfHost(url) === undefined ? "<api>" : (url.hostname.split(".")[0] ?? "");
  const [stage = ""] = apiEndpoint.pathname.split("/").filter((part) => part !== "");
  const path = stage === "" ? url.pathname : url.pathname.slice(stage.length + 1);
  return `arn:aws:execute-api:${region}:${account}:${apiId}/${stage === "" ? "$default" : stage}/${method}${path}`;
}

function undetermined({ subject, evidence, observations }: Case): Diagnosis {
  const { caller } = observations;
  const keysAreRight = caller !== undefined && "accepted" in caller;
  return {
    reason: "undetermined",
    cause: keysAreRight
      ? "the keys, the clock and the signature are right; whether the role's policy, the API, or something on the way refuses cannot be told from here"
      : "whether the signature, the role's policy, the API, or something on the way is to blame cannot be told from here",
    evidence: tell(subject, observations),
    fix: `check that ${subject.url.origin} is the deployment's API and that the role may call it: \`auth.attachPermissionsForAuthUsers(stack, [api])\`; \`auth-cli doctor --deep\`, with the deployer's AWS credentials, looks at both${evidence("way").length === 0 ? "" : "; look at the proxies on the way"}`,
  };
}
