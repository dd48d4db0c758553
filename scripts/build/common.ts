import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions } from "esbuild";

/** The repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;
