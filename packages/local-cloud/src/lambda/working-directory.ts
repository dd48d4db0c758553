import childProcess, { ChildProcess } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isAbsolute } from "node:path";

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Functions = Record<string, Callable | undefined>;

/** The functions of node:fs whose first argument is a path. Most have a form with `Sync`, and one with promises. */
const withPath =
  "access appendFile chmod chown createReadStream createWriteStream exists lchmod lchown lstat lutimes mkdir mkdtemp open openAsBlob opendir readdir readFile readlink realpath rm rmdir stat statfs truncate unlink unwatchFile utimes watch watchFile writeFile".split(
    " ",
  );
const withTwoPaths = ["copyFile", "cp", "link", "rename"];

/**
 * Gives the thread a working directory of its own: `process.cwd`, relative paths in node:fs, and child processes. Node
 * has only one for all threads.
 */
export function setWorkingDirectory(folder: string): void {
  let current = folder;
  const absolute = (path: unknown): unknown => {
    const isRelative = typeof path === "string" && path !== "" && !isAbsolute(path);
    return isRelative ? `${current}/${path}` : path;
  };

  process.cwd = () => current;
  process.chdir = (directory) => {
    const path = fs.realpathSync(absolute(directory) as string);
    // As in a process: an error when it is not a folder.
    fs.opendirSync(path).closeSync();
    current = path;
  };

  const resolvePaths = (owner: Functions, name: string, indices: readonly number[]): void => {
    const original = owner[name];
    if (original === undefined) return;
    const replacement: Callable = function (...args) {
      for (const index of indices) args[index] = absolute(args[index]);
      return Reflect.apply(original, this, args);
    };
    // Such as `util.promisify.custom` and `realpath.native`.
    owner[name] = Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  };
  const { realpath, realpathSync } = fs as unknown as Record<string, Functions>;
  if (realpath) resolvePaths(realpath, "native", [0]);
  if (realpathSync) resolvePaths(realpathSync, "native", [0]);
  for (const owner of [fs, fs.promises] as unknown as Functions[]) {
    for (const [names, indices] of [
      [withPath, [0]],
      [withTwoPaths, [0, 1]],
      // A link's target is relative to the link.
      [["symlink"], [1]],
    ] as const) {
      for (const name of names) {
        resolvePaths(owner, name, indices);
        resolvePaths(owner, `${name}Sync`, indices);
      }
    }
  }

  const inFolder = (options: { cwd?: unknown }): object => ({
    ...options,
    cwd: absolute(options.cwd ?? current),
  });
  // What `spawn`, `exec`, `execFile` and `fork` call.
  const { spawn } = ChildProcess.prototype as unknown as { spawn: (options: object) => number };
  Object.assign(ChildProcess.prototype, {
    spawn(this: unknown, options: object) {
      return Reflect.apply(spawn, this, [inFolder(options)]);
    },
  });
  for (const name of ["spawnSync", "execSync", "execFileSync"]) {
    const owner = childProcess as unknown as Functions;
    const original = owner[name];
    owner[name] = function (...args) {
      while (args.length > 1 && (args.at(-1) === undefined || args.at(-1) === null)) args.pop();
      const options = args.length > 1 && !Array.isArray(args.at(-1)) ? (args.pop() as object) : {};
      return original && Reflect.apply(original, this, [...args, inFolder(options)]);
    };
  }
  syncBuiltinESMExports();
}
