import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file for `NODE_EXTRA_CA_CERTS`. */
export interface Trust {
  file: string;
  remove(): void;
}

/** Writes PEM certificates to a temporary file. It goes with the process, if not before. */
export function createTrust(certificates: readonly string[]): Trust {
  const folder = mkdtempSync(join(tmpdir(), "api-auth-twitter-trust-"));
  const file = join(folder, "certificates.pem");
  writeFileSync(file, certificates.join("\n"));
  const remove = (): void => {
    process.off("exit", remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  return { file, remove };
}
