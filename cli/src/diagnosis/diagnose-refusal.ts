import { toAuthCliError } from "../errors.ts";
import { measureClockSkew } from "../http.ts";
import { judge } from "./judge.ts";
import { diagnoseUnansweredLive, isUnansweredLive } from "./live-mode.ts";
import type { Diagnosis, RefusedCall } from "./refused-call.ts";
import { runExperiments } from "./run-experiments.ts";
import { gatherFacts, refusalOf } from "./subject.ts";

export type { Diagnosis, RefusedCall } from "./refused-call.ts";

/**
 * Finds out by experiment why a request was refused. Sends at most a dozen requests, in parallel, and none that could have
 * an effect. Uses the caller's own credentials and, where available, the deployer's.
 * @returns undefined for an unsigned request, and for an error of the handler's own, such as HTTP 400
 * @throws AuthCliError `interrupted`, and nothing else
 */
export async function diagnoseRefusal(call: RefusedCall): Promise<Diagnosis | undefined> {
  const { environment, resolved, credentials, request } = call;
  const reply = { ...call.reply, ...(request.method === "HEAD" && { headOnly: true }) };
  if (isUnansweredLive(reply)) {
    return diagnoseUnansweredLive({ ...request, reply, stage: resolved.deployment.stage });
  }
  const refusal = refusalOf(reply);
  if (credentials === undefined || refusal === undefined) return undefined;
  try {
    const skewSeconds = measureClockSkew(reply.headers, environment.now());
    const facts = { ...call, reply, skewSeconds };
    const subject = await gatherFacts(facts, refusal, credentials, environment.serverClock.now());
    return judge(subject, await runExperiments(environment, resolved, subject));
  } catch (thrown) {
    // The refusal matters more than a diagnosis that failed.
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    return {
      reason: "undetermined",
      cause: "the diagnosis failed",
      evidence: [error.message],
      fix: "run the command again with --debug",
    };
  }
}
