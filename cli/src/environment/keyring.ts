import { accessSync } from "node:fs";
import { join } from "node:path";
import { AuthCliError } from "../errors.ts";
import { interrupted } from "./interrupted.ts";
import { onAbort } from "./on-abort.ts";

/**
 * The operating system's store of secrets: Keychain, Credential Manager, or a Secret Service on D-Bus. Functions throw
 * AuthCliError `keyring-missing` where the system has none, and `keyring-failed` when it refuses, fails or does not
 * answer within two seconds.
 */
export interface Keyring {
  /** Undefined for an unknown account. */
  read(account: string): Promise<string | undefined>;
  write(account: string, secret: string): Promise<void>;
  /** Ignores an unknown account. */
  remove(account: string): Promise<void>;
}

/** Entries are stored by service and account. */
const keyringService = "auth-cli";

export interface KeyringRequest {
  operation: "read" | "write" | "remove";
  service: string;
  account: string;
  secret?: string;
}

/** `secret` is null for an unknown account. */
export type KeyringReply = { secret?: string | null } | { missing: string } | { failed: string };

export interface KeyringOptions {
  variables: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  interruption: AbortSignal;
  /** The program that performs one request. */
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

/** Why this system has no keyring, found without a process. Undefined when it may have one. */
function whyMissing({ variables, platform }: KeyringOptions): string | undefined {
  if (platform === "win32" || platform === "darwin" || variables["DBUS_SESSION_BUS_ADDRESS"])
    return undefined;
  const runtimeFolder = variables["XDG_RUNTIME_DIR"];
  if (runtimeFolder) {
    try {
      accessSync(join(runtimeFolder, "bus"));
      return undefined;
    } catch {
      // Without a bus, the text below is returned.
    }
  }
  return "this session has no D-Bus, so no Secret Service";
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
    const unlisten = onAbort(interruption, stop);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify(request));
    child.once("error", (error) => resolve({ failed: error.message }));
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      unlisten();
      // Ctrl-C also ends the child.
      if (interruption.aborted) reject(interrupted());
      else if (late) resolve({ failed: `it did not answer within ${limitMs / 1000} s` });
      else resolve(parseReply(output) ?? { failed: `its process exited with ${signal ?? `code ${code}`}` });
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

function requestProgram(): string {
  return join(import.meta.dirname, "keyring-process.js");
}

export function keyringMissing(cause: string): AuthCliError {
  return new AuthCliError("keyring-missing", { message: "this system has no OS keyring", cause });
}

export function keyringFailed(cause: string): AuthCliError {
  return new AuthCliError("keyring-failed", { message: "cannot use the OS keyring", cause });
}
