import { isFromApi } from "./api-reply.ts";
import type { Diagnosis } from "./refused-call.ts";
import { tell } from "./evidence.ts";
import type { Outcome } from "./experiments.ts";
import type { Observations } from "./run-experiments.ts";
import type { Subject } from "./subject.ts";

/** An answer without any sign of API Gateway: somebody on the way gave it. */
export function judgeForeign(subject: Subject, observations: Observations): Diagnosis {
  const { url, proxy, ownUrl, reply } = subject;
  const evidence = [
    `HTTP ${reply.status} came without API Gateway's request id`,
    ...tell(subject, observations),
  ];
  if (proxy !== undefined && (isApi(observations.pastProxy) || reply.status === 407)) {
    return {
      reason: "proxy-interferes",
      cause: `the proxy ${proxy} gave the answer itself; the request has not reached API Gateway`,
      evidence,
      fix: `reach the API past the proxy (NO_PROXY=${url.hostname}), or let the proxy pass it on`,
    };
  }
  if (ownUrl !== undefined && isApi(observations.atOwnEndpoint)) {
    return {
      reason: "proxy-interferes",
      cause: `${url.host} is not API Gateway, and did not pass the request on to it`,
      evidence,
      fix: `leave out --endpoint, or let ${url.host} pass requests on to ${ownUrl.host}`,
    };
  }
  return {
    reason: "undetermined",
    cause: `${url.host} answered in place of API Gateway: a proxy, a firewall, or a server that is no API`,
    evidence,
    fix: `check that ${url.origin} is the API's address; look at proxies on the way`,
  };
}

function isApi(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && "reply" in outcome && isFromApi(outcome.reply);
}
