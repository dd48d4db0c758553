import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { findPeer } from "./peers.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The certificate of every service that clients have built in, and its file. Undefined without openssl. */
    certificate: Certificate | undefined;
  }
}

/** The hosts that the clients have built in. */
const names = [
  "IP:127.0.0.1",
  "DNS:localhost",
  "DNS:api.x.com",
  "DNS:twitter.com",
  "DNS:api.twitter.com",
  "DNS:*.execute-api.us-east-1.amazonaws.com",
  "DNS:cognito-identity.us-east-1.amazonaws.com",
];

/** Makes a certificate for the hosts of X and AWS, and starts the workers so that they trust it. */
export default async function provideCertificate({ provide }: TestProject): Promise<() => Promise<void>> {
  if (findPeer("openssl") === undefined) {
    provide("certificate", undefined);
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-authority-"));
  const certificate = await makeCertificate(folder, names);
  // Node reads it only when a process starts, and each worker is a process.
  process.env["NODE_EXTRA_CA_CERTS"] = certificate.file;
  provide("certificate", certificate);
  return () => rm(folder, { recursive: true, force: true });
}
