import { accessSync, chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { AuthCliError } from "../errors.ts";

/** The file system, as far as commands may touch it. */
export interface Files {
  /** The text of a file, or undefined when there is none. */
  readText(path: string): string | undefined;
  readBytes(path: string): Uint8Array;
  exists(path: string): boolean;
  /** Replaces a file whole or not at all; the file is 0600 in a 0700 folder. */
  writePrivate(path: string, text: string): Promise<void>;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Runs `work` while no other process runs one for the same path. */
  withLock<T>(path: string, work: () => Promise<T>): Promise<T>;
  /** Writes a stream to a file; an incomplete one is removed. */
  writeStream(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

export const files: Files = {
  readText(path) {
    try {
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

  exists(path) {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  },

  async writePrivate(path, text) {
    const { default: writeFileAtomic } = await import("write-file-atomic");
    try {
      makePrivateFolder(dirname(path));
      await writeFileAtomic(path, text, { mode: 0o600 });
    } catch (error) {
      throw cannot("write", path, error);
    }
  },

  rename(from, to) {
    try {
      renameSync(from, to);
    } catch (error) {
      throw cannot("rename", from, error);
    }
  },

  remove(path) {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw cannot("remove", path, error);
    }
  },

  async withLock(path, work) {
    const { default: lockfile } = await import("proper-lockfile");
    let release: () => Promise<void>;
    try {
      makePrivateFolder(dirname(path));
      release = await lockfile.lock(path, {
        realpath: false,
        // A holder that was killed is taken over after this long; a live one renews its hold.
        stale: 10_000,
        retries: { retries: 400, factor: 1, minTimeout: 25, maxTimeout: 75, randomize: true },
      });
    } catch (error) {
      throw cannot("lock", path, error);
    }
    try {
      return await work();
    } finally {
      await release();
    }
  },

  async writeStream(path, chunks) {
    const { open } = await import("node:fs/promises");
    const { pipeline } = await import("node:stream/promises");
    const handle = await open(path, "w").catch((error: unknown) => {
      throw cannot("write", path, error);
    });
    try {
      await pipeline(chunks, handle.createWriteStream());
    } catch (error) {
      rmSync(path, { force: true });
      throw error instanceof AuthCliError ? error : cannot("write", path, error);
    }
  },
};

function makePrivateFolder(folder: string): void {
  const created = mkdirSync(folder, { recursive: true, mode: 0o700 });
  // mkdir's mode is cut by the umask, and says nothing about a folder that was there.
  if (created !== undefined) chmodSync(folder, 0o700);
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
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    ELOCKED: "another auth-cli holds its lock",
  };
  return new AuthCliError(verb === "read" ? "invalid-configuration" : "write-failed", {
    message: `cannot ${verb} ${path}`,
    cause: causes[code] ?? (error instanceof Error ? error.message : String(error)),
    fix:
      code === "ENOSPC" ? "free some space, then run the command again" : `check ${path} and its permissions`,
  });
}
