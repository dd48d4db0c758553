import { diagnoseRefusal } from "../../diagnosis/diagnose-refusal.ts";
import type { Diagnosis, RefusedCall } from "../../diagnosis/refused-call.ts";
import { deployedSecondsAgo } from "../../diagnosis/subject.ts";
import { type HttpResponse, peekBody } from "../../http.ts";
import { isIdempotent, type Notice } from "./retry.ts";

/** A policy is in force everywhere this long after a deploy, as far as anybody has seen. */
const settlingSeconds = 180;

/** Bytes of a refusal's body that are searched for its cause. */
const refusalLimit = 16 * 1024;

/** Ten seconds in all. */
const pausesMs = [1000, 2000, 3000, 4000];

export interface Explained {
  /** The refusal, its body to be read anew, or what a later attempt brought. */
  response: HttpResponse;
  /** Undefined when there is nothing to explain, or nothing to be found out. */
  diagnosis: Diagnosis | undefined;
}

/**
 * Finds out why a call was refused. One that was signed rightly, and refused just after a deploy, is sent again for
 * some seconds: AWS does not put a policy in force everywhere at once.
 * @param send sends the request again, signed anew
 */
export async function explainRefusal(
  call: Omit<RefusedCall, "reply" | "durationMs">,
  refused: HttpResponse,
  send: () => Promise<HttpResponse>,
  notice: Notice,
): Promise<Explained> {
  const { environment } = call;
  const { start, body } = await peekBody(refused.body, refusalLimit);
  let response: HttpResponse = { ...refused, body };
  const { status, headers } = refused;
  const { waitMs } = refused.timings?.() ?? {};
  const diagnosis = await environment.terminal.withSpinner(
    "finding out why",
    diagnoseRefusal({
      ...call,
      reply: { status, headers, text: start.toString("utf8") },
      ...(waitMs !== undefined && { durationMs: waitMs }),
    }),
  );
  if (!maySettle(call, diagnosis)) return { response, diagnosis };
  const why =
    diagnosis?.reason === "propagating"
      ? "and accepted a moment later"
      : "just after a deploy: the permission may not be in force everywhere yet";
  for (const pauseMs of pausesMs) {
    notice(`HTTP ${status}, ${why}; trying again in ${pauseMs / 1000} s`);
    await environment.sleep(pauseMs);
    response = await send();
    // Another answer has another cause, and this one is not its explanation.
    if (response.status !== status) return { response, diagnosis: undefined };
  }
  return { response, diagnosis };
}

function maySettle(
  { environment, resolved, request }: Omit<RefusedCall, "reply">,
  diagnosis: Diagnosis | undefined,
): boolean {
  if (!isIdempotent(request.method)) return false;
  if (diagnosis?.reason === "propagating") return true;
  // The local cloud puts everything in force at once.
  const remote =
    request.url.protocol === "https:" && !/^(localhost|127\.|\[::1\])/.test(request.url.hostname);
  const age = deployedSecondsAgo(environment, resolved.recorded());
  return remote && diagnosis?.reason === "permission-missing" && age !== undefined && age <= settlingSeconds;
}
