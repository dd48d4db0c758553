import { headerValue, measureClockSkew, peekBody, type Send } from "./http.ts";

/** No refusal that tells of a clock is longer. */
const refusalLimit = 64 * 1024;

/** Below this a `Date` header, which counts whole seconds and has been on the way, tells nothing. */
const noticeableSeconds = 30;

/** AWS refuses at five minutes. */
const toleratedByAws = 240;

export interface ServerClock {
  send: Send;
  /**
   * Milliseconds since the epoch: this computer's time, or the servers' when the last `Date` header says that they
   * differ by more than AWS accepts.
   */
  serverNow: () => number;
}

/**
 * Lets a request whose signature holds a time be signed anew, once, with the server's time: when it was refused and the
 * difference of the clocks, measured from `Date` headers, explains that. From then on every such request is signed with
 * the server's time. It is always said.
 */
export function withServerClock(
  send: Send,
  { now, say }: { now: () => number; say: (text: string) => void },
): ServerClock {
  let skewSeconds: number | undefined;
  let measuredHost = "";
  let said = false;
  /** What is added to this computer's time in signatures. */
  let correctionMs: number | undefined;

  const sendMeasured: Send = async (request) => {
    const response = await send(request);
    const measured = measureClockSkew(response.headers, now());
    // A cache on the way says when it stored a reply, and for how long it has.
    const age = Number(headerValue(response.headers, "age") ?? 0);
    if (measured !== undefined && !(age > 0)) {
      skewSeconds = measured;
      measuredHost = request.url.host;
    }
    return response;
  };

  const correct = (): number => {
    const seconds = skewSeconds ?? 0;
    if (!said) {
      const apart = `${Math.abs(seconds)} s ${seconds < 0 ? "ahead of" : "behind"} ${measuredHost}'s`;
      say(`note: this computer's clock is ${apart}; the request was signed with the server's time\n`);
    }
    said = true;
    return seconds * 1000;
  };

  return {
    async send(request) {
      const { timed } = request;
      if (timed === undefined) return sendMeasured(request);
      if (correctionMs !== undefined)
        return sendMeasured({ ...request, ...(await timed.signAt(now() + correctionMs)) });
      const response = await sendMeasured(request);
      if (response.status < 400 || response.status > 403) return response;
      const apart = Math.abs(skewSeconds ?? 0);
      if (apart < Math.max(timed.toleratedSeconds, noticeableSeconds)) return response;
      const { start, body } = await peekBody(response.body, refusalLimit);
      if (!timed.isRefusedForTime(response.status, start.toString("utf8"))) return { ...response, body };
      correctionMs = correct();
      return sendMeasured({ ...request, ...(await timed.signAt(now() + correctionMs)) });
    },
    serverNow() {
      return Math.abs(skewSeconds ?? 0) < toleratedByAws ? now() : now() + correct();
    },
  };
}
