import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Real programs that tests hold ours against, and the Debian package that brings each.
 * The distribution's own binary comes first: a shim of a version manager on the PATH may have nothing behind it.
 */
const debianPackages = {
  aws: "awscli",
  chromium: "chromium",
  curl: "curl",
  hyperfine: "hyperfine",
  openssl: "openssl",
  python3: "python3-oauthlib",
  tmux: "tmux",
} as const;

export type Peer = keyof typeof debianPackages;

/**
 * The path of an installed peer, or undefined, said loudly, when it is missing. Use with `describe.skipIf(!path)`.
 * With `REQUIRE_PEERS=1` (set by CI) a missing peer is an error, so that there nothing can be skipped in silence.
 */
export function findPeer(name: Peer): string | undefined {
  const folders = ["/usr/bin", "/usr/local/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (path !== undefined) return path;
  const message = `${name} is not installed (apt-get install ${debianPackages[name]})`;
  if (process.env["REQUIRE_PEERS"] === "1") throw new Error(message);
  process.stderr.write(`SKIPPED: ${message}\n`);
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
