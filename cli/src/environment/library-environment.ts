import type { SmokeOptions } from "../library/types.ts";
import { Redactor } from "../redaction.ts";
import { ServerClock } from "../server-clock.ts";
import type { Environment } from "./environment.ts";
import { createHttpClient } from "./http-client.ts";
import { interrupted } from "./interrupted.ts";
import { sleep } from "./sleep.ts";

/** The variables of the caller that count: proxies, and addresses of services. */
const known =
  /^((https?|all|no)_proxy|AWS_ENDPOINT_URL(_COGNITO_IDENTITY|_STS)?|AWS_CA_BUNDLE|TWITTER_API_URL)$/i;

/**
 * An environment for a program that imports auth-cli: the network, and nothing of the process. It has no files, no keyring,
 * no terminal and no credentials of a deployer.
 */
export function createLibraryEnvironment(
  options: Pick<SmokeOptions, "variables" | "now" | "signal" | "framework">,
): {
  environment: Environment;
  close: () => void;
} {
  const { now = Date.now, signal, framework = "sst" } = options;
  const variables = Object.fromEntries(
    Object.entries(options.variables ?? {}).filter(([name]) => known.test(name)),
  );
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(interrupted());
  signal?.addEventListener("abort", interrupt);
  if (signal?.aborted) interrupt();
  const redactor = new Redactor();
  const bundle = variables["AWS_CA_BUNDLE"];
  const client = createHttpClient({
    interruption: interruption.signal,
    now,
    variables,
    redactor,
    authorities: bundle
      ? async () => {
          const { readCertificateAuthorities } = await import("./certificate-authorities.ts");
          return readCertificateAuthorities({ AWS_CA_BUNDLE: bundle });
        }
      : undefined,
  });
  const serverClock = new ServerClock({ now, say: () => {} });
  const environment: Environment = {
    variables,
    commandName: "auth-cli",
    platform: process.platform,
    workingDirectory: "/",
    homeDirectory: "/",
    runtime: { node: process.versions.node, architecture: process.arch },
    uniqueName: () => crypto.randomUUID(),
    now,
    random: Math.random,
    sleep: (ms, other) => sleep(ms, interruption.signal, other),
    send: serverClock.watch(client.send),
    serverClock,
    preconnect: client.preconnect,
    async proxyFor(url) {
      const { findProxy } = await import("./proxy.ts");
      return findProxy(url, variables)?.name;
    },
    findAwsCredentials: () => Promise.resolve(undefined),
    findAwsRegion: () => Promise.resolve(undefined),
    redactor,
    interruption: interruption.signal,
    findPortHolder: () => Promise.resolve(undefined),
    keyring: { read: unavailable, write: unavailable, remove: unavailable },
    openBrowser: unavailable,
    startCallbackServer: unavailable,
    runJq: unavailable,
    runCommand: unavailable,
    files: {
      readText: () => undefined,
      readBytes: unavailable,
      // By this file, fixes have the words of the framework.
      exists: (path) => path.replaceAll("\\", "/") === markers[framework],
      describe: () => undefined,
      list: () => [],
      realPath: () => undefined,
      makePrivate: () => [],
      shorten: () => false,
      setAside: () => false,
      create: unavailable,
      writePrivate: unavailable,
      writeStream: unavailable,
      append: unavailable,
      remove: unavailable,
      withLock: unavailable,
    },
    terminal: {
      interactive: false,
      colour: false,
      columns: 80,
      resultColour: false,
      resultColumns: undefined,
      unicode: false,
      say: () => {},
      sayWrapped: () => {},
      sayCommand: () => {},
      mute: () => () => {},
      animated: false,
      animate: () => () => {},
      withSpinner: (_text, work) => work,
      ask: unavailable,
      askSecret: unavailable,
      readAll: unavailable,
      print: unavailable,
      printUnmasked: unavailable,
      printBytes: unavailable,
    },
  };
  return { environment, close: () => signal?.removeEventListener("abort", interrupt) };
}

const markers = {
  sst: "/.sst",
  cdk: "/cdk.json",
  amplify: "/amplify_outputs.json",
  sam: "/samconfig.toml",
  serverless: "/serverless.yml",
};

/** No check of smoke needs it. */
function unavailable(): never {
  throw new Error("not available in the library");
}
