import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Scopes of the AWS SDK, which Lambda's Node.js runtimes have. */
const scopes = ["@aws-sdk", "@smithy"];

/**
 * Makes the AWS SDK of this folder's project, else that of the local cloud, visible to the functions.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included
 * @param home holds the folders of the functions
 */
export function linkRuntimeModules(home: string): void {
  const sources = [process.cwd(), import.meta.dirname].flatMap(moduleFolders);
  for (const scope of scopes) {
    const linked = new Set<string>();
    const target = join(home, "node_modules", scope);
    mkdirSync(target, { recursive: true });
    for (const source of sources) {
      for (const name of entries(join(source, scope))) {
        if (linked.has(name)) continue;
        linked.add(name);
        symlinkSync(join(source, scope, name), join(target, name), "junction");
      }
    }
  }
}

/** The `node_modules` of a folder and of those above it, nearest first. */
function moduleFolders(folder: string): string[] {
  const own = join(folder, "node_modules");
  const parent = dirname(folder);
  return parent === folder ? [own] : [own, ...moduleFolders(parent)];
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The package of the AWS SDK that an error names as missing, if it is not there. */
export function missingModule(error: string, home: string): string | undefined {
  const name = /(?:Cannot find (?:module|package)|Package) '?(@(?:aws-sdk|smithy)\/[\w-]+)/.exec(error)?.[1];
  if (name === undefined) return undefined;
  try {
    createRequire(join(home, "index.js")).resolve(name);
    return undefined;
  } catch {
    return name;
  }
}
