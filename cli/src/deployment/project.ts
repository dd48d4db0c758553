import { dirname, join } from "node:path";
import type { Environment } from "../environment.ts";

/** An SST or CDK project on this computer. */
export interface Project {
  /** The folder with `sst.config.*`, or the working directory when there is none above it. */
  root: string;
  /** The app's name, read from the text of `sst.config.*`; undefined when it cannot be. */
  appName: string | undefined;
}

const configNames = [
  "sst.config.ts",
  "sst.config.mts",
  "sst.config.cts",
  "sst.config.js",
  "sst.config.mjs",
  "sst.config.cjs",
];

/** Looks upwards from the working directory, as SST does. */
export function findProject(environment: Pick<Environment, "files" | "workingDirectory">): Project {
  for (let folder = environment.workingDirectory; ; folder = dirname(folder)) {
    const config = configNames
      .map((name) => join(folder, name))
      .find((path) => environment.files.exists(path));
    if (config !== undefined) {
      return { root: folder, appName: readAppName(environment.files.readText(config) ?? "") };
    }
    if (environment.files.exists(join(folder, ".sst"))) return { root: folder, appName: undefined };
    if (folder === dirname(folder)) return { root: environment.workingDirectory, appName: undefined };
  }
}

/**
 * The config is a program; to run it would cost seconds and need its dependencies. Its name is a literal in practice,
 * and when it is not, only the check for a foreign outputs file is lost.
 */
function readAppName(config: string): string | undefined {
  return /\bname\s*:\s*(["'`])([A-Za-z][A-Za-z0-9-]*)\1/.exec(config)?.[2];
}
