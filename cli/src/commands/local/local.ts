import { resolve } from "node:path";
import type { LocalCloud, LocalCloudOptions } from "@api-auth-twitter/local-cloud";
import { Configuration } from "../../deployment/configuration.ts";
import { findProject } from "../../deployment/project.ts";
import { parseServiceUrl } from "../../deployment/service-url.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import { findClientCredentials } from "../../deployment/client-credentials.ts";
import { createRecord, type LocalCloudRecord } from "../../deployment/local-clouds.ts";
import { nameCommands } from "../../command-name.ts";
import { explainMissing } from "./missing-package.ts";
import { explainState, isStateError } from "./state-errors.ts";
import { openShell } from "./open-shell.ts";
import { assignments, evaluation, guessShell } from "./shells.ts";

export interface LocalFlags {
  port?: number;
  twitterPort?: number;
  /** The callback URLs of the X app, in place of the default one. */
  twitterCallback?: string[];
  tlsCert?: string;
  tlsKey?: string;
  /** `<provider name>=<base URL>`, each. */
  oidcIssuer?: string[];
  /** Milliseconds. */
  presignExpires?: number;
  /** Milliseconds. */
  fastForward?: number;
  strict?: boolean;
  /** A folder that lasts. */
  state?: string;
  /** Show no requests. */
  quiet?: boolean;
  /** Open a shell in place of a command. */
  shell?: boolean;
  stage?: string;
  json?: boolean;
  debug?: boolean;
}

/**
 * `auth-cli local`: starts the local cloud and waits for SIGINT or SIGTERM, or runs a command inside it.
 * @returns the command's exit code, or 0
 */
export async function local(
  command: readonly string[],
  flags: LocalFlags,
  environment: Environment,
): Promise<number> {
  const started = environment.now();
  const record = createRecord(environment);
  const origins: string[] = [];
  let known: LocalCloudRecord | undefined;
  const onOpened = (origin: string): void => {
    origins.push(origin);
    if (known !== undefined) void record(known);
  };
  const hasTerminal = command.length === 0 && flags.shell !== true;
  const options = await cloudOptions(flags, environment, hasTerminal);
  const cloud = await startLocalCloud({ ...options, onOpened }, environment);
  environment.redactor.add("AWS secret access key", cloud.environment["AWS_SECRET_ACCESS_KEY"]);
  environment.redactor.add("consumer secret", cloud.environment["TWITTER_CONSUMER_SECRET"]);
  try {
    origins.push(cloud.awsUrl, cloud.twitterUrl);
    known = {
      id: cloud.id,
      folder: environment.workingDirectory,
      origins,
      environment: cloud.environment,
      ...(options.stateFolder !== undefined && { state: options.stateFolder }),
    };
    await record(known);
    const variables = cloudVariables(environment, cloud);
    const [name, ...args] = command;
    if (name !== undefined) return await environment.runCommand(name, args, variables);
    if (flags.shell) return await openShell(cloud.environment, variables, environment, flags.state);
    await announce(cloud, flags, environment, started);
    await interrupted(environment.interruption);
    environment.terminal.say(
      flags.state === undefined
        ? "The local cloud has stopped. Its deployments are gone."
        : `The local cloud has stopped. Its deployments are in ${flags.state}.`,
    );
    return 0;
  } finally {
    if (known !== undefined) await record({ ...known, environment: {} });
    await cloud.close();
  }
}

async function cloudOptions(
  flags: LocalFlags,
  environment: Environment,
  hasTerminal: boolean,
): Promise<LocalCloudOptions> {
  const { terminal } = environment;
  // Use the keys in the project's .env files: `sst deploy` prefers them to the environment.
  const dotenvOnly = { files: environment.files, variables: {} };
  const configuration = new Configuration(dotenvOnly, findProject(environment), flags.stage);
  const clientCredentials = await findClientCredentials(environment, configuration);
  return {
    awsPort: flags.port,
    twitterPort: flags.twitterPort,
    ...(clientCredentials === undefined ? {} : { clientCredentials }),
    ...(flags.twitterCallback && { twitterApp: { callbackUrls: flags.twitterCallback } }),
    ...tlsOption(flags, environment),
    oidcIssuers: oidcIssuers(flags.oidcIssuer ?? []),
    ...extraCaCertificates(environment),
    ...(flags.presignExpires === undefined ? {} : { presignedSeconds: flags.presignExpires / 1000 }),
    ...(flags.fastForward === undefined ? {} : { fastForwardSeconds: flags.fastForward / 1000 }),
    ...(flags.strict && { strict: true }),
    ...(flags.state !== undefined && { stateFolder: resolve(environment.workingDirectory, flags.state) }),
    serviceEndpoints: Object.fromEntries(
      Object.entries(environment.variables).flatMap(([name, address]) =>
        name.startsWith("AWS_ENDPOINT_URL_") && address ? [[name, address]] : [],
      ),
    ),
    ...logOption(flags, terminal, hasTerminal),
  };
}

/**
 * A command and a shell use the terminal themselves, so requests are shown only with `--debug`. The log has the warnings
 * too.
 */
function logOption(
  { quiet, debug }: LocalFlags,
  terminal: Environment["terminal"],
  hasTerminal: boolean,
): Partial<Pick<LocalCloudOptions, "log" | "warn">> {
  if (debug) return { log: (line) => terminal.say(`local: ${line}`) };
  return !hasTerminal || quiet
    ? { warn: (line) => terminal.say(`local cloud: ${line}`) }
    : { log: (line) => terminal.say(line) };
}

function tlsOption(
  { tlsCert, tlsKey }: LocalFlags,
  environment: Environment,
): Partial<Pick<LocalCloudOptions, "tls">> {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new AuthCliError("invalid-usage", {
      message: "--tls-cert and --tls-key require each other",
      cause: `${tlsCert === undefined ? "--tls-cert" : "--tls-key"} is missing`,
      fix: "pass a certificate and its private key, both PEM",
    });
  }
  const read = (path: string, flag: string): string => {
    const text = environment.files.readText(resolve(environment.workingDirectory, path));
    if (text?.includes("-----BEGIN")) return text;
    throw new AuthCliError("invalid-usage", {
      message: `${path} is not a PEM file (${flag})`,
      cause: text === undefined ? "it does not exist" : "it does not contain -----BEGIN",
      fix: "pass a certificate and its private key, both PEM",
    });
  };
  return { tls: { cert: read(tlsCert, "--tls-cert"), key: read(tlsKey, "--tls-key") } };
}

/** The certificates that programs in the local cloud trust already: it has its own value of the variable. */
function extraCaCertificates({
  files,
  variables,
  workingDirectory,
}: Environment): Partial<Pick<LocalCloudOptions, "extraCaCertificates">> {
  const { NODE_EXTRA_CA_CERTS: path } = variables;
  // Node ignores a file that it cannot read, after a warning.
  const text = path ? files.readText(resolve(workingDirectory, path)) : undefined;
  return text === undefined ? {} : { extraCaCertificates: text };
}

/** The addresses of the issuers whose ID tokens identity pools accept. */
function oidcIssuers(flags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    flags.map((flag) => {
      const [, name, address] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
      if (name === undefined || address === undefined || name.includes("://") || !URL.canParse(address)) {
        throw new AuthCliError("invalid-usage", {
          message: `invalid --oidc-issuer ${JSON.stringify(flag)}`,
          cause: "the form is <name>=<URL>, with the provider name without https://",
          fix: "write --oidc-issuer accounts.google.com=https://accounts.google.com, or the URL of your own issuer",
        });
      }
      return [name.replace(/\/$/, ""), parseServiceUrl(address, "--oidc-issuer").href] as const;
    }),
  );
}

async function startLocalCloud(options: LocalCloudOptions, environment: Environment): Promise<LocalCloud> {
  const { startLocalCloud: start, defaultPorts } = await import("@api-auth-twitter/local-cloud").catch(
    (error: unknown) => {
      throw explainMissing(error, environment.commandName);
    },
  );
  try {
    return await start(options);
  } catch (error) {
    if (isStateError(error)) throw explainState(error, environment.platform);
    const { code, port, url } = error as { code?: string; port?: number; url?: string };
    if (code === "INVALID_CALLBACK_URLS" && error instanceof Error) {
      throw new AuthCliError("invalid-usage", {
        message:
          url === undefined
            ? "too many --twitter-callback flags"
            : `invalid --twitter-callback ${JSON.stringify(url)}`,
        cause: error.message,
        fix: "pass up to ten URLs as the X app has them, for example --twitter-callback http://127.0.0.1:3000/callback",
      });
    }
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const holder = port === undefined ? undefined : await environment.findPortHolder(port);
    const { awsPort = defaultPorts.aws, twitterPort = defaultPorts.twitter, stateFolder } = options;
    if (stateFolder !== undefined && port !== awsPort && port !== twitterPort) {
      throw new AuthCliError("port-taken", {
        message: `cannot listen on port ${port ?? ""} of 127.0.0.1, which the state in ${stateFolder} uses`,
        cause: `${holder ?? "another program"} listens there`,
        fix: "stop it, or start without --state and deploy again",
      });
    }
    const flag = port === twitterPort ? "--twitter-port" : "--port";
    throw new AuthCliError("port-taken", {
      message: `cannot listen on port ${port ?? ""} of 127.0.0.1 (${flag})`,
      cause:
        code === "EACCES"
          ? "ports below 1024 need privileges"
          : `${holder ?? "another program"} listens there`,
      // 0 selects the port in the state folder first.
      fix: `stop it, or select ${stateFolder === undefined ? `a free port with ${flag} 0` : `another port with ${flag}`}`,
    });
  }
}

/** Unsets variables that would take precedence over the local cloud's keys. */
function cloudVariables(environment: Environment, cloud: LocalCloud): Record<string, string | undefined> {
  return {
    ...environment.variables,
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    ...cloud.environment,
  };
}

async function announce(
  cloud: LocalCloud,
  { json }: LocalFlags,
  environment: Environment,
  started: number,
): Promise<void> {
  const { terminal, now } = environment;
  if (json) {
    await terminal.printUnmasked(jsonLines({ environment: cloud.environment }));
    return;
  }
  const shell = guessShell(environment);
  terminal.say([`The local cloud is ready after ${now() - started} ms. In another terminal:`, ""]);
  // `print` would mask the keys, which work only in this process.
  await terminal.printUnmasked(assignments(shell, cloud.environment));
  terminal.say([
    "",
    `These lines again: ${nameCommands(`\`${evaluation[shell]}\``, environment.commandName).replaceAll("`", "")}`,
    `Next time, start it with a shell in it: ${environment.commandName} local --shell`,
    "",
    ...(await nextSteps(environment)),
    "",
    "Press Ctrl-C to stop the local cloud.",
  ]);
}

/** What to type in the other terminal. */
async function nextSteps(environment: Environment): Promise<string[]> {
  const { framework } = findProject(environment);
  const { howToDeploy } = await import("../../deployment/framework-words.ts");
  const stage = framework === "sst" ? " --stage local" : "";
  const steps = framework === undefined ? [] : howToDeploy(framework, "local");
  const deploy = steps.flatMap((step) => /`([^`]+)`/.exec(step)?.[1] ?? []);
  const own = ["login", "smoke"].map((command) => `${environment.commandName} ${command}${stage}`);
  const first = framework === undefined ? "In a project's folder, deploy it" : "Then deploy";
  return [`${first}, log in and check:`, "", ...[...deploy, ...own].map((line) => `  ${line}`)];
}

function interrupted(interruption: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    if (interruption.aborted) settle();
    else interruption.addEventListener("abort", () => settle(), { once: true });
  });
}
