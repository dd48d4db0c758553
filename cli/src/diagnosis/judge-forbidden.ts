import { deployCommand } from "../deployment/deploy-command.ts";
import { isClockRefusal } from "../aws/sts.ts";
import { errorType, gatewayMessage, reachedHandler } from "./api-reply.ts";
import type { Reason } from "../reasons.ts";
import { describeEvidence, type EvidenceName, routeOf } from "./evidence.ts";
import type { ExperimentName } from "./experiments.ts";
import { isDirect } from "./is-direct.ts";
import { handlerImitates, logOf } from "./judge-handler.ts";
import { judgeMissing, judgeStagePath, propagating } from "./judge-missing.ts";
import { judgeAppSync, judgeFunctionUrl, judgeService } from "./judge-own-words.ts";
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

/** `Forbidden` in API Gateway's words. The first judge with an answer wins. */
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
    // The same request is accepted now, so no part of it is wrong.
    (facts.accepted("again") ? propagating(facts.evidence) : undefined) ??
    // Without AWS_IAM on the route, neither the signature nor the role matters.
    judgeAuthorizer(facts) ??
    // On a path that the API does not have, no other part of the request matters.
    judgeStagePath(subject, observations) ??
    // Names the part that is changed, which judgeProxy does not.
    judgePart(facts) ??
    // A signature for another service, region or host is refused with the words for wrong credentials.
    judgeService(subject, observations, facts.accepted("forOtherService")) ??
    judgeRegion(facts) ??
    judgeEndpoint(facts) ??
    // The request that was accepted differs only in the proxy.
    judgeProxy(facts) ??
    // No experiment was accepted: all were signed with the same credentials.
    judgeCredentials(facts) ??
    // These services have words of their own for what the role may not do.
    judgeFunctionUrl(subject, observations) ??
    judgeAppSync(subject, observations) ??
    // The role's policy matters only for a route that exists.
    judgeRoute(facts) ??
    // Credentials, clock and signature are right. The role's policy and the handler are left.
    judgeRole(subject, observations) ??
    undetermined(facts)
  );
}

/** The route has no AWS_IAM authorizer, so neither the signature nor the role's policy matters. */
function judgeAuthorizer({ subject, observations, evidence }: Case): Diagnosis | undefined {
  const authorizer = observations.deployed?.route?.authorizationType;
  if (authorizer === undefined || authorizer === "AWS_IAM" || !isDirect(subject, observations))
    return undefined;
  const shown = evidence("deployedRoute", "unsigned", "unusedPath");
  if (authorizer === "NONE") return handlerImitates(subject, shown);
  const route = routeOf(subject);
  return {
    reason: "undetermined",
    cause: `the authorizer ${authorizer} of ${route} refuses the request, or the handler answers in API Gateway's own words`,
    evidence: shown,
    fix: `set \`authorizer: "iam"\` on the route in the stack and run ${deployCommand(subject.stage)}, or read the handler's log: ${logOf(subject)}`,
  };
}

/** One part of the request. Without it, the request was accepted. */
interface Part {
  experiment: ExperimentName;
  reason: Reason;
  /** Part of the cause: how something on the way changes it. */
  change: string;
  /** As the handler sees it. */
  part: string;
  fix: (culprit: string) => string;
  /** Experiments that rule out other parts that this one leaves out. One without an answer leaves it to the next. */
  rulesOut?: readonly ExperimentName[];
}

const parts: readonly Part[] = [
  {
    experiment: "withoutQuery",
    reason: "query-rewritten",
    change: "changes the query string after it is signed",
    part: "this query string",
    fix: (culprit) => `configure ${culprit} to forward the query string unchanged, or bypass it`,
  },
  {
    experiment: "withoutHeaders",
    reason: "headers-rewritten",
    change: "changes one of your headers, or the body, after it is signed",
    part: "these headers or this body",
    fix: (culprit) =>
      `configure ${culprit} to forward headers and body unchanged, or drop the header with -H 'Name:'`,
  },
  {
    experiment: "tokenInQuery",
    reason: "session-token-dropped",
    change: "drops or changes the header X-Amz-Security-Token",
    part: "the header X-Amz-Security-Token",
    fix: (culprit) => `configure ${culprit} to forward X-Amz-Security-Token, or bypass it`,
  },
  {
    experiment: "signedInQuery",
    rulesOut: ["withoutHeaders", "tokenInQuery"],
    reason: "headers-rewritten",
    change: "drops or changes the header Authorization or X-Amz-Date",
    part: "the header Authorization",
    fix: forwardSignature,
  },
  {
    experiment: "signedInQuery",
    reason: "headers-rewritten",
    change: "drops or changes headers, or the body, after they are signed",
    part: "these headers or this body",
    fix: forwardSignature,
  },
];

function forwardSignature(culprit: string): string {
  return `configure ${culprit} to forward Authorization and the X-Amz-* headers, or bypass it`;
}

/**
 * The request was accepted without one part. Something on the way changes that part, or the handler refuses it. Only a
 * request that takes another way, or one that nothing can change, shows which.
 */
function judgePart(facts: Case): Diagnosis | undefined {
  const { subject, observations, accepted, evidence } = facts;
  const isUnanswered = (name: ExperimentName): boolean => "failure" in (observations[name] ?? {});
  const found = parts.find(
    ({ experiment, rulesOut = [] }) => accepted(experiment) && !rulesOut.some(isUnanswered),
  );
  if (found === undefined) return undefined;
  const { experiment, reason, change, part, fix } = found;
  const shown = evidence(
    "caller",
    experiment,
    "pastProxy",
    "atOwnEndpoint",
    "forOwnHost",
    "deployedRoute",
    "networkPath",
  );
  const route = routeOf(subject);
  const culprit =
    subject.proxy === undefined
      ? `the server in front of the API at ${subject.url.host}`
      : `the proxy ${subject.proxy}`;
  const changed = `something between this computer and the API ${change}`;
  // A proxy that reads TLS could change the request.
  const isPastProxy = subject.proxy === undefined || statusOf(observations.pastProxy) === 403;
  const direct = isPastProxy && isDirect(subject, observations);
  // If the request went to an API's own address, the endpoint in the outputs is another API. Its answer shows nothing here.
  if (accepted("pastProxy") || (!direct && accepted("atOwnEndpoint"))) {
    return { reason, cause: changed, evidence: shown, fix: fix(culprit) };
  }
  const readLog = `read the handler's log: ${logOf(subject)}`;
  if (direct) {
    return {
      reason: "handler-refused",
      cause: `the handler behind ${route} refuses ${part}: API Gateway accepts the request without it, and nothing on the way changes it`,
      evidence: shown,
      fix: readLog,
    };
  }
  return {
    reason: "undetermined",
    cause: `${changed}, or the handler behind ${route} refuses ${part}`,
    evidence: shown,
    fix: `${readLog}; if it has no entry for this request, ${fix(culprit)}`,
  };
}

function judgeRegion({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  const { hostRegion, otherRegion, region, url } = subject;
  const right = accepted("forOtherRegion") ? otherRegion : hostRegion;
  const isSaid = /scoped to a valid region/.test(gatewayMessage(subject.reply) ?? "");
  if (right === undefined && isSaid) {
    return {
      reason: "region-wrong",
      cause: `the request is signed for ${region}, and the API is in another region`,
      evidence: evidence("refusal", "caller"),
      fix: "use `--region` with the API's region",
    };
  }
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
      evidence: evidence("forOwnHost", "atOwnEndpoint", "networkPath"),
      fix: `leave out --endpoint, configure ${url.host} to forward the Host header, or map it as a custom domain of the API`,
    };
  }
  // Without an answer to this experiment, either could be the cause.
  if (!accepted("atOwnEndpoint") || statusOf(observations.forOwnHost) === undefined) return undefined;
  return {
    reason: "endpoint-of-another-stage",
    cause: `${url.host} is not the API in the stack outputs, which accepts the same request`,
    evidence: evidence("atOwnEndpoint", "forOwnHost", "unsigned", "networkPath"),
    fix: `leave out --endpoint, or select the stage of ${url.host} with --stage`,
  };
}

function judgeProxy({ subject, accepted, evidence }: Case): Diagnosis | undefined {
  if (subject.proxy === undefined || !accepted("pastProxy")) return undefined;
  return {
    reason: "proxy-interferes",
    cause: `the proxy ${subject.proxy} changes the request`,
    evidence: evidence("pastProxy", "caller", "networkPath"),
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
  if (isClockRefusal(answer) && subject.isTimeCorrected) {
    return {
      reason: "undetermined",
      cause: "AWS refuses the time of the signature, which two services gave in their Date headers",
      evidence: shown,
      fix: "check the clock of this computer, and the proxies on the way: one may change the Date header",
    };
  }
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
    // STS answers IncompleteSignature to a request that lacks a signed header. It has not compared the key.
    const own = caller !== undefined && "refused" in caller && !answer.code.startsWith("Incomplete");
    const secretWrong = "the secret access key does not belong to the access key id";
    if (own && caller.isOnOtherWay) {
      return {
        reason: "undetermined",
        cause: `${secretWrong}, or something between this computer and STS changes the request after it is signed`,
        evidence: [...shown, ...evidence("signedInQuery", "pastProxy", "networkPath")],
        fix: "run `auth-cli login --force` to get new credentials; if that does not help, check the server at AWS_ENDPOINT_URL",
      };
    }
    return {
      reason: "signature-mismatch",
      cause: own
        ? secretWrong
        : "something between this computer and AWS changes the request after it is signed",
      evidence: [...shown, ...evidence("signedInQuery", "pastProxy", "networkPath")],
      fix: own
        ? "run `auth-cli login --force` to get new credentials"
        : `check the server in front of the API at ${subject.url.host}; --trace shows the signed request`,
    };
  }
  return undefined;
}

/** A REST API gives this answer to a signed request for a missing route. */
function judgeRoute({ subject, observations }: Case): Diagnosis | undefined {
  return errorType(subject.reply) === "MissingAuthenticationTokenException"
    ? judgeMissing(subject, observations)
    : undefined;
}

function undetermined({ subject, evidence, observations }: Case): Diagnosis {
  const { caller } = observations;
  const accepted = caller !== undefined && "accepted" in caller;
  const proxies = evidence("networkPath").length === 0 ? "" : "; check the proxies on the way";
  return {
    reason: "undetermined",
    cause: accepted
      ? "the credentials, the clock and the signature are right; auth-cli cannot tell whether the role's policy, the handler, the API or a proxy refuses the request"
      : "auth-cli cannot tell whether the signature, the role's policy, the handler, the API or a proxy is the cause",
    evidence: describeEvidence(subject, observations),
    fix: `check that ${subject.url.origin} is this stage's API, then run \`auth-cli doctor --deep\` with the deployer's AWS credentials to check its routes and the role's policy${proxies}`,
  };
}
