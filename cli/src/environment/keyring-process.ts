/**
 * One request to the OS keyring, in a process of its own: opening a keyring blocks the whole thread for as long as its
 * service does not answer, so only a process can be given up. Request and answer go through pipes, one JSON text each.
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
    // Without a Secret Service the library would take the kernel's keyring, which forgets at every restart.
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
