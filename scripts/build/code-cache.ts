import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./common.ts";

/** Code with a stamp that changes with it, by which cli/bin/auth-cli.cjs knows the cache that was made of it. */
export function stamped(code: string): string {
  return `${code}//${createHash("sha256").update(code).digest("hex").slice(0, 16)}`;
}

/** Goes a way into the program, so that what it needs of its pack is compiled, and keeps what V8 made of that. */
export async function writeCodeCache(folder: string, pack: string, wayIn: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "auth-cli-build-"));
  try {
    const args = [join(root, "scripts/build/warm-up.cjs"), folder, pack, wayIn];
    await promisify(execFile)(process.execPath, args, { cwd: home, env: { HOME: home }, timeout: 30_000 });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
