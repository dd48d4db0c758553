import { join } from "node:path";
import type { InputOptions } from "rolldown";

/** The repository. */
export const root = join(import.meta.dirname, "../..");

export const common = {
  cwd: root,
  platform: "node",
  logLevel: "warn",
  // Rolldown would leave the import of a package that is not installed in the bundle.
  onLog: (level, log, next) => next(log.code === "UNRESOLVED_IMPORT" ? "error" : level, log),
  transform: { target: "node20.19" },
} satisfies InputOptions;
