import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AuthCliError } from "../errors.ts";

/** A file or a folder that other users of this computer could reach. */
interface LooseMode {
  path: string;
  /** As `chmod` takes them: `644`. */
  mode: string;
  /** What it is now; undefined when it could not be changed, or is not ours to change. */
  repaired: string | undefined;
}

/** What is at a path, without its content. */
interface FileState {
  folder: boolean;
  /** Permission bits; undefined where the system has none. */
  mode: number | undefined;
  /** Milliseconds since the epoch. */
  modifiedMs: number;
}

/** The file system, as far as commands may touch it. */
export interface Files {
  /** The text of a file, or undefined when there is none. */
  readText(path: string): string | undefined;
  readBytes(path: string): Uint8Array;
  exists(path: string): boolean;
  /** Undefined when there is nothing, or nothing that may be seen. */
  describe(path: string): FileState | undefined;
  /** The names in a folder, sorted; none when it is absent or closed. */
  list(folder: string): string[];
  /** Replaces a file whole or not at all; the file is 0600 in a 0700 folder. */
  writePrivate(path: string, text: string): Promise<void>;
  /** Closes a file that is there, and its folder, to other users. @returns what was open to them */
  makePrivate(path: string): LooseMode[];
  /** Renames a file that still holds this text; false when somebody has replaced it meanwhile. */
  setAside(path: string, aside: string, text: string): boolean;
  remove(path: string): void;
  /**
   * Runs `work` while no other process runs one for the same path.
   * @param interruption ends the wait for the others
   */
  withLock<T>(path: string, work: () => Promise<T>, interruption?: AbortSignal): Promise<T>;
  /** Replaces a file with a stream, whole or not at all. */
  writeStream(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Adds to the end of a file, and makes it when there is none. */
  append(path: string, text: string): void;
}

export const files: Files = {
  readText(path) {
    try {
      // Most files that are looked for are absent, and an error that is thrown costs more than a look.
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
      return readFileSync(path, "utf8");
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw cannot("read", path, error);
    }
  },

  readBytes(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      throw cannot("read", path, error);
    }
  },

  exists: existsSync,

  describe(path) {
    try {
      const state = statSync(path);
      const mode = process.platform === "win32" ? undefined : state.mode & 0o7777;
      return { folder: state.isDirectory(), mode, modifiedMs: state.mtimeMs };
    } catch {
      return undefined;
    }
  },

  list(folder) {
    try {
      return readdirSync(folder).toSorted();
    } catch {
      return [];
    }
  },

  async writePrivate(path, text) {
    try {
      makePrivateFolder(dirname(path));
      // A link to the file stays a link.
      const target = realPath(path);
      const temporary = `${target}.${crypto.randomUUID().slice(0, 8)}.tmp`;
      try {
        writeDurably(temporary, text);
        await replace(temporary, target);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      await sweep(dirname(target));
    } catch (error) {
      throw cannot("write", path, error);
    }
  },

  makePrivate(path) {
    if (process.platform === "win32") return [];
    const loose = [loosenedMode(dirname(path), 0o700), loosenedMode(path, 0o600)];
    return loose.filter((each) => each !== undefined);
  },

  setAside(path, aside, text) {
    try {
      renameSync(path, aside);
      if (readFileSync(aside, "utf8") === text) return true;
      // A whole file had taken its place in between: back with it, unless there is one again.
      linkSync(aside, path);
      rmSync(aside);
      return false;
    } catch (error) {
      if (isAbsent(error) || (error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw cannot("rename", path, error);
    }
  },

  remove(path) {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw cannot("remove", path, error);
    }
  },

  async withLock(path, work, interruption) {
    const { acquireLock } = await import("./file-lock.ts");
    let release: () => void;
    try {
      makePrivateFolder(dirname(path));
      release = await acquireLock(`${path}.lock`, interruption);
    } catch (error) {
      if (interruption?.aborted) throw new AuthCliError("interrupted", { message: "interrupted" });
      throw cannot("lock", path, error);
    }
    try {
      return await work();
    } finally {
      release();
    }
  },

  async writeStream(path, chunks) {
    const { writeOutputFile } = await import("./output-file.ts");
    try {
      await writeOutputFile(path, chunks);
    } catch (error) {
      throw error instanceof AuthCliError ? error : cannot("write", path, error);
    }
  },

  append(path, text) {
    try {
      appendFileSync(path, text);
    } catch (error) {
      throw cannot("write", path, error);
    }
  },
};

/** To the disk, so that a power cut after the rename cannot leave an empty file. */
function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    // Writes until all is written: on a disk that fills up, one write may take a part and report no error.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** On Windows a file that somebody is reading just now cannot be replaced. */
async function replace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const held = process.platform === "win32" && ["EPERM", "EACCES", "EBUSY"].includes(code);
      if (!held || attempt === 10) throw error;
      const { setTimeout: sleep } = await import("node:timers/promises");
      await sleep(10 * attempt);
    }
  }
}

/** What a killed process left behind is removed when it is older than this; no write or renewal takes as long. */
const leftoverMs = 60_000;

async function sweep(folder: string): Promise<void> {
  const leftovers = readdirSync(folder).filter((name) =>
    /\.json\.([0-9a-f]{8}\.tmp|lock(\.[\w-]+)*)$/.test(name),
  );
  for (const name of leftovers) {
    const path = join(folder, name);
    try {
      if (Date.now() - statSync(path).mtimeMs < leftoverMs) continue;
      if (name.endsWith(".lock")) (await import("./file-lock.ts")).breakAbandonedLock(path);
      else rmSync(path, { force: true });
    } catch {
      // Gone, or not ours. The next write comes by again.
    }
  }
}

function makePrivateFolder(folder: string): void {
  const created = mkdirSync(folder, { recursive: true, mode: 0o700 });
  // mkdir's mode is cut by the umask, and says nothing about a folder that was there.
  if (created !== undefined) chmodSync(folder, 0o700);
}

function loosenedMode(path: string, wanted: number): LooseMode | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode & 0o7777;
  } catch {
    return undefined;
  }
  if ((mode & 0o077) === 0) return undefined;
  const loose = { path, mode: mode.toString(8).padStart(3, "0"), repaired: undefined };
  const sticky = (mode & 0o1000) !== 0;
  if (wanted === 0o700 && (sticky || !holdsOnlyOurs(path))) {
    // AUTH_CLI_CONFIG_DIR may name a folder of many; what others may not do there is replace the file.
    return (mode & 0o022) !== 0 && !sticky ? loose : undefined;
  }
  try {
    chmodSync(path, wanted);
    return { ...loose, repaired: wanted.toString(8) };
  } catch {
    return loose;
  }
}

function holdsOnlyOurs(folder: string): boolean {
  try {
    return readdirSync(folder).every((name) => /^(sessions|[0-9a-f]{32})\.json(\.|$)/.test(name));
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function cannot(verb: string, path: string, error: unknown): AuthCliError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const causes: Record<string, string> = {
    EACCES: "you have no permission for it",
    EPERM: "you have no permission for it",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "your disk quota is used up",
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    ERR_FS_EISDIR: "it is a folder",
    EEXIST: "there is a file where its folder should be",
    ENOTDIR: "there is a file where its folder should be",
    ELOCKED: "another auth-cli holds its lock",
  };
  return new AuthCliError(verb === "read" ? "invalid-configuration" : "write-failed", {
    message: `cannot ${verb} ${path}`,
    cause: causes[code] ?? (error instanceof Error ? error.message : String(error)),
    fix:
      code === "ENOSPC" || code === "EDQUOT"
        ? "free some space, then run the command again"
        : `check ${path} and its permissions`,
  });
}
