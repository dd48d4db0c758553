import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quickNpmPath } from "./quick-npm.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";
import { appFiles } from "./synthesized-stack.ts";
import { untilWritten } from "./sst-outputs.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const sst = join(root, "node_modules/sst/cli/sst.js");

/** A copy of this repository's SST app that a test may edit, deploy and throw away. */
export interface SstApp {
  folder: string;
  /** Replaces text in a file of the app; it is an error when the text is not there. */
  edit(file: string, text: string | RegExp, replacement: string): Promise<void>;
  /** The real, unmodified SST: `deploy --stage prod`. With `PATH` in the variables, by the npm that is on it. */
  sst(args: readonly string[], variables: Record<string, string | undefined>): Promise<ProcessResult>;
  remove(): Promise<void>;
}

export async function copySstApp(): Promise<SstApp> {
  const folder = await mkdtemp(join(tmpdir(), "sst-app-"));
  await mkdir(join(folder, "packages"));
  // CDK leaves a folder of its own where temporary files go; here it goes with the app.
  const temporary = join(folder, "tmp");
  await mkdir(temporary);
  const quickPath = await quickNpmPath(join(temporary, "bin"));
  for (const file of appFiles) {
    await cp(join(root, file), join(folder, file), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  return {
    folder,
    async edit(file, text, replacement) {
      const path = join(folder, file);
      const before = await readFile(path, "utf8");
      const after = before.replace(text, replacement);
      if (after === before) throw new Error(`${file} does not contain ${String(text)}`);
      await writeFile(path, after);
    },
    async sst(args, variables) {
      // SST waits for ever for an endpoint that does not answer, hence the limit.
      const run = (): Promise<ProcessResult> =>
        runProcess(process.execPath, [sst, ...args], {
          cwd: folder,
          env: { TMPDIR: temporary, PATH: quickPath, ...variables },
          timeoutMs: 120_000,
        });
      return args[0] === "deploy" ? untilWritten(join(folder, ".sst/outputs.json"), run) : run();
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
