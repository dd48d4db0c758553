import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A built checkout of this repository. */
export interface Checkout {
  /** The column's title. */
  name: string;
  root: string;
  program: string;
  sst: string;
}

const run = promisify(execFile);

export const here = at("this build", join(import.meta.dirname, "../.."));

function at(name: string, root: string): Checkout {
  return {
    name,
    root,
    program: join(root, "cli/bin/auth-cli.cjs"),
    sst: join(root, "node_modules/sst/cli/sst.js"),
  };
}

/** Checks a commit out in a temporary folder, installs it and builds it. */
export async function checkOut(commit: string): Promise<Checkout & { remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-bench-"));
  const root = join(folder, "checkout");
  const remove = async (): Promise<void> => {
    await run("git", ["worktree", "remove", "--force", root], { cwd: here.root });
    await rm(folder, { recursive: true, force: true });
  };
  await run("git", ["worktree", "add", "--detach", root, commit], { cwd: here.root });
  try {
    // Its `prepare` builds.
    await run("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: root });
  } catch (error) {
    await remove();
    throw error;
  }
  return { ...at(commit, root), remove };
}
