import { relative, resolve } from "node:path";
import { type BuildResult, transform } from "esbuild";
import { common } from "./common.ts";

type Output = BuildResult<{ metafile: true; write: false }>;

/** What esbuild's splitting has made of the program: an ES module for each `import()`, and for what several share. */
export interface Part {
  /** `./call-5TDUHJGV.js`, as the others import it. */
  name: string;
  text: string;
  /** What it cannot do without. */
  imports: string[];
  /** The source file that it stands for, relative to the repository; undefined for what several share. */
  entryPoint: string | undefined;
}

/** @param outdir where esbuild would have written it */
export function readParts({ metafile, outputFiles }: Output, outdir: string): Map<string, Part> {
  const { absWorkingDir } = common;
  const nameOf = (path: string): string => `./${relative(outdir, resolve(absWorkingDir, path))}`;
  const texts = new Map(outputFiles.map(({ path, text }) => [nameOf(path), text]));
  return new Map(
    Object.entries(metafile.outputs).map(([path, { imports, entryPoint }]) => [
      nameOf(path),
      {
        name: nameOf(path),
        text: texts.get(nameOf(path)) ?? "",
        imports: imports
          .filter(({ kind, external }) => kind === "import-statement" && !external)
          .map((each) => nameOf(each.path)),
        entryPoint,
      },
    ]),
  );
}

/** The parts of some source files, as far as there are any, and all that these cannot do without. */
export function withImports(parts: ReadonlyMap<string, Part>, entryPoints: readonly string[]): Part[] {
  const found = new Set<Part>();
  const add = (part: Part | undefined): void => {
    if (part === undefined || found.has(part)) return;
    found.add(part);
    for (const name of part.imports) add(parts.get(name));
  };
  for (const entryPoint of entryPoints) {
    add([...parts.values()].find((part) => part.entryPoint === entryPoint));
  }
  return [...found];
}

/**
 * The part as the expression of a function that cli/bin/auth-cli.cjs calls. `import()` needs Node's loader of ES modules,
 * which costs a start 8 ms and which code from a cache cannot reach: what is built here is required, the rest is
 * imported by the loader.
 */
export async function asFunction({ text }: Part): Promise<string> {
  const required = text
    .replace(/\bimport\(("(?:\.\/|node:)[^"]+")\)/g, "Promise.resolve().then(()=>require($1))")
    .replace(/\bimport\(/g, "importModule(");
  const { code } = await transform(required, { format: "cjs", minify: true, target: common.target });
  return `function(exports,require,module,__dirname,importModule){${code.trimEnd()}\n}`;
}
