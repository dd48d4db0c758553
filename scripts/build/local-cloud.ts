import { build } from "rolldown";
import { common } from "./common.ts";

/** The local cloud, and the program of its Lambda workers. Its libraries stay in node_modules. */
export async function buildLocalCloud(): Promise<void> {
  await build({
    ...common,
    input: ["packages/local-cloud/src/index.ts", "packages/local-cloud/src/lambda/lambda-worker.ts"],
    external: /^[^./]/,
    output: { dir: "packages/local-cloud/dist", format: "esm", sourcemap: true },
  });
}
