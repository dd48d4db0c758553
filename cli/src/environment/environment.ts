import type { Send } from "../http.ts";
import type { Redactor } from "../redaction.ts";
import type { ServerClock } from "../server-clock.ts";
import type { BrowserOutcome } from "./browser.ts";
import type { CallbackAnswer, CallbackServer } from "./callback-server.ts";
import type { Keyring } from "./keyring.ts";
import type { LocalEnvironment } from "./local-environment.ts";
import type { Terminal } from "./terminal.ts";

export type { CallbackAnswer, LocalEnvironment };

/** Everything outside the program that a command may touch. Tests hand in their own. */
export interface Environment extends LocalEnvironment {
  /** What runs this program. */
  runtime: { node: string; architecture: string };
  /** Milliseconds since the epoch. */
  now: () => number;
  /** At least 0, less than 1. */
  random: () => number;
  /** Rejects with `interrupted` when the user does not want to wait, or with the reason of a signal that ends it. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  keyring: Keyring;
  send: Send;
  /** Opens a connection beforehand, or several, for requests that will come. */
  preconnect: (url: URL, count?: number) => void;
  /** Host and port of the proxy on the way to a URL. Throws AuthCliError `invalid-configuration` for one that is none. */
  proxyFor(url: URL): Promise<string | undefined>;
  /** For signatures. */
  serverClock: ServerClock;
  terminal: Terminal;
  redactor: Redactor;
  /** Aborted by SIGINT and SIGTERM. */
  interruption: AbortSignal;
  /** Opens the user's browser, where there is one that the user would see. */
  openBrowser(url: URL): Promise<BrowserOutcome>;
  /** Listens on loopback for the browser that Twitter sends back; port 0 picks a free one. */
  startCallbackServer(port: number): Promise<CallbackServer>;
  /** Who listens on a port of this computer, in words, when the system tells. */
  findPortHolder(port: number): Promise<string | undefined>;
  /** Runs a command on this terminal and resolves to its exit code. */
  runCommand(
    command: string,
    args: readonly string[],
    variables: Readonly<Record<string, string | undefined>>,
  ): Promise<number>;
}

/** The flags that shape the environment itself. */
export interface EnvironmentFlags {
  debug?: boolean | undefined;
  /** Show what is signed. */
  trace?: boolean | undefined;
  /** A file with certificates of authorities to trust beside the usual ones. */
  cacert?: string | undefined;
  color?: boolean | undefined;
}
