import type { ClientRequest } from "node:http";
import type { Timings } from "../http.ts";
import { isConnected, isSecure } from "./is-connected.ts";
import { monotonicMs } from "./monotonic.ts";

/**
 * Measures one exchange by the events of its socket. A connection that was opened beforehand counts as reused once it
 * stands; until then what is left of its opening is measured.
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

  /** Begins with a request that has just been made. */
  watch(outgoing: ClientRequest): void {
    this.#started = monotonicMs();
    outgoing.once("socket", (socket) => {
      this.#socketGiven = monotonicMs();
      this.#reused = isConnected(socket);
      if (this.#reused) return;
      socket.once("lookup", () => (this.#lookedUp = monotonicMs()));
      if (socket.connecting) socket.once("connect", () => (this.#connected = monotonicMs()));
      if (isSecure(socket)) socket.once("secureConnect", () => (this.#secured = monotonicMs()));
    });
  }

  headReceived(): void {
    this.#head = monotonicMs();
  }

  bodyReceived(): void {
    this.#body = monotonicMs();
  }

  get timings(): Timings {
    // A connection that a proxy was asked for is there before we are given it, but for its TLS.
    const connected = this.#connected ?? this.#socketGiven;
    const parts = {
      dnsMs: between(this.#started, this.#lookedUp),
      tcpMs: this.#reused ? undefined : between(this.#lookedUp ?? this.#started, connected),
      tlsMs: between(connected, this.#secured),
      waitMs: between(this.#secured ?? connected, this.#head),
      bodyMs: between(this.#head, this.#body),
    };
    return {
      reused: this.#reused,
      ...Object.fromEntries(Object.entries(parts).filter(([, ms]) => ms !== undefined)),
    };
  }
}

/** To a tenth of a millisecond. */
function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.round(Math.max(0, to - from) * 10) / 10;
}
