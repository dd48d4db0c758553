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
  const { build } = await import("esbuild");
  const outfile = join(folder, "lambda-worker.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("lambda-worker.ts", import.meta.url))],
    outfile,
    format: "esm",
    platform: "node",
    target: "node20",
    bundle: true,
    logLevel: "silent",
  });
  return outfile;
}
