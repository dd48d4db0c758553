import { relative, resolve } from "node:path";
import { init, parse } from "es-module-lexer";
import type { BuildResult } from "esbuild";
import { common } from "./common.ts";

await init;

/** What esbuild makes of some ways in that share their parts. */
export type Split = BuildResult<{ metafile: true; write: false }>;

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
export function readParts({ metafile, outputFiles }: Split, outdir: string): Map<string, Part> {
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
 * imported by the loader. What a part exports is set once, at its end: esbuild would define a getter for each name, for
 * modules that change later what they export. Ours do not, and the getters cost a start a millisecond.
 */
export function asFunction({ name, text }: Part): string {
  const [imports, exports] = parse(text);
  const end = exports.length === 0 ? text.length : text.lastIndexOf("export{");
  if (!/^(export\{[^{}]*\};)?\s*$/.test(text.slice(end)))
    throw new Error(`${name} does not end in its exports`);

  let required = "";
  let code = "";
  let position = 0;
  for (const { d: dynamic, ss: start, se: stop } of imports) {
    if (dynamic !== -1) continue;
    required += asRequire(text.slice(start, stop));
    code += text.slice(position, start);
    position = stop + ";".length;
  }
  code += text.slice(position, end);
  code = code
    .replace(/\bimport\(("(?:\.\/|node:)[^"]+")\)/g, "Promise.resolve().then(()=>require($1))")
    .replace(/\bimport\(/g, "importModule(");
  const exported = exports.map(({ n: given, ln: local }) => `exports.${given}=${local};`).join("");
  return `function(exports,require,module,__dirname,importModule){"use strict";${required}${code}${exported}}`;
}

/** `import{a as b}from"./c.js"`, as esbuild writes it. */
function asRequire(statement: string): string {
  const [, names, from] = /^import(.*?)(?:from)?("[^"]*")$/s.exec(statement) ?? [];
  const [, one, all, several] =
    /^\s?([\w$]+)?,?(?:\*\s?as ([\w$]+))?(?:\{(.*)\})?\s?$/s.exec(names ?? "") ?? [];
  const targets = [one, all, several && `{${several.replaceAll(" as ", ":")}}`].filter(Boolean);
  if (from === undefined || (names !== "" && targets.length === 0))
    throw new Error(`not understood: ${statement}`);
  return targets.map((target) => `const ${target}=require(${from});`).join("") || `require(${from});`;
}
