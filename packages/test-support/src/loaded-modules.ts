import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { authCliPath } from "./auth-cli.ts";
import { runProcess } from "./run-process.ts";

/** The modules that a process has loaded by its end. */
export interface Loaded {
  /** Of auth-cli, relative to its folder, in order. */
  files: { name: string; bytes: number }[];
  /** Of Node, public and internal ones. */
  parts: string[];
}

const cliFolder = dirname(dirname(authCliPath));

/** Prints at exit what the process has loaded. */
const hook = `
const fs = require("node:fs");
const folder = ${JSON.stringify(join(cliFolder, "/"))};
process.on("exit", () => {
  const files = Object.keys(require.cache).filter((file) => file.startsWith(folder));
  const parts = process.moduleLoadList.filter((part) => part.startsWith("NativeModule "));
  const loaded = {
    files: files.map((file) => ({ name: file.slice(folder.length), bytes: fs.statSync(file).size })),
    parts: parts.map((part) => part.slice("NativeModule ".length)),
  };
  process._rawDebug("LOADED" + JSON.stringify(loaded));
});`;

/** Runs Node with a script and its arguments. */
export async function readLoaded(
  args: readonly string[],
  options: { cwd: string; env: Record<string, string | undefined> },
): Promise<Loaded> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-loaded-"));
  try {
    const hookFile = join(folder, "hook.cjs");
    await writeFile(hookFile, hook);
    const { stderr } = await runProcess(process.execPath, ["--require", hookFile, ...args], options);
    return JSON.parse(/LOADED(.*)/.exec(stderr)?.[1] ?? "") as Loaded;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
