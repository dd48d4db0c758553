import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The path of the worker's JavaScript. It is next to the bundle. In tests, which run the TypeScript source, it is compiled
 * into the given folder.
 */
export async function findWorkerEntry(folder: string): Promise<string> {
  const built = join(import.meta.dirname, "lambda-worker.js");
  if (existsSync(built)) return built;
  const { build } = await import("rolldown");
  const outfile = join(folder, "lambda-worker.mjs");
  await build({
    input: join(import.meta.dirname, "lambda-worker.ts"),
    platform: "node",
    logLevel: "silent",
    output: { file: outfile, format: "esm" },
  });
  return outfile;
}
