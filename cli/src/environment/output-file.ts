import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * Writes a stream to a file. What was there is replaced once all has come, and not before: an incomplete file never
 * stands under the name. What is no plain file (a device, a pipe) is written to as it is.
 */
export async function writeOutputFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const known = await stat(path).catch(absent);
  if (known !== undefined && !known.isFile()) {
    const handle = await open(path, "w");
    await pipeline(chunks, handle.createWriteStream());
    return;
  }
  // A link to the file stays a link.
  const target = known === undefined ? path : await realpath(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.part`);
  const handle = await open(temporary, "wx", known === undefined ? 0o666 : known.mode & 0o777);
  try {
    await pipeline(chunks, handle.createWriteStream());
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function absent(error: NodeJS.ErrnoException): Stats | undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
