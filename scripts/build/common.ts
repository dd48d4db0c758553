import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { InputOptions } from "rolldown";

/** The repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const common = {
  cwd: root,
  platform: "node",
  logLevel: "warn",
  transform: { target: "node20.19" },
} satisfies InputOptions;
