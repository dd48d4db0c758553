/**
 * Performs one request to the OS keyring in a separate process: @napi-rs/keyring blocks its thread while the service
 * does not answer, and only a process can be killed. Reads the request from standard input and writes the reply to
 * standard output, as JSON.
 */
import { readFileSync } from "node:fs";
import type * as Keyring from "@napi-rs/keyring";
import type { KeyringReply, KeyringRequest } from "./keyring.ts";

async function main(): Promise<void> {
  const request = JSON.parse(readFileSync(0, "utf8")) as KeyringRequest;
  process.stdout.write(JSON.stringify(await answer(request)));
}

async function answer({ operation, service, account, secret }: KeyringRequest): Promise<KeyringReply> {
  let keyring: typeof Keyring;
  try {
    keyring = await import("@napi-rs/keyring");
  } catch {
    return { missing: "@napi-rs/keyring is not installed" };
  }
  try {
    // By default the library falls back to the kernel's keyring, which forgets its entries at every restart.
    const entry = new keyring.Entry(service, account, { linux: { store: "secret-service" } });
    if (operation === "read") return { secret: entry.getPassword() };
    if (operation === "write") entry.setPassword(secret ?? "");
    else entry.deletePassword();
    return {};
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

void main();
