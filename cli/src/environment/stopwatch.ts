import type { ClientRequest } from "node:http";
import type { Timings } from "../http.ts";
import { isConnected, isSecure } from "./is-connected.ts";

/**
 * Measures one exchange by the events of its socket. A preconnected socket counts as reused once it is connected.
 * Before that, the rest of connecting is measured.
 */
export class Stopwatch {
  #started: number | undefined;
  #socketGiven: number | undefined;
  #reused = false;
  #lookedUp: number | undefined;
  #connected: number | undefined;
  #secured: number | undefined;
  #head: number | undefined;
  #body: number | undefined;

  start(outgoing: ClientRequest): void {
    this.#started = nowMs();
    outgoing.once("socket", (socket) => {
      this.#socketGiven = nowMs();
      this.#reused = isConnected(socket);
      if (this.#reused) return;
      socket.once("lookup", () => (this.#lookedUp = nowMs()));
      if (socket.connecting) socket.once("connect", () => (this.#connected = nowMs()));
      if (isSecure(socket)) socket.once("secureConnect", () => (this.#secured = nowMs()));
    });
  }

  headReceived(): void {
    this.#head = nowMs();
  }

  bodyReceived(): void {
    this.#body = nowMs();
  }

  get timings(): Timings {
    // A socket through a proxy arrives connected; only its TLS remains.
    const connected = this.#connected ?? this.#socketGiven;
    const timings: Timings = { reused: this.#reused };
    const add = (part: Exclude<keyof Timings, "reused">, ms: number | undefined): void => {
      if (ms !== undefined) timings[part] = ms;
    };
    add("dnsMs", between(this.#started, this.#lookedUp));
    add("tcpMs", this.#reused ? undefined : between(this.#lookedUp ?? this.#started, connected));
    add("tlsMs", between(connected, this.#secured));
    add("waitMs", between(this.#secured ?? connected, this.#head));
    add("bodyMs", between(this.#head, this.#body));
    return timings;
  }
}

/** To a tenth of a millisecond. */
function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.round(Math.max(0, to - from) * 10) / 10;
}

/** The first use of `performance` loads ten modules of Node. */
function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
