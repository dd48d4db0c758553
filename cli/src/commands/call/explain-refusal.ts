import { diagnoseRefusal } from "../../diagnosis/diagnose-refusal.ts";
import type { Diagnosis, RefusedCall } from "../../diagnosis/refused-call.ts";
import { isRemote, settlingSeconds } from "../../diagnosis/judge-role.ts";
import { deployedSecondsAgo } from "../../diagnosis/subject.ts";
import { type HttpResponse, peekBody } from "../../http.ts";
import { isIdempotent, type Notice } from "./retry.ts";

/** Bytes of a refusal's body that show its cause. */
const refusalLimit = 16 * 1024;

/** Ten seconds in total. */
const pausesMs = [1000, 2000, 3000, 4000];

export interface Explained {
  /** The refusal, with its body unread, or the response of a later attempt. */
  response: HttpResponse;
  /** Undefined when there is nothing to explain. */
  diagnosis: Diagnosis | undefined;
}

/**
 * Finds out why a call was refused. Just after a deploy, a correctly signed call is sent again for some seconds, since a
 * policy takes time to reach every server of AWS.
 * @param send signs the request again and sends it
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
    "finding the cause",
    diagnoseRefusal({
      ...call,
      reply: { status, headers, text: start.toString("utf8") },
      ...(waitMs !== undefined && { durationMs: waitMs }),
    }),
  );
  if (!maySettle(call, status, diagnosis)) return { response, diagnosis };
  const why =
    diagnosis?.reason === "propagating"
      ? "then accepted a moment later"
      : "just after a deploy: the permission may still be propagating";
  for (const pauseMs of pausesMs) {
    notice(`HTTP ${status}, ${why}; trying again in ${pauseMs / 1000} s`);
    await environment.sleep(pauseMs);
    response = await send();
    // The diagnosis does not explain another status.
    if (response.status !== status) return { response, diagnosis: undefined };
  }
  return { response, diagnosis };
}

function maySettle(
  { environment, resolved, request }: Omit<RefusedCall, "reply">,
  status: number,
  diagnosis: Diagnosis | undefined,
): boolean {
  if (!isIdempotent(request.method)) return false;
  if (diagnosis?.reason === "propagating") return true;
  // On the local cloud a policy applies at once.
  const age = deployedSecondsAgo(environment, resolved.recorded());
  const isRecent = isRemote(request.url) && age !== undefined && age <= settlingSeconds;
  const { reason } = diagnosis ?? {};
  return isRecent && (reason === "permission-missing" || (reason === "undetermined" && status === 403));
}
