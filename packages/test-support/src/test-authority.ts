import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findPeer } from "./peers.ts";
import { runProcess } from "./run-process.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The certificate of every service that clients have built in, and its file. Undefined without openssl. */
    certificate: { file: string; cert: string; key: string } | undefined;
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
export default async function makeCertificate({ provide }: TestProject): Promise<() => Promise<void>> {
  const openssl = findPeer("openssl");
  if (openssl === undefined) {
    provide("certificate", undefined);
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-authority-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "1",
    "-keyout",
    key,
    "-out",
    cert,
  ];
  const subject = ["-subj", "/CN=local cloud", "-addext", `subjectAltName=${names.join(",")}`];
  const made = await runProcess(openssl, [...request, ...subject], { env: { PATH: process.env["PATH"] } });
  if (made.code !== 0) throw new Error(made.stderr);
  // Node reads it only when a process starts, and each worker is a process.
  process.env["NODE_EXTRA_CA_CERTS"] = cert;
  provide("certificate", {
    file: cert,
    cert: await readFile(cert, "utf8"),
    key: await readFile(key, "utf8"),
  });
  return () => rm(folder, { recursive: true, force: true });
}
