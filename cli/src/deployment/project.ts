import { dirname, join } from "node:path";
import type { Environment } from "../environment/environment.ts";

/** An SST or CDK project on this computer. */
export interface Project {
  /** The folder with `sst.config.*`, else the working directory. */
  root: string;
  /** It has an `sst.config.*` or a folder `.sst`. */
  isSst: boolean;
  /** The app's name in `sst.config.*`. Undefined when it is not a literal. */
  appName: string | undefined;
  /** The region in `sst.config.*`. Undefined when it is not a literal. */
  region: string | undefined;
  /** The AWS profile in `sst.config.*`. Undefined when it is not a literal. */
  profile: string | undefined;
}

const configNames = [
  "sst.config.ts",
  "sst.config.mts",
  "sst.config.cts",
  "sst.config.js",
  "sst.config.mjs",
  "sst.config.cjs",
];

/** Searches the working directory and its parents, as SST does. */
export function findProject(environment: Pick<Environment, "files" | "workingDirectory">): Project {
  for (let folder = environment.workingDirectory; ; folder = dirname(folder)) {
    const config = configNames.find((name) => environment.files.exists(join(folder, name)));
    if (config !== undefined) {
      const text = environment.files.readText(join(folder, config)) ?? "";
      return {
        root: folder,
        isSst: true,
        appName: readLiteral(text, "name"),
        region: readLiteral(text, "region"),
        profile: readLiteral(text, "profile"),
      };
    }
    if (environment.files.exists(join(folder, ".sst")))
      return { root: folder, isSst: true, appName: undefined, region: undefined, profile: undefined };
    if (folder === dirname(folder))
      return {
        root: environment.workingDirectory,
        isSst: false,
        appName: undefined,
        region: undefined,
        profile: undefined,
      };
  }
}

/**
 * Running the config would take seconds and need its dependencies. Without the app's name, auth-cli cannot detect another
 * app's outputs file.
 */
function readLiteral(config: string, property: string): string | undefined {
  return new RegExp(`\\b${property}\\s*:\\s*(["'\`])([A-Za-z][\\w.-]*)\\1`).exec(config)?.[2];
}
