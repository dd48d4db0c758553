import { accessSync } from "node:fs";
import { join } from "node:path";
import { AuthCliError } from "../errors.ts";

/**
 * The operating system's store of secrets: Keychain, Credential Manager, or a Secret Service on D-Bus.
 * Each call throws AuthCliError `keyring-missing` when there is none here, and `keyring-failed` when it refuses, breaks
 * or does not answer within two seconds; their `cause` says what happened.
 */
export interface Keyring {
  /** Undefined when it holds nothing under this account. */
  read(account: string): Promise<string | undefined>;
  write(account: string, secret: string): Promise<void>;
  /** One that is not there is no fault. */
  remove(account: string): Promise<void>;
}

/** What entries are filed under, beside their account. */
const keyringService = "auth-cli";

export interface KeyringRequest {
  operation: "read" | "write" | "remove";
  service: string;
  account: string;
  secret?: string;
}

/** `secret` is null when there is no such entry. */
export type KeyringReply = { secret?: string | null } | { missing: string } | { failed: string };

export interface KeyringOptions {
  variables: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  interruption: AbortSignal;
  /** The program that answers one request. */
  program?: string;
}

const limitMs = 2000;

export function createKeyring(options: KeyringOptions): Keyring {
  const ask = async (request: Omit<KeyringRequest, "service">): Promise<string | undefined> => {
    const missing = whyMissing(options);
    if (missing !== undefined) throw keyringMissing(missing);
    const reply = await runRequest({ service: keyringService, ...request }, options);
    if ("missing" in reply) throw keyringMissing(reply.missing);
    if ("failed" in reply) throw keyringFailed(reply.failed);
    return reply.secret ?? undefined;
  };
  return {
    read: (account) => ask({ operation: "read", account }),
    write: async (account, secret) => void (await ask({ operation: "write", account, secret })),
    remove: async (account) => void (await ask({ operation: "remove", account })),
  };
}

/** Where the system has none, no process is started to find that out. */
function whyMissing({ variables, platform }: KeyringOptions): string | undefined {
  if (platform === "win32" || platform === "darwin" || variables["DBUS_SESSION_BUS_ADDRESS"])
    return undefined;
  const runtimeFolder = variables["XDG_RUNTIME_DIR"];
  if (runtimeFolder) {
    try {
      accessSync(join(runtimeFolder, "bus"));
      return undefined;
    } catch {
      // No bus.
    }
  }
  return "this session has no D-Bus, and so no Secret Service";
}

async function runRequest(
  request: KeyringRequest,
  { variables, interruption, program = requestProgram() }: KeyringOptions,
): Promise<KeyringReply> {
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program], {
      env: variables,
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    const stop = (): void => void child.kill("SIGKILL");
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      stop();
    }, limitMs);
    interruption.addEventListener("abort", stop, { once: true });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(request));
    child.once("error", (error) => resolve({ failed: error.message }));
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      interruption.removeEventListener("abort", stop);
      // Ctrl-C reaches the child too; that is no fault of the keyring's.
      if (interruption.aborted) reject(new AuthCliError("interrupted", { message: "interrupted" }));
      else if (late) resolve({ failed: `it does not answer within ${limitMs / 1000} s` });
      else
        resolve(parseReply(output) ?? { failed: `its process ended with ${signal ?? `exit code ${code}`}` });
    });
  });
}

function parseReply(output: string): KeyringReply | undefined {
  try {
    return JSON.parse(output) as KeyringReply;
  } catch {
    return undefined;
  }
}

/** Beside the bundle. */
function requestProgram(): string {
  return join(import.meta.dirname, "keyring-process.js");
}

export function keyringMissing(cause: string): AuthCliError {
  return new AuthCliError("keyring-missing", { message: "there is no OS keyring here", cause });
}

export function keyringFailed(cause: string): AuthCliError {
  return new AuthCliError("keyring-failed", { message: "the OS keyring cannot be used", cause });
}
