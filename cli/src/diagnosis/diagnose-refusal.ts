import { toAuthCliError } from "../errors.ts";
import { measureClockSkew } from "../http.ts";
import { judge } from "./judge.ts";
import type { Diagnosis, RefusedCall } from "./refused-call.ts";
import { runExperiments } from "./run-experiments.ts";
import { gatherFacts, refusalOf } from "./subject.ts";

export type { Diagnosis, RefusedCall } from "./refused-call.ts";

/**
 * Finds out by experiment, in parallel and within 2 s, why a request was refused, with nothing but what the caller's
 * own credentials may do. A dozen requests at most, and none that could have an effect. Undefined for a request that
 * went unsigned, and for what a handler made of its input. Never rejects, except with `interrupted`.
 */
export async function diagnoseRefusal(call: RefusedCall): Promise<Diagnosis | undefined> {
  const { environment, resolved, credentials, request } = call;
  const reply = { ...call.reply, ...(request.method === "HEAD" && { headOnly: true }) };
  const refusal = refusalOf(reply);
  if (credentials === undefined || refusal === undefined) return undefined;
  try {
    const skewSeconds = measureClockSkew(reply.headers, environment.now());
    const facts = { ...call, reply, skewSeconds };
    const subject = await gatherFacts(facts, refusal, credentials, environment.serverClock.now());
    return judge(subject, await runExperiments(environment, resolved, subject));
  } catch (thrown) {
    // The refusal is what is to be told; that it could not be explained comes second.
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    return {
      reason: "undetermined",
      cause: "the cause could not be looked for",
      evidence: [error.message],
      fix: "run the command again with --debug",
    };
  }
}
