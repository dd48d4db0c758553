import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./repository.ts";
import { runProcess } from "./run-process.ts";

/** Survives until the next `npm ci`. */
const cacheFolder = join(repository, "node_modules/.cache/pinned-packages");

/**
 * Installs the packages of a folder's `package-lock.json` outside this repository's own tree, once for each lock file.
 * Their install scripts do not run.
 *
 * @returns the `node_modules` folder, for `NODE_PATH`
 */
export async function installPinned(folder: string): Promise<string> {
  const lock = await readFile(join(folder, "package-lock.json"));
  const target = join(cacheFolder, createHash("sha256").update(lock).digest("hex").slice(0, 16));
  const modules = join(target, "node_modules");
  if (await exists(modules)) return modules;
  await mkdir(cacheFolder, { recursive: true });
  const fresh = await mkdtemp(join(cacheFolder, "new-"));
  for (const name of ["package.json", "package-lock.json"]) {
    await copyFile(join(folder, name), join(fresh, name));
  }
  const { PATH, HOME } = process.env;
  const { code, stdout, stderr } = await runProcess(
    "npm",
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
    { cwd: fresh, env: { PATH, HOME }, timeoutMs: 300_000 },
  );
  if (code !== 0) throw new Error(`npm ci: exit code ${code}\n${stdout}\n${stderr}`);
  try {
    await rename(fresh, target);
  } catch (error) {
    // Another worker was faster.
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(modules))) throw error;
  }
  return modules;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
