import { dirname, join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import type { Framework } from "./framework.ts";

/** A project on this computer. */
export interface Project {
  /** The nearest folder with a file of a framework or with `auth-cli.json`, else the working directory. */
  root: string;
  /** Undefined when no file shows it. */
  framework: Framework | undefined;
  /** The file or folder that shows the framework, relative to the root. */
  marker: string | undefined;
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

/** The files that show a framework. */
const markers: readonly [file: string, framework: Framework][] = [
  [".sst", "sst"],
  ["cdk.json", "cdk"],
  ["amplify_outputs.json", "amplify"],
  ["amplify/backend.ts", "amplify"],
  ["samconfig.toml", "sam"],
  ...["yml", "yaml", "ts", "js", "json"].map((end): [string, Framework] => [
    `serverless.${end}`,
    "serverless",
  ]),
];

/** Searches the working directory and its parents, as SST does. */
export function findProject(environment: Pick<Environment, "files" | "workingDirectory">): Project {
  const { files, workingDirectory } = environment;
  const unknown = {
    framework: undefined,
    marker: undefined,
    appName: undefined,
    region: undefined,
    profile: undefined,
  };
  for (let folder = workingDirectory; ; folder = dirname(folder)) {
    const config = configNames.find((name) => files.exists(join(folder, name)));
    if (config !== undefined) {
      const text = files.readText(join(folder, config)) ?? "";
      return {
        root: folder,
        framework: "sst",
        marker: config,
        appName: readLiteral(text, "name"),
        // Few commands need them.
        get region() {
          return readLiteral(text, "region");
        },
        get profile() {
          return readLiteral(text, "profile");
        },
      };
    }
    const [marker, framework] = findMarker(files, folder) ?? [];
    if (framework !== undefined || files.exists(join(folder, "auth-cli.json")))
      return { ...unknown, root: folder, framework, marker };
    if (folder === dirname(folder)) return { ...unknown, root: workingDirectory };
  }
}

function findMarker(
  files: Environment["files"],
  folder: string,
): readonly [file: string, framework: Framework] | undefined {
  const marker = markers.find(([file]) => files.exists(join(folder, file)));
  if (marker !== undefined) return marker;
  const template = ["template.yaml", "template.yml"].find(
    (file) =>
      files.exists(join(folder, file)) && files.readText(join(folder, file))?.includes("AWS::Serverless"),
  );
  return template === undefined ? undefined : [template, "sam"];
}

/**
 * Running the config would take seconds and need its dependencies. Without the app's name, auth-cli cannot detect another
 * app's outputs file.
 */
function readLiteral(config: string, property: string): string | undefined {
  return new RegExp(`\\b${property}\\s*:\\s*(["'\`])([A-Za-z][\\w.-]*)\\1`).exec(config)?.[2];
}
