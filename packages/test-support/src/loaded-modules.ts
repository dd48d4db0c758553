import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { authCliPath } from "./auth-cli.ts";
import { runProcess } from "./run-process.ts";

/** What a process has loaded by its end. */
export interface Loaded {
  /** Of auth-cli, relative to its folder, in their order. What V8 made of a file beforehand is a file, too. */
  files: { name: string; bytes: number }[];
  /** Of Node, public and internal ones. */
  parts: string[];
}

const cliFolder = dirname(dirname(authCliPath));

/** Prints what the process has read of the program, and which parts of Node it has loaded, when it ends. */
const hook = `
const fs = require("node:fs");
const folder = ${JSON.stringify(join(cliFolder, "/"))};
const { readFileSync } = fs;
const files = new Map();
fs.readFileSync = (file, ...options) => {
  const content = readFileSync(file, ...options);
  const name = String(file).startsWith(folder) ? String(file).slice(folder.length) : "";
  if (/^(bin|dist)[/].*(js|cache)$/.test(name)) files.set(name, content.length);
  return content;
};
process.on("exit", () => {
  const parts = process.moduleLoadList.filter((part) => part.startsWith("NativeModule "));
  const loaded = {
    files: Array.from(files, ([name, bytes]) => ({ name, bytes })),
    parts: parts.map((part) => part.slice("NativeModule ".length)),
  };
  process._rawDebug("LOADED" + JSON.stringify(loaded));
});`;

/** Runs a script of Node with its arguments, and reads off what it has loaded. */
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
