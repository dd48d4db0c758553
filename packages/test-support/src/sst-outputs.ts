import { stat } from "node:fs/promises";

/** With each attempt a few seconds; a machine that loses the race even so has another fault. */
const attempts = 8;

/**
 * SST 2.49.8 writes `.sst/outputs.json` without waiting for it and then exits: on a busy machine the file is left empty,
 * or as it was. Deploying again, which changes nothing, is what a person would do; it may be lost again.
 *
 * @param file where SST writes the outputs
 * @returns the result of the first deploy, which is the one that changed something, or of one that failed
 */
export async function untilWritten<Result extends { code: number | null }>(
  file: string,
  deploy: () => Promise<Result>,
): Promise<Result> {
  let first: Result | undefined;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = await lastWritten(file);
    const result = await deploy();
    const after = await lastWritten(file);
    if (result.code !== 0) return result;
    first ??= result;
    if (after !== undefined && after !== before) return first;
    console.warn(`sst deploy lost its outputs (${attempt} of ${attempts} times)`);
  }
  throw new Error(`sst deploy succeeded ${attempts} times, and never wrote ${file}`);
}

/** @returns when the file was written, in nanoseconds of the file system's clock; undefined when there is nothing in it */
async function lastWritten(file: string): Promise<bigint | undefined> {
  try {
    const { size, mtimeNs } = await stat(file, { bigint: true });
    return size === 0n ? undefined : mtimeNs;
  } catch {
    return undefined;
  }
}
