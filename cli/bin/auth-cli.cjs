#!/usr/bin/env node
"use strict";
/**
 * Starts the program that the build has made. What a way into it needs at once is in one file, and beside that may be
 * what V8 made of it on this machine: to compile it anew is a third of what a warm `auth-cli call` costs beside the
 * request itself. All goes by this one loader; each file that Node's own loads costs half a millisecond more.
 */
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const dist = join(__dirname, "../dist");

/** Functions by the names of the parts that they make. */
let packed = {};
const loaded = new Map();

function requirePart(name) {
  if (!name.startsWith("./")) return require(name);
  if (name.startsWith("./vendor/")) return require(join(dist, name));
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const make = packed[name] ?? evaluate(join(dist, "parts", name));
  // Code from a cache cannot `import()`, so that is handed in.
  make(module.exports, requirePart, module, dist, (id) => import(id));
  return module.exports;
}

function evaluate(filename, cache) {
  const source = readFileSync(filename, "utf8");
  const cachedData = cache && readCache(cache, source);
  return new Script(source, { filename, cachedData }).runInThisContext();
}

/** V8 itself passes over what another version of it has made; that it was made of this source, the stamps tell. */
function readCache(file, source) {
  try {
    // The npm package has none, and an error that is thrown costs more than a look.
    if (!existsSync(file)) return undefined;
    const cache = readFileSync(file);
    return source.endsWith(cache.latin1Slice(0, 16)) ? cache.subarray(16) : undefined;
  } catch {
    return undefined;
  }
}

// By then all is written and nothing is waited for: to take the heap apart would only make the caller wait.
process.once("beforeExit", () => process.exit());

const args = process.argv.slice(2);
const [first, second] = args;

/** @param cache what V8 made of the pack for such a command line */
function open(pack, cache = pack) {
  packed = evaluate(join(dist, `${pack}.js`), join(dist, `${cache}.cache`));
}

/** @returns what that way into the program returns */
function enter(wayIn) {
  return requirePart(`./${wayIn}.js`).main(args);
}

if (first === "complete" && second === "--") {
  open("main-complete");
  enter("main-complete");
} else if ((first === "--version" || first === "-V") && second === undefined) {
  open("main-version");
  enter("main-version");
} else {
  const isCall = first === "call";
  open("main", isCall ? "main-call" : "main-run");
  if (!isCall || enter("main-call") === undefined) enter("main-run");
}
