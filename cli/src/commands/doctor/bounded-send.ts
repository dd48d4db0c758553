import { AuthCliError } from "../../errors.ts";
import type { Send } from "../../http.ts";

/** Sends as long as there is time: what one of many looks takes must not keep the others' answers back. */
export function boundedSend(send: Send, now: () => number, limitMs: number): Send {
  const deadline = now() + limitMs;
  return async (request) => {
    const leftMs = deadline - now();
    if (leftMs <= 0) {
      throw new AuthCliError("timeout", {
        step: request.step,
        message: `${request.url.host} was not asked: ${limitMs / 1000} s were over`,
        cause: "what had to be asked before took too long",
      });
    }
    return send({ ...request, timeoutMs: Math.min(request.timeoutMs ?? leftMs, leftMs) });
  };
}
