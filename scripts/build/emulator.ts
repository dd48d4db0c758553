import { build } from "esbuild";
import { common } from "./common.ts";

/** The local cloud, and what its Lambda workers run, beside each other. Its libraries stay in node_modules. */
export async function buildEmulator(): Promise<void> {
  await build({
    ...common,
    entryPoints: ["packages/emulator/src/index.ts", "packages/emulator/src/lambda/lambda-worker.ts"],
    outdir: "packages/emulator/dist",
    entryNames: "[name]",
    format: "esm",
    splitting: true,
    packages: "external",
    sourcemap: true,
  });
}
