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
  /** For a service whose refusals do not name the time: sends any request to another service, for its `Date` header. */
  askSecondClock?: () => Promise<unknown>;
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

/** Two services agree when their clocks are this close. */
const agreeingSeconds = 60;

/**
 * A wrong time zone, or a computer that slept. A signature that is dated further ahead would be valid for as long, for
 * everybody who recorded it.
 */
const longestCorrectionSeconds = 24 * 60 * 60;

/**
 * Compares this computer's clock with the `Date` headers of replies. One header is not enough to correct the clock: a
 * proxy may have written it. Either a second service agrees, or the refusal itself is about the time.
 */
export class ServerClock {
  readonly #now: () => number;
  readonly #say: (line: string) => void;
  /** Seconds by which each host's clock is ahead, by its last `Date` header. */
  readonly #skews = new Map<string, number>();
  #asking: Promise<unknown> | undefined;
  /** Added to this computer's time in signatures. */
  #correctionMs: number | undefined;

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
      if (measured !== undefined && !(age > 0)) this.#skews.set(request.url.host, measured);
      return response;
    };
  }

  /** Whether signatures have another time than this computer's. */
  get isCorrected(): boolean {
    return this.#correctionMs !== undefined;
  }

  /** The time for a signature, in milliseconds since the epoch. */
  signingTime(): number {
    return this.#now() + (this.#correctionMs ?? 0);
  }

  /**
   * The time for a signature that is sent once: the servers' time when the services asked so far agree that this
   * computer's would be refused.
   */
  now(): number {
    this.correctByAgreement(toleratedByAws);
    return this.signingTime();
  }

  /**
   * The same, after a second service was asked, if a single one contradicts this computer's clock.
   * @param ask sends any request to another service
   */
  async confirmedNow(ask: () => Promise<unknown>): Promise<number> {
    const [first, ...others] = this.#skews.values();
    const isSingle = first !== undefined && others.length === 0;
    if (isSingle && isCorrectable(first, toleratedByAws)) await this.askAgain(ask);
    return this.now();
  }

  /** Asks once, however many requests need it. */
  async askAgain(ask: () => Promise<unknown>): Promise<void> {
    this.#asking ??= ask().catch(() => undefined);
    await this.#asking;
  }

  /** Whether the clock of this host differs by at least this much, and by no more than can be corrected. */
  isCorrectableBy(host: string, leastSeconds: number): boolean {
    return isCorrectable(this.#skews.get(host), leastSeconds);
  }

  /** From now on, signatures have the time of this host. */
  correctBy(host: string): void {
    const seconds = this.#skews.get(host) ?? 0;
    if (this.#correctionMs === undefined) {
      const difference = `${Math.abs(seconds)} s ${seconds < 0 ? "ahead of" : "behind"} ${host}'s`;
      this.#say(
        `note: this computer's clock is ${difference}; the request was signed with the server's time`,
      );
    }
    this.#correctionMs = seconds * 1000;
  }

  /**
   * The same if at least two services agree, and none contradicts them.
   * @returns whether signatures have a corrected time now
   */
  correctByAgreement(leastSeconds: number): boolean {
    const measured = [...this.#skews];
    const [host, seconds] = measured.at(-1) ?? ["", 0];
    const all = measured.map(([, each]) => each);
    const isAgreed = all.length > 1 && Math.max(...all) - Math.min(...all) <= agreeingSeconds;
    if (!this.isCorrected && isAgreed && isCorrectable(seconds, leastSeconds)) this.correctBy(host);
    return this.isCorrected;
  }
}

function isCorrectable(seconds: number | undefined, leastSeconds: number): boolean {
  const size = Math.abs(seconds ?? 0);
  return size >= leastSeconds && size <= longestCorrectionSeconds;
}

/** @returns the request with its signature */
export async function signRequest(request: TimedRequest, nowMs: number): Promise<HttpRequest> {
  const { signAt, isRefusedForTime: _, toleratedSeconds: __, askSecondClock: ___, ...unsigned } = request;
  return { ...unsigned, ...(await signAt(nowMs)) };
}

/**
 * Signs and sends a request. When the server refuses the time of the signature, and its `Date` header shows that the
 * clocks differ, signs and sends it once more with the server's time, and prints a note. The one place that does this.
 */
export async function sendSigned(
  { send, serverClock }: Signer,
  request: TimedRequest,
): Promise<HttpResponse> {
  const wasCorrected = serverClock.isCorrected;
  const response = await send(await signRequest(request, serverClock.signingTime()));
  if (wasCorrected || response.status < 400 || response.status > 403) return response;
  const { host } = request.url;
  const leastSeconds = Math.max(request.toleratedSeconds, noticeableSeconds);
  if (!serverClock.isCorrectableBy(host, leastSeconds)) return response;
  const { start, body } = await peekBody(response.body, refusalLimit);
  if (!request.isRefusedForTime(response.status, start.toString("utf8"))) return { ...response, body };
  const ask = request.askSecondClock;
  if (ask === undefined) {
    serverClock.correctBy(host);
  } else if (!serverClock.correctByAgreement(leastSeconds)) {
    await serverClock.askAgain(ask);
    if (!serverClock.correctByAgreement(leastSeconds)) return { ...response, body };
  }
  // Closes the body.
  await readBody(body, 0);
  return send(await signRequest(request, serverClock.signingTime()));
}

/** Does the same as `exchange` for a request whose signature contains the time. */
export function exchangeSigned(signer: Signer, request: TimedRequest): Promise<Reply> {
  return readReply(request, sendSigned({ ...signer, send: withReplyDefaults(signer.send) }, request));
}
