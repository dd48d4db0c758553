import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The path of the worker's JavaScript. It is next to the bundle. In tests, which run the TypeScript source, it is compiled
 * into the given folder.
 */
export async function findWorkerEntry(folder: string): Promise<string> {
  const built = fileURLToPath(new URL("lambda-worker.js", import.meta.url));
  if (existsSync(built)) return built;
  const { build } = await import("rolldown");
  const outfile = join(folder, "lambda-worker.mjs");
  await build({
    input: fileURLToPath(new URL("lambda-worker.ts", import.meta.url)),
    platform: "node",
    logLevel: "silent",
    output: { file: outfile, format: "esm" },
  });
  return outfile;
}
