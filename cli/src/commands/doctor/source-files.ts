import { join, relative } from "node:path";
import type { Project } from "../../deployment/project.ts";
import type { Environment } from "../../environment/environment.ts";

/** `sst.config.ts` and the source in `stacks/`, without tests. */
export function sourceFiles({ files }: Pick<Environment, "files">, { root }: Project): string[] {
  const configs = files.list(root).filter((name) => /^sst\.config\.[cm]?[jt]s$/.test(name));
  return [...configs.map((name) => join(root, name)), ...filesBelow(files, join(root, "stacks"), 4)];
}

function filesBelow(files: Environment["files"], folder: string, depth: number): string[] {
  if (depth === 0) return [];
  return files.list(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === "node_modules") return [];
    if (files.describe(path)?.folder === true) return filesBelow(files, path, depth - 1);
    return /\.[cm]?[jt]sx?$/.test(name) && !/\.(test|spec|d)\./.test(name) ? [path] : [];
  });
}

/** A source file without comments. Lines keep their numbers. */
export interface Source {
  /** Relative to the project. */
  path: string;
  code: string;
}

export function readSources({
  environment,
  project,
}: {
  environment: Pick<Environment, "files">;
  project: Project;
}): Source[] {
  return sourceFiles(environment, project).map((path) => ({
    path: relative(project.root, path),
    code: withoutComments(environment.files.readText(path) ?? ""),
  }));
}

/** Replaces comments by spaces, but not in strings. */
function withoutComments(code: string): string {
  return code.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (whole, quoted: string | undefined) => quoted ?? whole.replace(/[^\n]/g, " "),
  );
}
