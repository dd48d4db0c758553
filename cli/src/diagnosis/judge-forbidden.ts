import { isClockRefusal } from "../aws/sts.ts";
import { errorType, gatewayMessage, reachedHandler } from "./api-reply.ts";
import { describeEvidence, type EvidenceName } from "./evidence.ts";
import type { ExperimentName } from "./experiments.ts";
import { judgeMissing, judgeStagePath } from "./judge-missing.ts";
import { judgeRole } from "./judge-role.ts";
import type { Diagnosis } from "./refused-call.ts";
import { type Observations, statusOf } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** What the judges of a 403 share. */
interface Case {
  subject: Subject;
  observations: Observations;
  /** Whether the request of this experiment reached the handler. */
  accepted: (name: ExperimentName) => boolean;
  evidence: (...names: EvidenceName[]) => string[];
}

/**
 * API Gateway's `Forbidden`. An experiment that was accepted comes first, then STS's answer to the same credentials.
 * With credentials, clock and signature shown to be right, only the role's policy is left.
 */
export function judgeForbidden(subject: Subject, observations: Observations): Diagnosis {
  const facts: Case = {
    subject,
    observations,
    accepted(name) {
      const outcome = observations[name];
      return outcome !== undefined && "reply" in outcome && reachedHandler(outcome.reply);
    },
    evidence: (...names) => describeEvidence(subject, observations, names),
  };
  return (
    judgeTime(facts) ??
    judgeStagePath(subject, observations) ??
    judgeRewriting(facts) ??
    judgeRegion(facts) ??
    judgeEndpoint(facts) ??
    judgeProxy(facts) ??
    judgeCredentials(facts) ??
    judgeRoute(facts) ??
    judgeRole(subject, observations) ??
    undetermined(facts)
  );
}

/** The same request was accepted a moment later. */
function judgeTime({ accepted, evidence }: Case): Diagnosis | undefined {
  if (!accepted("again")) return undefined;
  return {
    reason: "propagating",
    cause:
      "the same request was accepted a moment later: a change to the API or its policy is still propagating",
    evidence: evidence("again", "deployed"),
    fix: "wait a minute after a deploy, then run the command again",
  };
}

/** The request was accepted without one part, so that part changes on the way. */
function judgeRewriting({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  const culprit =
    subject.proxy === undefined
      ? `the server in front of the API at ${subject.url.host}`
      : `the proxy ${subject.proxy}`;
  if (accepted("withoutQuery")) {
    return {
      reason: "query-rewritten",
      cause: "something between this computer and the API changes the query string after it is signed",
      evidence: evidence("caller", "withoutQuery", "pastProxy", "way"),
      fix: `configure ${culprit} to forward the query string unchanged, or bypass it`,
    };
  }
  if (accepted("withoutHeaders")) {
    return {
      reason: "headers-rewritten",
      cause:
        "something between this computer and the API changes one of your headers, or the body, after it is signed",
      evidence: evidence("caller", "withoutHeaders", "pastProxy", "way"),
      fix: `configure ${culprit} to forward headers and body unchanged, or drop the header with -H 'Name:'`,
    };
  }
  if (accepted("tokenInQuery")) {
    return {
      reason: "session-token-dropped",
      cause: "something between this computer and the API drops or changes the header X-Amz-Security-Token",
      evidence: evidence("caller", "tokenInQuery", "pastProxy", "way"),
      fix: `configure ${culprit} to forward X-Amz-Security-Token, or bypass it`,
    };
  }
  if (accepted("signedInQuery")) {
    return {
      reason: "headers-rewritten",
      cause:
        "something between this computer and the API drops or changes the header Authorization or X-Amz-Date",
      evidence: evidence("caller", "signedInQuery", "tokenInQuery", "pastProxy", "way"),
      fix: `configure ${culprit} to forward Authorization and the X-Amz-* headers, or bypass it`,
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
    cause: `the request is signed for ${region}, but the API is in ${right}`,
    evidence: [
      ...(hostRegion === undefined ? [] : [`the host name ${url.host} is of the region ${hostRegion}`]),
      ...evidence("forOtherRegion", "caller"),
    ],
    fix: `use \`--region ${right}\``,
  };
}

/** The endpoint is not the one in the stack outputs, and that one accepts the request. */
function judgeEndpoint({ subject, observations, accepted, evidence }: Case): Diagnosis | undefined {
  const { ownUrl, url } = subject;
  if (ownUrl === undefined) return undefined;
  if (accepted("forOwnHost")) {
    return {
      reason: "host-rewritten",
      cause: `${url.host} forwards requests with the Host header ${ownUrl.host}, but the signature is for ${url.host}`,
      evidence: evidence("forOwnHost", "atOwnEndpoint", "way"),
      fix: `leave out --endpoint, configure ${url.host} to forward the Host header, or map it as a custom domain of the API`,
    };
  }
  // Without an answer to this experiment, either could be the cause.
  if (!accepted("atOwnEndpoint") || statusOf(observations.forOwnHost) === undefined) return undefined;
  return {
    reason: "endpoint-of-another-stage",
    cause: `${url.host} is not the API in the stack outputs, and the role may not call it`,
    evidence: evidence("atOwnEndpoint", "forOwnHost", "unsigned", "way"),
    fix: `leave out --endpoint, or select the stage of ${url.host} with --stage`,
  };
}

function judgeProxy({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  if (subject.proxy === undefined || !accepted("pastProxy")) return undefined;
  return {
    reason: "proxy-interferes",
    cause: `the proxy ${subject.proxy} changes the request`,
    evidence: evidence("pastProxy", "caller", "way"),
    fix: `bypass the proxy: \`export NO_PROXY=${subject.url.hostname}\``,
  };
}

/** STS's answer to the same credentials, or a REST API's own words. */
function judgeCredentials({ subject, observations, evidence }: Case): Diagnosis | undefined {
  const { caller } = observations;
  const answer =
    caller !== undefined && "refused" in caller
      ? caller.refused
      : { code: errorType(subject.reply) ?? "", message: gatewayMessage(subject.reply) ?? "" };
  const shown = evidence("caller", "refusal", "skew");
  if (isClockRefusal(answer)) {
    return {
      reason: "clock-wrong",
      cause: "this computer's clock is more than five minutes off, so AWS rejects its signatures",
      evidence: shown,
      fix: "set the clock of this computer (on Linux: `sudo timedatectl set-ntp true`)",
    };
  }
  if (answer.code.startsWith("ExpiredToken")) {
    return {
      reason: "credentials-expired",
      cause: "the AWS credentials of this login have expired",
      evidence: [...shown, `they were to expire at ${subject.credentials.expiration}`],
      fix: "run `auth-cli login --force` to get new ones, and check this computer's clock",
    };
  }
  if (/^(InvalidClientTokenId|UnrecognizedClient)/.test(answer.code)) {
    return {
      reason: "credentials-unknown",
      cause:
        "AWS does not know the AWS credentials of this login: they come from another cloud, or were revoked",
      evidence: shown,
      fix: "run `auth-cli login --force` to get new ones, and check AWS_ENDPOINT_URL",
    };
  }
  if (/^(SignatureDoesNotMatch|InvalidSignature|IncompleteSignature)/.test(answer.code)) {
    const own = caller !== undefined && "refused" in caller;
    return {
      reason: "signature-mismatch",
      cause: own
        ? "the secret access key does not belong to the access key id"
        : "something between this computer and the API changes the request after it is signed",
      evidence: [...shown, ...evidence("signedInQuery", "pastProxy", "way")],
      fix: own
        ? "run `auth-cli login --force` to get new credentials"
        : `check the server in front of the API at ${subject.url.host}; --trace shows the signed request`,
    };
  }
  return undefined;
}

/** A REST API answers so to a signed request for a route that it does not have. */
function judgeRoute({ subject, observations }: Case): Diagnosis | undefined {
  return errorType(subject.reply) === "MissingAuthenticationTokenException"
    ? judgeMissing(subject, observations)
    : undefined;
}

function undetermined({ subject, evidence, observations }: Case): Diagnosis {
  const { caller } = observations;
  const accepted = caller !== undefined && "accepted" in caller;
  const proxies = evidence("way").length === 0 ? "" : "; check the proxies on the way";
  return {
    reason: "undetermined",
    cause: accepted
      ? "the credentials, the clock and the signature are right; auth-cli cannot tell whether the role's policy, the API or a proxy refuses the request"
      : "auth-cli cannot tell whether the signature, the role's policy, the API or a proxy is the cause",
    evidence: describeEvidence(subject, observations),
    fix: `check that ${subject.url.origin} is this stage's API, then run \`auth-cli doctor --deep\` with the deployer's AWS credentials to check its routes and the role's policy${proxies}`,
  };
}
