import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { quickNpmPath } from "./quick-npm.ts";
import { repository } from "./repository.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";
import { appFiles } from "./synthesized-stack.ts";
import { untilWritten } from "./sst-outputs.ts";

const sst = join(repository, "node_modules/sst/cli/sst.js");
const tsx = import.meta.resolve("tsx");

/** A copy of this repository's SST app that a test may edit, deploy and throw away. */
export interface SstApp {
  folder: string;
  /** Replaces text in a file of the app; it is an error when the text is not there. */
  edit(file: string, text: string | RegExp, replacement: string): Promise<void>;
  /** The real, unmodified SST: `deploy --stage prod`. With `PATH` in the variables, by the npm that is on it. */
  sst(args: readonly string[], variables: Record<string, string | undefined>): Promise<ProcessResult>;
  /** Starts the real `sst dev` without a terminal. */
  dev(stage: string, variables: Record<string, string | undefined>): SstDev;
  /** Starts what `npm run dev:local` starts, without a terminal. */
  devLocal(): SstDev;
  remove(): Promise<void>;
}

/** A running `sst dev`. */
export interface SstDev {
  /** All that it has printed. */
  output(): string;
  hasEnded(): boolean;
  /**
   * Waits until it prints this, after what an earlier call has waited for.
   * @throws Error with the output when it ends first, or after two minutes
   */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it, as Ctrl-C does. @returns the exit code, or null when the signal itself ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function copySstApp(): Promise<SstApp> {
  const folder = await mkdtemp(join(tmpdir(), "sst-app-"));
  await mkdir(join(folder, "packages"));
  // CDK leaves a folder of its own where temporary files go; here it goes with the app.
  const temporary = join(folder, "tmp");
  await mkdir(temporary);
  const quickPath = await quickNpmPath(join(temporary, "bin"));
  for (const file of appFiles) {
    await cp(join(repository, file), join(folder, file), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"), "junction");
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
    dev: (stage, variables) =>
      startSstDev([sst, "dev", "--stage", stage], folder, {
        TMPDIR: temporary,
        PATH: quickPath,
        ...variables,
      }),
    devLocal: () =>
      startSstDev(["--import", tsx, join(repository, "scripts/dev-local.ts")], folder, {
        TMPDIR: temporary,
        PATH: quickPath,
        HOME: folder,
        NO_COLOR: "1",
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function startSstDev(args: readonly string[], cwd: string, env: Record<string, string | undefined>): SstDev {
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let read = 0;
  let isEnded = false;
  const take = (chunk: Buffer): void => {
    output += stripVTControlCharacters(chunk.toString());
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      isEnded = true;
      resolve(code);
    });
  });
  return {
    output: () => output,
    hasEnded: () => isEnded,
    async printed(pattern) {
      const deadline = Date.now() + 120_000;
      for (;;) {
        const found = pattern.exec(output.slice(read));
        if (found !== null) {
          read += found.index + found[0].length;
          return found;
        }
        if (isEnded || Date.now() > deadline)
          throw new Error(`sst dev did not print ${String(pattern)}:\n${output}`);
        await delay(20);
      }
    },
    async stop(signal = "SIGINT") {
      if (!isEnded) child.kill(signal);
      const limit = setTimeout(() => child.kill("SIGKILL"), 30_000);
      const code = await ended;
      clearTimeout(limit);
      return code;
    },
  };
}
