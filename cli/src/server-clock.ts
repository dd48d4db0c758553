import {
  headerValue,
  type HttpRequest,
  type HttpResponse,
  withReplyDefaults,
  measureClockSkew,
  peekBody,
  readBody,
  readReply,
  type Reply,
  type Send,
  type Signed,
} from "./http.ts";

/** A request whose signature contains the time. */
export interface TimedRequest extends Omit<HttpRequest, keyof Signed> {
  /** @param nowMs milliseconds since the epoch */
  signAt: (nowMs: number) => Signed | Promise<Signed>;
  /** Whether the server refused the signature for its time. Called for HTTP 400 to 403. */
  isRefusedForTime: (status: number, text: string) => boolean;
  /** The service accepts signatures that are off by this much. */
  toleratedSeconds: number;
}

/** What it takes to send a request with a time in its signature. */
export interface Signer {
  send: Send;
  serverClock: ServerClock;
}

/** Bytes of a refusal that are searched for a word about the time. */
const refusalLimit = 64 * 1024;

/** A `Date` header counts whole seconds and has been on the way: it shows no smaller difference. */
const noticeableSeconds = 30;

/** AWS refuses at five minutes. */
const toleratedByAws = 240;

/** Compares this computer's clock with the `Date` headers of replies. */
export class ServerClock {
  readonly #now: () => number;
  readonly #say: (line: string) => void;
  /** By how much the server's clock is ahead. */
  #skewSeconds = 0;
  #measuredHost = "";
  /** Added to this computer's time in signatures, once a server refused one. */
  #correctionMs: number | undefined;
  #noted = false;

  constructor({ now, say }: { now: () => number; say: (line: string) => void }) {
    this.#now = now;
    this.#say = say;
  }

  /** Sends, and reads the `Date` header of each reply. */
  watch(send: Send): Send {
    return async (request) => {
      const response = await send(request);
      const measured = measureClockSkew(response.headers, this.#now());
      // A reply from a cache has the time when the cache stored it, and an age.
      const age = Number(headerValue(response.headers, "age") ?? 0);
      if (measured !== undefined && !(age > 0)) {
        this.#skewSeconds = measured;
        this.#measuredHost = request.url.host;
      }
      return response;
    };
  }

  /**
   * The time for a signature that is sent once, in milliseconds since the epoch. This computer's time, or the server's
   * when the last `Date` header differs by more than AWS accepts.
   */
  now(): number {
    return this.isOffBy(toleratedByAws) ? this.#now() + this.#noteSkew() : this.#now();
  }

  /** Whether a server refused a signature with this computer's time. */
  get isCorrected(): boolean {
    return this.#correctionMs !== undefined;
  }

  /** The time for a signature, corrected once a server refused this computer's time. */
  signingTime(): number {
    return this.#now() + (this.#correctionMs ?? 0);
  }

  /** Whether the last `Date` header differs by at least this many seconds. */
  isOffBy(seconds: number): boolean {
    return Math.abs(this.#skewSeconds) >= seconds;
  }

  /** From now on, `signingTime` is the server's time. */
  correct(): void {
    this.#correctionMs = this.#noteSkew();
  }

  /** Tells the user, once. @returns the difference in milliseconds */
  #noteSkew(): number {
    const seconds = this.#skewSeconds;
    if (!this.#noted) {
      const difference = `${Math.abs(seconds)} s ${seconds < 0 ? "ahead of" : "behind"} ${this.#measuredHost}'s`;
      this.#say(
        `note: this computer's clock is ${difference}; the request was signed with the server's time`,
      );
    }
    this.#noted = true;
    return seconds * 1000;
  }
}

/** @returns the request with its signature */
export async function signRequest(request: TimedRequest, nowMs: number): Promise<HttpRequest> {
  const { signAt, isRefusedForTime: _, toleratedSeconds: __, ...unsigned } = request;
  return { ...unsigned, ...(await signAt(nowMs)) };
}

/**
 * Signs and sends a request. When the server refuses the time of the signature, and its `Date` header shows that the
 * clocks differ, signs and sends it once more with the server's time, and prints a note.
 */
export async function sendSigned(
  { send, serverClock }: Signer,
  request: TimedRequest,
): Promise<HttpResponse> {
  const wasCorrected = serverClock.isCorrected;
  const response = await send(await signRequest(request, serverClock.signingTime()));
  if (wasCorrected || response.status < 400 || response.status > 403) return response;
  if (!serverClock.isOffBy(Math.max(request.toleratedSeconds, noticeableSeconds))) return response;
  const { start, body } = await peekBody(response.body, refusalLimit);
  if (!request.isRefusedForTime(response.status, start.toString("utf8"))) return { ...response, body };
  // Closes the body.
  await readBody(body, 0);
  serverClock.correct();
  return send(await signRequest(request, serverClock.signingTime()));
}

/** Does the same as `exchange` for a request whose signature contains the time. */
export function exchangeSigned(signer: Signer, request: TimedRequest): Promise<Reply> {
  return readReply(request, sendSigned({ ...signer, send: withReplyDefaults(signer.send) }, request));
}
