import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The worker's JavaScript: beside the bundle, or, when the local cloud runs from its TypeScript source (in tests),
 * compiled into the folder given.
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
