import { dirname, join } from "node:path";
import type { Environment } from "../environment/environment.ts";

/** An SST or CDK project on this computer. */
export interface Project {
  /** The folder with `sst.config.*`, or the working directory when there is none above it. */
  root: string;
  /** The app's name, read from the text of `sst.config.*`; undefined when it cannot be. */
  appName: string | undefined;
  /** Its region, read in the same way. */
  region: string | undefined;
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
    const config = configNames.find((name) => environment.files.exists(join(folder, name)));
    if (config !== undefined) {
      const text = environment.files.readText(join(folder, config)) ?? "";
      return { root: folder, appName: readLiteral(text, "name"), region: readLiteral(text, "region") };
    }
    if (environment.files.exists(join(folder, ".sst")))
      return { root: folder, appName: undefined, region: undefined };
    if (folder === dirname(folder))
      return { root: environment.workingDirectory, appName: undefined, region: undefined };
  }
}

/**
 * The config is a program; to run it would cost seconds and need its dependencies. Its name is a literal in practice,
 * and when it is not, only the check for a foreign outputs file is lost.
 */
function readLiteral(config: string, property: string): string | undefined {
  return new RegExp(`\\b${property}\\s*:\\s*(["'\`])([A-Za-z][A-Za-z0-9-]*)\\1`).exec(config)?.[2];
}
