import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a stream to a file. Replaces an existing file only after the whole stream has arrived, so that the path never
 * names an incomplete file. Writes devices and pipes directly.
 */
export async function writeOutputFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const existing = await stat(path).catch(absent);
  if (existing !== undefined && !existing.isFile()) {
    await writeAll(await open(path, "w"), chunks);
    return;
  }
  // A symbolic link stays one.
  const target = existing === undefined ? path : await realpath(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.part`);
  const handle = await open(temporary, "wx", existing === undefined ? 0o666 : existing.mode & 0o777);
  try {
    await writeAll(handle, chunks);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAll(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await writeFile(handle, chunks);
  } finally {
    await handle.close();
  }
}

function absent(error: NodeJS.ErrnoException): Stats | undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
