import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { AuthCliError } from "../errors.ts";
import { readSmallFile } from "./files.ts";

/**
 * Reads the certificate authorities to trust: Node's and those of the files. Once given a list, Node trusts nothing else.
 * @param files paths, by the flag or variable that names them
 * @returns PEM certificates
 * @throws AuthCliError `invalid-configuration`
 */
export function readCertificateAuthorities(files: Readonly<Record<string, string | undefined>>): string[] {
  const read = Object.entries(files).map(([source, file]) =>
    file === undefined ? [] : readCertificates(file, source),
  );
  return [...rootCertificates, ...read.flat()];
}

/** Texts whose certificates are valid: each environment of a program reads the file, and validating it takes milliseconds. */
const valid = new Map<string, string[]>();

function readCertificates(file: string, source: string): string[] {
  let text: string;
  try {
    text = readSmallFile(file);
  } catch (error) {
    throw new AuthCliError("invalid-configuration", {
      message: `cannot read ${file} (${source})`,
      cause: causeOf(error),
      fix: "name a file with PEM certificates",
    });
  }
  const known = valid.get(text);
  if (known !== undefined) return known;
  const blocks = text.match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END \1?CERTIFICATE-----/g);
  if (blocks?.every(isCertificate)) {
    valid.set(text, blocks);
    return blocks;
  }
  throw new AuthCliError("invalid-configuration", {
    message: `${file} contains no valid certificate (${source})`,
    cause:
      blocks === null
        ? "it has no line -----BEGIN CERTIFICATE-----"
        : "the text between BEGIN CERTIFICATE and END CERTIFICATE is not a certificate",
    fix: "name a file with PEM certificates; `openssl x509 -inform der -in FILE -out FILE.pem` converts one",
  });
}

function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "the file does not exist";
  return code === "EACCES" ? "permission denied" : message;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
