import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerAuthorizePage } from "./authorize-page.ts";
import { repository } from "./repository.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";

/** The built program, as users start it. */
export const authCliPath = join(repository, "cli/bin/auth-cli.cjs");

type Variables = Record<string, string | undefined>;

export interface CachedCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ISO 8601. */
  expiration: string;
}

/** From the authorize page's address to its PIN. */
export type PinFinder = (authorizeUrl: string) => Promise<string | undefined>;

/** The built auth-cli with stores of its own. */
export interface AuthCli {
  /** Where its stores are. */
  home: string;
  /** The project's folder. */
  cwd: string;
  variables: Variables;
  run(
    args: readonly string[],
    options?: { stdin?: string | Uint8Array; variables?: Variables },
  ): Promise<ProcessResult>;
  /** `login` with a scripted user, who authorizes under a screen name, or finds a PIN in a way of their own. */
  logIn(user: string | PinFinder, args?: readonly string[]): Promise<ProcessResult>;
  /** The token credentials of the stored logins by Twitter, the last one last. */
  storedTokens(): Promise<{ token: string; secret: string }[]>;
  /** The AWS credentials in the cache. */
  cachedCredentials(): Promise<CachedCredentials[]>;
  /** Changes the AWS credentials in the cache. */
  editCredentials(changes: Partial<CachedCredentials>): Promise<void>;
  /** Makes the cached AWS credentials look expired, so that the next command renews them. */
  expireCredentials(): Promise<void>;
  /** Every secret that the stores hold. */
  storedSecrets(): Promise<string[]>;
  remove(): Promise<void>;
}

/**
 * @param cwd the project's folder, where `.sst/outputs.json` is looked for
 * @param options.program another copy of the program than the one that is built here
 */
export async function createAuthCli(
  cwd: string,
  environment: Variables,
  { program = authCliPath }: { program?: string } = {},
): Promise<AuthCli> {
  const home = await mkdtemp(join(tmpdir(), "auth-cli-home-"));
  const variables: Variables = {
    PATH: process.env["PATH"],
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_CACHE_HOME: join(home, "cache"),
    // Never the developer's own keyring.
    AUTH_CLI_STORE: "file",
    ...environment,
  };
  return {
    home,
    cwd,
    variables,
    run: (args, options = {}) =>
      runProcess(process.execPath, [program, ...args], {
        cwd,
        env: { ...variables, ...options.variables },
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      }),
    logIn: (user, args = []) =>
      logIn(
        typeof user === "string" ? pinOf(user) : user,
        [program, "login", "--no-browser", ...args],
        cwd,
        variables,
      ),
    storedTokens: () => storedTokens(home),
    cachedCredentials: () => cachedCredentials(home),
    editCredentials: (changes) => editCredentials(home, changes),
    expireCredentials: () => editCredentials(home, { expiration: "2020-01-01T00:00:00.000Z" }),
    storedSecrets: async () => [
      ...(await storedTokens(home)).flatMap(({ token, secret }) => [token, secret]),
      ...(await storedSessions(home)).flatMap(({ loginToken }) => loginToken?.secret ?? []),
      ...(await cachedCredentials(home)).flatMap(({ secretAccessKey, sessionToken }) => [
        secretAccessKey,
        sessionToken,
      ]),
    ],
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

interface StoredSession {
  /** Of a login by Twitter. */
  tokenCredentials?: { token: string; secret: string };
  /** Of a login by another provider. */
  loginToken?: { secret?: string };
}

async function storedSessions(home: string): Promise<StoredSession[]> {
  const text = await readFile(join(home, "config/auth-cli/sessions.json"), "utf8");
  return (JSON.parse(text) as { sessions: StoredSession[] }).sessions;
}

async function storedTokens(home: string): Promise<{ token: string; secret: string }[]> {
  return (await storedSessions(home)).flatMap(({ tokenCredentials }) => tokenCredentials ?? []);
}

async function cachedCredentials(home: string): Promise<CachedCredentials[]> {
  const folder = join(home, "cache/auth-cli");
  const texts = await Promise.all(
    (await readdir(folder)).map((file) => readFile(join(folder, file), "utf8")),
  );
  return texts.map((text) => (JSON.parse(text) as { credentials: CachedCredentials }).credentials);
}

async function editCredentials(home: string, changes: Partial<CachedCredentials>): Promise<void> {
  const folder = join(home, "cache/auth-cli");
  for (const file of await readdir(folder)) {
    if (!/^[0-9a-f]{32}\.json$/.test(file)) continue;
    const text = await readFile(join(folder, file), "utf8");
    const { credentials, ...rest } = JSON.parse(text) as { credentials: object };
    const changed = { ...rest, credentials: { ...credentials, ...changes } };
    await writeFile(join(folder, file), JSON.stringify(changed));
  }
}

function pinOf(screenName: string): PinFinder {
  return async (authorizeUrl) => (await answerAuthorizePage(authorizeUrl, { screenName })).pin;
}

async function logIn(
  findPin: PinFinder,
  args: readonly string[],
  cwd: string,
  variables: Variables,
): Promise<ProcessResult> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: variables,
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), 30_000);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => {});
  const ended = new Promise<Pick<ProcessResult, "code" | "signal">>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  try {
    const url = await Promise.race([printedUrl(child), ended]);
    if (typeof url === "string") child.stdin.end(`${(await findPin(url)) ?? ""}\n`);
    return { ...(await ended), stdout, stderr };
  } finally {
    clearTimeout(limit);
    child.kill("SIGKILL");
  }
}

/** The address that `login` prints on a line of its own. */
function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const url = /^(https?:\/\/\S+oauth_token=\S+)\n/m.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}
