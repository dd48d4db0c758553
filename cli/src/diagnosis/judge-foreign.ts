import { type ApiReply, isFromApi } from "./api-reply.ts";
import { describeEvidence, gatewayOf } from "./evidence.ts";
import type { Diagnosis } from "./refused-call.ts";
import type { Observations, Outcome } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** An answer without any sign of API Gateway: a proxy or another server gave it. */
export function judgeForeign(subject: Subject, observations: Observations): Diagnosis {
  const { url, proxy, ownUrl, reply } = subject;
  const gateway = gatewayOf(subject);
  const evidence = [
    `the HTTP ${reply.status} has no ${gateway} request id`,
    ...describeEvidence(subject, observations),
  ];
  if (proxy !== undefined && (isOtherAnswer(reply, observations.pastProxy) || reply.status === 407)) {
    return {
      reason: "proxy-interferes",
      cause: `the proxy ${proxy} gave this answer; the request did not reach ${gateway}`,
      evidence,
      fix: `bypass the proxy (\`export NO_PROXY=${url.hostname}\`), or let it forward requests to ${url.hostname}`,
    };
  }
  if (ownUrl !== undefined && isOtherAnswer(reply, observations.atOwnEndpoint)) {
    return {
      reason: "proxy-interferes",
      cause: `${url.host} is not ${gateway}, and did not forward the request to it`,
      evidence,
      fix: `leave out --endpoint, or configure ${url.host} to forward requests to ${ownUrl.host}`,
    };
  }
  return {
    reason: "undetermined",
    cause: `${url.host} answered instead of ${gateway}: a proxy, a firewall or another server; or one of these removes the headers of ${gateway}'s answer`,
    evidence,
    fix: `check that ${url.origin} is the API's address, and check the proxies on the way to it`,
  };
}

/** API Gateway's answer, and another one: the same one may have lost its headers on the way. */
function isOtherAnswer({ status }: ApiReply, outcome: Outcome | undefined): boolean {
  return (
    outcome !== undefined && "reply" in outcome && isFromApi(outcome.reply) && outcome.reply.status !== status
  );
}
