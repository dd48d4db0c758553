/**
 * V8 compiles a program anew at every start, a third of what a warm `auth-cli call` costs beside the request itself.
 * The build compiles it once, on the machine that it will run on, and keeps the result beside it. V8 itself checks that
 * it fits: another Node, or another source, and it is passed over. (Node 22 has `module.enableCompileCache` for this.)
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./common.ts";

/**
 * What stands in the file's place: loads the code with its cache. Code from a cache cannot `import()`, so that is handed
 * in, as `importModule`.
 * @param name without `.js`
 */
export function cachedLoader(name: string): string {
  return `"use strict";
const { readFileSync } = require("node:fs");
const { Script } = require("node:vm");
const file = __dirname + "/${name}.code.js";
let cachedData;
try {
  cachedData = readFileSync(__dirname + "/${name}.cache");
} catch {}
const source = "(function(exports,require,module,__dirname,importModule){" + readFileSync(file, "utf8") + "\\n})";
const script = new Script(source, { filename: file, ...(cachedData && { cachedData }) });
script.runInThisContext().call(exports, exports, require, module, __dirname, (name) => import(name));
module.exports.script = script;
`;
}

/** Runs the program, so that what a start needs is compiled, and keeps what V8 made of it. */
export async function writeCodeCache(folder: string, name: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "auth-cli-build-"));
  try {
    const args = [join(root, "scripts/build/warm-up.cjs"), folder, name];
    await promisify(execFile)(process.execPath, args, { cwd: home, env: { HOME: home }, timeout: 30_000 });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
