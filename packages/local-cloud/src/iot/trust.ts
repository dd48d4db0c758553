import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file for `NODE_EXTRA_CA_CERTS`. */
export interface Trust {
  file: string;
  remove(): void;
}

/**
 * Writes PEM certificates to a temporary file. It goes with the process, if not before.
 * @param lasting a folder in which the file stays instead
 */
export function createTrust(certificates: readonly string[], lasting?: string): Trust {
  if (lasting !== undefined) {
    const path = join(lasting, "certificates.pem");
    writeFileSync(path, certificates.join("\n"));
    return { file: path, remove() {} };
  }
  const folder = mkdtempSync(join(tmpdir(), "api-auth-twitter-trust-"));
  const file = join(folder, "certificates.pem");
  writeFileSync(file, certificates.join("\n"));
  // Certificates are public, and a command may run as another user.
  chmodSync(folder, 0o755);
  chmodSync(file, 0o644);
  const remove = (): void => {
    process.off("exit", remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  return { file, remove };
}
