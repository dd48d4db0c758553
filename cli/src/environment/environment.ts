import type { Send } from "../http.ts";
import type { Redactor } from "../redaction.ts";
import type { ServerClock } from "../server-clock.ts";
import type { BrowserOutcome } from "./browser.ts";
import type { CallbackAnswer, CallbackServer } from "./callback-server.ts";
import type { Keyring } from "./keyring.ts";
import type { LocalEnvironment } from "./local-environment.ts";
import type { Terminal } from "./terminal.ts";

export type { CallbackAnswer, LocalEnvironment };

/** The AWS credentials of the deployer. Long-term credentials have no session token. */
export interface DeployerCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface AwsCredentialsQuery {
  /** Undefined for the default profile, or what the environment names. */
  profile: string | undefined;
  /** Of STS, for a profile that names none. */
  region: string | undefined;
}

/** Everything outside the program that a command uses. Tests pass their own. */
export interface Environment extends LocalEnvironment {
  /** Node's version and the processor's architecture. */
  runtime: { node: string; architecture: string };
  /** Milliseconds since the epoch. */
  now: () => number;
  /** From 0 up to, but not including, 1. */
  random: () => number;
  /** Rejects with `interrupted`, or with the reason of `signal`. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  keyring: Keyring;
  send: Send;
  /** The time for signatures. */
  serverClock: ServerClock;
  /** Opens connections for later requests. @param count 1 when left out */
  preconnect: (url: URL, count?: number) => void;
  /** Host and port of the proxy for a URL. Throws AuthCliError `invalid-configuration` for an invalid proxy address. */
  proxyFor(url: URL): Promise<string | undefined>;
  /** The deployer's, from the AWS files and the other sources of AWS's SDK. Throws AuthCliError `missing-configuration`. */
  findAwsCredentials(query: AwsCredentialsQuery): Promise<DeployerCredentials | undefined>;
  /** The region of a profile in the AWS files. @param profile the default one when left out */
  findAwsRegion(profile?: string): Promise<string | undefined>;
  terminal: Terminal;
  redactor: Redactor;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  interruption: AbortSignal;
  /** Opens the user's browser, unless the user would not see it. */
  openBrowser(url: URL): Promise<BrowserOutcome>;
  /** Listens on loopback for Twitter's redirect. @param port 0 for a free one */
  startCallbackServer(port: number): Promise<CallbackServer>;
  /** `node (process 1234)`, when the system can tell which program listens on a port of this computer. */
  findPortHolder(port: number): Promise<string | undefined>;
  /** Runs jq. @param flags of the command jq */
  runJq(input: string, expression: string, flags: string[]): Promise<JqResult>;
  /** Runs a command on this terminal. @returns its exit code */
  runCommand(
    command: string,
    args: readonly string[],
    variables: Readonly<Record<string, string | undefined>>,
    options?: CommandOptions,
  ): Promise<number>;
}

export interface CommandOptions {
  /** Ctrl-C does not end it, as it does not end a shell. */
  handlesInterrupt?: boolean;
}

/** Results, one on each line, or jq's error. */
export interface JqResult {
  output?: string;
  failed?: string;
}

/** The flags that shape the environment. */
export interface EnvironmentFlags {
  debug?: boolean | undefined;
  /** Print the intermediate texts of each signature. */
  trace?: boolean | undefined;
  /** A file with certificates of authorities to trust, in addition to the usual ones. */
  cacert?: string | undefined;
  color?: boolean | undefined;
}
