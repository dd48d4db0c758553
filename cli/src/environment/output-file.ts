import { randomUUID } from "node:crypto";
import { type Stats, writeSync } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a stream to a file. What was there is replaced once all has come, and not before: an incomplete file never
 * stands under the name. What is no plain file (a device, a pipe) is written to as it is.
 */
export async function writeOutputFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const known = await stat(path).catch(absent);
  if (known !== undefined && !known.isFile()) {
    await writeAll(await open(path, "w"), chunks);
    return;
  }
  // A link to the file stays a link.
  const target = known === undefined ? path : await realpath(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.part`);
  const handle = await open(temporary, "wx", known === undefined ? 0o666 : known.mode & 0o777);
  try {
    await writeAll(handle, chunks);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Each chunk at once, as Node writes its own standard output to a file: four times as fast as by its thread pool. */
async function writeAll(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      for (let written = 0; written < chunk.length;) written += writeSync(handle.fd, chunk, written);
    }
  } finally {
    await handle.close();
  }
}

function absent(error: NodeJS.ErrnoException): Stats | undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
