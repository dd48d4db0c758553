import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import type { Environment, EnvironmentFlags } from "./environment.ts";
import { createHttpClient } from "./http-client.ts";
import { interrupted } from "./interrupted.ts";
import { createKeyring } from "./keyring.ts";
import { localEnvironment, type Start } from "./local-environment.ts";
import { sleep } from "./sleep.ts";
import { createTerminal, showsUnicode, type TerminalOptions } from "./terminal.ts";
import { Redactor } from "../redaction.ts";
import { ServerClock } from "../server-clock.ts";

/** The streams and signals of a command, which has a process of its own or shares one. */
interface Host extends Pick<TerminalOptions, "stdin" | "hasKeyboard" | "stdout" | "stderr"> {
  /** Default: this process's. */
  start?: Start;
  interruption: AbortSignal;
}

/** The real environment of this process. */
export function createEnvironment(flags: EnvironmentFlags = {}, host = thisProcess()): Environment {
  const { stdin, hasKeyboard, stdout, stderr, interruption } = host;
  const variables = host.start?.variables ?? process.env;
  const { platform } = process;
  const now = Date.now;
  // GitHub Actions reads commands from standard error too. Standard output contains the result alone.
  const redactor = new Redactor(
    isReadByActions(variables)
      ? (secret) => terminal.sayCommand({ name: "add-mask", message: secret })
      : undefined,
  );
  const terminal = createTerminal({
    stdin,
    hasKeyboard,
    stdout,
    stderr,
    redactor,
    interruption,
    colour: wantsColour(flags, variables, stderr.isTTY),
    resultColour: wantsColour(flags, variables, stdout.isTTY),
    unicode: showsUnicode(variables, platform),
    animated: stderr.isTTY && variables["TERM"] !== "dumb" && !variables["CI"],
  });
  const client = createHttpClient({
    interruption,
    now,
    variables,
    redactor,
    // Node itself reads NODE_EXTRA_CA_CERTS.
    authorities:
      flags.cacert === undefined && !variables["AWS_CA_BUNDLE"]
        ? undefined
        : () => authorities(flags.cacert, variables),
    debug: flags.debug ? (line) => terminal.say(`debug: ${line}`) : undefined,
    trace: flags.trace ? (lines) => terminal.say(lines) : undefined,
  });
  const serverClock = new ServerClock({ now, say: (line) => terminal.say(line) });
  const local = localEnvironment(terminal, host.start);
  return {
    ...local,
    runtime: { node: process.versions.node, architecture: process.arch },
    now,
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, interruption, signal),
    keyring: createKeyring({ variables, platform, interruption }),
    send: serverClock.watch(client.send),
    serverClock,
    preconnect: client.preconnect,
    async proxyFor(url) {
      const { findProxy } = await import("./proxy.ts");
      return findProxy(url, variables)?.name;
    },
    async findAwsCredentials(query) {
      const { findAwsCredentials } = await import("./aws-credentials.ts");
      return findAwsCredentials({ ...local, send: client.send }, query);
    },
    async findAwsRegion(profile) {
      const { findAwsRegion } = await import("./aws-credentials.ts");
      return findAwsRegion(local, profile);
    },
    redactor,
    interruption,
    async openBrowser(url) {
      const { openBrowser } = await import("./browser.ts");
      return openBrowser(url, variables, platform);
    },
    async startCallbackServer(port) {
      const { startCallbackServer } = await import("./callback-server.ts");
      return startCallbackServer(port, interruption, findPortHolder);
    },
    findPortHolder,
    async runJq(...parameters) {
      const { runJq } = await import("./jq.ts");
      return runJq(parameters, interruption);
    },
    async runCommand(command, args, commandVariables, options) {
      const { runCommand } = await import("./run-command.ts");
      return runCommand(command, args, commandVariables, interruption, options);
    },
  };
}

/** A command to mask a secret contains the secret, so it must not end up in a file. */
function isReadByActions(variables: Environment["variables"]): boolean {
  if (variables["GITHUB_ACTIONS"] !== "true" || isatty(2)) return false;
  try {
    return !fstatSync(2).isFile();
  } catch {
    return false;
  }
}

function thisProcess(): Host {
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // The reader has closed the pipe (`| head -1`): exit as after SIGPIPE. The writer handles other errors.
    if (code === "EPIPE") process.exit(141);
  });
  // Notes without a reader do not end the command.
  process.stderr.on("error", () => {});
  return {
    stdin: () => process.stdin,
    hasKeyboard: isatty(0),
    stdout: process.stdout,
    stderr: process.stderr,
    interruption: interruptionSignal(),
  };
}

async function findPortHolder(port: number): Promise<string | undefined> {
  const holders = await import("./port-holder.ts");
  return holders.findPortHolder(port);
}

async function authorities(file: string | undefined, variables: Environment["variables"]): Promise<string[]> {
  const { readCertificateAuthorities } = await import("./certificate-authorities.ts");
  return readCertificateAuthorities({
    NODE_EXTRA_CA_CERTS: variables["NODE_EXTRA_CA_CERTS"] || undefined,
    AWS_CA_BUNDLE: variables["AWS_CA_BUNDLE"] || undefined,
    "--cacert": file,
  });
}

/** The first signal aborts, so that the command can clean up. The second one ends the process at once. */
function interruptionSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(interrupted());
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  // The terminal has closed. The kernel and the shell may each say so.
  process.on("SIGHUP", () => controller.abort(interrupted()));
  return controller.signal;
}

/** @see https://no-color.org and https://force-color.org */
function wantsColour(
  flags: EnvironmentFlags,
  variables: Environment["variables"],
  isTerminal: boolean,
): boolean {
  if (flags.color === false || variables["NO_COLOR"]) return false;
  if (variables["FORCE_COLOR"] && variables["FORCE_COLOR"] !== "0") return true;
  return isTerminal && variables["TERM"] !== "dumb";
}
