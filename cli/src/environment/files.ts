import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { AuthCliError } from "../errors.ts";
import { interrupted } from "./interrupted.ts";

/** A file or folder that other users of this computer could access. */
interface LooseMode {
  path: string;
  /** In the notation of `chmod`: `644`. */
  mode: string;
  /** The new mode. Undefined when the mode is unchanged: no permission, or a folder with other files. */
  repaired: string | undefined;
}

interface FileState {
  folder: boolean;
  /** Permission bits. Undefined on Windows. */
  mode: number | undefined;
  /** Milliseconds since the epoch. */
  modifiedMs: number;
}

/** The file system. Functions throw AuthCliError unless they return undefined or false. */
export interface Files {
  /** Undefined for a missing file. */
  readText(path: string): string | undefined;
  readBytes(path: string): Uint8Array;
  exists(path: string): boolean;
  /** Undefined for a missing or inaccessible file. */
  describe(path: string): FileState | undefined;
  /** The sorted names in a folder. Empty for a missing or inaccessible folder. */
  list(folder: string): string[];
  /** Replaces a file atomically. Its mode is 0600, that of its folder 0700. */
  writePrivate(path: string, text: string): Promise<void>;
  /**
   * Overwrites a file with a shorter text, which works on a full disk. A crash in between leaves a mixture.
   * @returns false when it cannot
   */
  shorten(path: string, text: string): boolean;
  /** Closes an existing file and its folder to other users. @returns the modes that were too open */
  makePrivate(path: string): LooseMode[];
  /** Renames a file that still contains this text. @returns false when another process has replaced it */
  setAside(path: string, aside: string, text: string): boolean;
  remove(path: string): void;
  /**
   * Runs `work` while no other process holds the lock of the same path.
   * @param interruption ends the wait for the lock
   */
  withLock<T>(path: string, work: () => Promise<T>, interruption?: AbortSignal): Promise<T>;
  /** The path without symbolic links. Undefined for a missing file or a broken link. */
  realPath(path: string): string | undefined;
  /**
   * Creates a file and its folders, atomically.
   * @returns false when the path exists, as a broken link too
   */
  create(path: string, text: string): boolean;
  /** Replaces a file with a stream, atomically. */
  writeStream(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Appends to a file, and creates a missing one. */
  append(path: string, text: string): void;
}

export const files: Files = {
  readText(path) {
    try {
      return readSmallFile(path);
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
      // A symbolic link stays one.
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

  shorten(path, text) {
    try {
      const file = openSync(path, "r+");
      try {
        const { size } = fstatSync(file);
        const bytes = Buffer.from(text);
        if (bytes.length > size) return false;
        // White space, so that the text is complete even if it is not truncated.
        writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(size - bytes.length, " ")]));
        ftruncateSync(file, bytes.length);
        fsyncSync(file);
        return true;
      } finally {
        closeSync(file);
      }
    } catch {
      return false;
    }
  },

  makePrivate(path) {
    if (process.platform === "win32") return [];
    const loose = [tightenMode(dirname(path), 0o700), tightenMode(path, 0o600)];
    return loose.filter((each) => each !== undefined);
  },

  setAside(path, aside, text) {
    try {
      renameSync(path, aside);
      if (readFileSync(aside, "utf8") === text) return true;
      // Another process has replaced the file before the rename: restore it, unless a newer one exists.
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
      if (interruption?.aborted) throw interrupted();
      throw cannot("lock", path, error);
    }
    try {
      return await work();
    } finally {
      release();
    }
  },

  realPath(path) {
    try {
      return realpathSync(path);
    } catch {
      return undefined;
    }
  },

  create(path, text) {
    const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    try {
      makeFolder(dirname(path), 0o777);
      try {
        writeFileSync(temporary, text, { flag: "wx" });
        moveIfFree(temporary, path);
      } finally {
        rmSync(temporary, { force: true });
      }
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST" && isPresent(path)) return false;
      throw cannot("write", path, error);
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

/** Longer than a program takes to answer that serves a secret file through a pipe. */
const pipeLimitMs = 1500;
/** The files that are read have some kilobytes. A device may never end. */
const pipeLimitBytes = 1024 * 1024;

/**
 * Reads a file without waiting for long. Reading is synchronous, so Ctrl-C and SIGTERM would not end a wait for a named
 * pipe without a writer.
 */
export function readSmallFile(path: string): string {
  // Windows has neither the flag nor named pipes among the files.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const state = fstatSync(file);
    if (state.isFile() || state.isDirectory()) return decode(readFileSync(file));
    return readPipe(file, state.isFIFO());
  } finally {
    closeSync(file);
  }
}

/** Windows PowerShell 5 writes UTF-16 with `>` and Out-File. */
function decode(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString("utf16le") : bytes.toString("utf8");
}

/** Reads a pipe, such as that of `--outputs <(command)`, or a device. */
function readPipe(file: number, mayHaveNoWriter: boolean): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(64 * 1024);
  const deadline = performance.now() + pipeLimitMs;
  for (let total = 0; total <= pipeLimitBytes;) {
    const length = readAvailable(file, chunk);
    // A pipe without a writer looks like one whose writer has closed it.
    if (length === 0 && (total > 0 || !mayHaveNoWriter)) return decode(Buffer.concat(chunks));
    if (length > 0) {
      total += length;
      chunks.push(Buffer.from(chunk.subarray(0, length)));
    } else if (performance.now() > deadline) {
      throw new Error(`it is not a regular file and did not end within ${pipeLimitMs / 1000} s`);
    } else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  throw new Error("it is not a regular file and is longer than 1 MiB");
}

/** @returns the number of bytes read; 0 at the end, -1 when the writer has not written yet */
function readAvailable(file: number, chunk: Buffer): number {
  try {
    return readSync(file, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return -1;
    throw error;
  }
}

/** Syncs to the disk, so that a power cut after the rename leaves no empty file. */
function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    // On a full disk, a single write may write a part and report no error. This function writes the rest, or throws.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Tries again on Windows, where a file cannot be replaced while another process reads it. */
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

/** Longer than any write or renewal of a lock takes. */
const leftoverMs = 60_000;

/** Removes the files of killed processes. */
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
      // Another process has removed it, or owns it. The next write tries again.
    }
  }
}

function makePrivateFolder(folder: string): void {
  // The umask applies to mkdir's mode. An existing folder keeps its mode.
  if (makeFolder(folder)) chmodSync(folder, 0o700);
}

/**
 * Creates a folder and its parents. Node's `recursive` never returns where the file system refuses with ENOENT, as /proc
 * does.
 * @returns false when the folder exists
 */
function makeFolder(folder: string, mode = 0o700): boolean {
  try {
    mkdirSync(folder, mode);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return false;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
  }
  makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, mode);
    return true;
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function tightenMode(path: string, wanted: number): LooseMode | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode & 0o7777;
  } catch {
    return undefined;
  }
  if ((mode & 0o077) === 0) return undefined;
  const loose = { path, mode: mode.toString(8).padStart(3, "0"), repaired: undefined };
  const sticky = (mode & 0o1000) !== 0;
  if (wanted === 0o700 && (sticky || !containsOnlyOurFiles(path))) {
    // AUTH_CLI_CONFIG_DIR may name a shared folder. Other users must not be able to replace the file there.
    return (mode & 0o022) !== 0 && !sticky ? loose : undefined;
  }
  try {
    chmodSync(path, wanted);
    return { ...loose, repaired: wanted.toString(8) };
  } catch {
    return loose;
  }
}

function containsOnlyOurFiles(folder: string): boolean {
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

/** Throws EEXIST instead of replacing a file. */
function moveIfFree(from: string, to: string): void {
  try {
    // Unlike a rename, a link replaces nothing.
    linkSync(from, to);
  } catch (error) {
    // FAT and some shared folders have no hard links.
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || isPresent(to)) throw error;
    renameSync(from, to);
  }
}

/** As `existsSync`, and true for a broken link. */
function isPresent(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function cannot(verb: string, path: string, error: unknown): AuthCliError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const causes: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "your disk quota is used up",
    ENOENT: "no such file or folder",
    EISDIR: "it is a folder",
    ERR_FS_EISDIR: "it is a folder",
    EEXIST: "a file exists where its folder should be",
    ENOTDIR: "a file exists where its folder should be",
    ELOCKED: "another auth-cli holds its lock",
  };
  return new AuthCliError(verb === "read" ? "invalid-configuration" : "write-failed", {
    message: `cannot ${verb} ${path}`,
    cause: causes[code] ?? (error instanceof Error ? error.message : String(error)),
    fix: remedy(code, path),
  });
}

function remedy(code: string, path: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "free some space, then run the command again";
  // A container or a CI job may have a home folder that it cannot write.
  const isFolderUnusable = ["EROFS", "EACCES", "EPERM", "ENOENT", "ENOTDIR", "EEXIST"].includes(code);
  if (isFolderUnusable && basename(path) === "sessions.json") {
    return "set AUTH_CLI_CONFIG_DIR to a folder that you can write";
  }
  return `check ${path} and its permissions`;
}
