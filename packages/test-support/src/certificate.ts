import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findPeer } from "./peers.ts";
import { runProcess } from "./run-process.ts";

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
  /** Holds `cert`. */
  file: string;
}

/**
 * A new self-signed certificate, valid for one day. An elliptic curve, because openssl computes an RSA key for 0.2 s.
 *
 * @param folder where its files go
 * @param names alternative names: `IP:127.0.0.1`
 * @throws Error without openssl
 */
export async function makeCertificate(folder: string, names: readonly string[]): Promise<Certificate> {
  const [keyFile, file] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test".split(
    " ",
  );
  const files = ["-keyout", keyFile, "-out", file];
  const { code, stderr } = await runProcess(
    findPeer("openssl") ?? "openssl",
    [...options, "-subj", "/CN=private authority", "-addext", `subjectAltName=${names.join(",")}`, ...files],
    { env: { PATH: process.env["PATH"] } },
  );
  if (code !== 0) throw new Error(`openssl: ${stderr}`);
  return { cert: await readFile(file, "utf8"), key: await readFile(keyFile, "utf8"), file };
}
