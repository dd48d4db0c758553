import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Real programs that tests hold ours against, and the Debian package that brings each.
 * The distribution's own binary comes first: a shim of a version manager on the PATH may have nothing behind it.
 */
const debianPackages = {
  aws: "awscli",
  bash_completion: "bash-completion",
  chromium: "chromium",
  curl: "curl",
  "dbus-run-session": "dbus",
  faketime: "faketime",
  fish: "fish",
  "gnome-keyring-daemon": "gnome-keyring",
  hyperfine: "hyperfine",
  openssl: "openssl",
  perl: "perl",
  python3: "python3-oauthlib",
  ruby: "ruby",
  shellcheck: "shellcheck",
  taskset: "util-linux",
  tmux: "tmux",
  wrk: "wrk",
  xmllint: "libxml2-utils",
  zsh: "zsh",
} as const;

export type Peer = keyof typeof debianPackages;

/**
 * The path of an installed peer, or undefined, said loudly, when it is missing. Use with `describe.skipIf(!path)`.
 * With `REQUIRE_PEERS=1` (set by CI) a missing peer is an error, so that there nothing can be skipped in silence.
 */
export function findPeer(name: Peer): string | undefined {
  const folders = [
    "/usr/bin",
    "/usr/local/bin",
    "/usr/share/bash-completion",
    ...(process.env["PATH"] ?? "").split(delimiter),
  ];
  const path = folders.map((folder) => join(folder, name)).find(isInstalled);
  if (path !== undefined) return path;
  return missingPeer(`${name} is not installed (apt-get install ${debianPackages[name]})`);
}

/** Reports what is missing, or with `REQUIRE_PEERS=1` throws it. */
export function missingPeer(message: string): undefined {
  if (process.env["REQUIRE_PEERS"] === "1") throw new Error(message);
  process.stderr.write(`SKIPPED: ${message}\n`);
}

function isInstalled(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
