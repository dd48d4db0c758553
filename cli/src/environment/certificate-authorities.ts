import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { AuthCliError } from "../errors.ts";
import { readSmallFile } from "./files.ts";

/**
 * Reads the certificate authorities to trust: Node's, those of `NODE_EXTRA_CA_CERTS` and those of a file. Once given a
 * list, Node trusts nothing else.
 * @param extraFile the value of `NODE_EXTRA_CA_CERTS`
 * @returns PEM certificates
 * @throws AuthCliError `invalid-configuration`
 */
export function readCertificateAuthorities(file: string, extraFile: string | undefined): string[] {
  const extra =
    extraFile === undefined || extraFile === "" ? [] : readCertificates(extraFile, "NODE_EXTRA_CA_CERTS");
  return [...rootCertificates, ...extra, ...readCertificates(file, "--cacert")];
}

function readCertificates(file: string, source: string): string[] {
  let text: string;
  try {
    text = readSmallFile(file);
  } catch (error) {
    throw new AuthCliError("invalid-configuration", {
      message: `cannot read ${file} (${source})`,
      cause: error instanceof Error ? error.message : String(error),
      fix: "name a file with PEM certificates",
    });
  }
  const blocks = text.match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END \1?CERTIFICATE-----/g);
  if (blocks?.every(isCertificate)) return blocks;
  throw new AuthCliError("invalid-configuration", {
    message: `${file} contains no valid certificate (${source})`,
    cause:
      blocks === null
        ? "it has no line -----BEGIN CERTIFICATE-----"
        : "the text between BEGIN CERTIFICATE and END CERTIFICATE is not a certificate",
    fix: "name a file with PEM certificates; `openssl x509 -inform der -in FILE -out FILE.pem` converts one",
  });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
