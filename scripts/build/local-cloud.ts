import { build } from "esbuild";
import { common } from "./common.ts";

/** The local cloud, and what its Lambda workers run, beside each other. Its libraries stay in node_modules. */
export async function buildLocalCloud(): Promise<void> {
  await build({
    ...common,
    entryPoints: ["packages/local-cloud/src/index.ts", "packages/local-cloud/src/lambda/lambda-worker.ts"],
    outdir: "packages/local-cloud/dist",
    entryNames: "[name]",
    format: "esm",
    splitting: true,
    packages: "external",
    sourcemap: true,
  });
}
