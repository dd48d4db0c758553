import { setMaxListeners } from "node:events";
import { fstatSync } from "node:fs";
import type { Environment, EnvironmentFlags } from "./environment.ts";
import { createHttpClient } from "./http-client.ts";
import { createKeyring } from "./keyring.ts";
import { ServerClock } from "../server-clock.ts";
import { isErrorShown, isOutputShown, standardError, standardOutput } from "./standard-streams.ts";
import { localEnvironment } from "./local-environment.ts";
import { createTerminal, showsUnicode } from "./terminal.ts";
import { AuthCliError } from "../errors.ts";
import { maskCommand, Redactor } from "../redaction.ts";

export function createEnvironment(flags: EnvironmentFlags = {}): Environment {
  const variables = process.env;
  // By standard error, of which Actions reads commands as well: standard output is the result alone.
  const redactor = new Redactor(
    isReadByActions(variables) ? (secret) => terminal.sayUnmasked(maskCommand(secret)) : undefined,
  );
  const interruption = interruptionSignal();
  const terminal = createTerminal({
    stdin: () => process.stdin,
    keyboard: () => process.stdin.isTTY,
    get stdout() {
      return standardOutput();
    },
    get stderr() {
      return standardError();
    },
    redactor,
    interruption,
    colour: wantsColour(flags, variables, isErrorShown),
    get resultColour() {
      return wantsColour(flags, variables, isOutputShown);
    },
    unicode: showsUnicode(variables, process.platform),
    animated: isErrorShown() && variables["TERM"] !== "dumb" && !variables["CI"],
  });
  const now = Date.now;
  const client = createHttpClient({
    interruption,
    now,
    variables,
    redactor,
    authorities: flags.cacert === undefined ? undefined : () => authorities(flags.cacert, variables),
    debug: flags.debug ? (line) => terminal.say(`debug: ${line}\n`) : undefined,
    trace: flags.trace ? (text) => terminal.say(text) : undefined,
  });
  const serverClock = new ServerClock({ now, say: (text) => terminal.say(text) });
  return {
    ...localEnvironment(terminal),
    runtime: { node: process.versions.node, architecture: process.arch },
    now,
    random: Math.random,
    sleep: (ms, signal) => sleep(ms, interruption, signal),
    keyring: createKeyring({ variables, platform: process.platform, interruption }),
    send: serverClock.watch(client.send),
    serverClock,
    preconnect: client.preconnect,
    async proxyFor(url) {
      const { findProxy } = await import("./proxy.ts");
      return findProxy(url, variables)?.name;
    },
    redactor,
    interruption,
    async openBrowser(url) {
      const { openBrowser } = await import("./browser.ts");
      return openBrowser(url, variables, process.platform);
    },
    async startCallbackServer(port) {
      const { startCallbackServer } = await import("./callback-server.ts");
      return startCallbackServer(port, interruption, describePortHolder);
    },
    findPortHolder: describePortHolder,
    async runCommand(command, args, commandVariables) {
      const { runCommand } = await import("./run-command.ts");
      return runCommand(command, args, commandVariables, interruption);
    },
  };
}

/** A command to mask a secret holds the secret, so it must not be written where only people read, such as a file. */
function isReadByActions(variables: NodeJS.ProcessEnv): boolean {
  if (variables["GITHUB_ACTIONS"] !== "true" || isErrorShown()) return false;
  try {
    return !fstatSync(2).isFile();
  } catch {
    return false;
  }
}

async function describePortHolder(port: number): Promise<string | undefined> {
  const { findPortHolder } = await import("./port-holder.ts");
  return findPortHolder(port);
}

async function authorities(file: string | undefined, variables: NodeJS.ProcessEnv): Promise<string[]> {
  const { readCertificateAuthorities } = await import("./certificate-authorities.ts");
  return readCertificateAuthorities(file ?? "", variables["NODE_EXTRA_CA_CERTS"]);
}

function sleep(ms: number, interruption: AbortSignal, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      interruption.removeEventListener("abort", interrupt);
      signal?.removeEventListener("abort", abandon);
    };
    const interrupt = (): void => {
      leave();
      reject(new AuthCliError("interrupted", { message: "interrupted" }));
    };
    const abandon = (): void => {
      leave();
      reject(signal?.reason as AuthCliError);
    };
    const timer = setTimeout(() => {
      leave();
      resolve();
    }, ms);
    interruption.addEventListener("abort", interrupt);
    signal?.addEventListener("abort", abandon);
    if (interruption.aborted) interrupt();
    else if (signal?.aborted) abandon();
  });
}

/** A second signal ends the process at once, for a user who does not want to wait for things to be put in order. */
function interruptionSignal(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new AuthCliError("interrupted", { message: "interrupted" }));
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  // Every request under way listens, and a smoke has a dozen of them; past ten Node would warn of a leak. None listens
  // before the event loop turns, and then there is time.
  setImmediate(() => setMaxListeners(0, controller.signal));
  return controller.signal;
}

/** @see https://no-color.org and https://force-color.org */
function wantsColour(flags: EnvironmentFlags, variables: NodeJS.ProcessEnv, isShown: () => boolean): boolean {
  if (flags.color === false || variables["NO_COLOR"]) return false;
  if (variables["FORCE_COLOR"] && variables["FORCE_COLOR"] !== "0") return true;
  return isShown() && variables["TERM"] !== "dumb";
}
