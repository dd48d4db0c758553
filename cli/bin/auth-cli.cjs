#!/usr/bin/env node
"use strict";
/**
 * Starts the program that the build has made. What a way into it needs at once is in one file, and beside that is what
 * V8 made of it on this machine: to compile it anew costs a warm `auth-cli call` as much as all else beside the request
 * itself. All goes by this one loader; each file that Node's own loads costs half a millisecond more.
 */
const { existsSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
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
  const script = new Script(source, { filename, cachedData });
  if (cache && (cachedData === undefined || script.cachedDataRejected)) {
    process.once("exit", (code) => code === 0 && writeCache(cache, source, script));
  }
  return script.runInThisContext();
}

/** V8 itself passes over what another version of it has made; that it was made of this source, the stamps tell. */
function readCache(file, source) {
  try {
    // The npm package comes without, and an error that is thrown costs more than a look.
    if (!existsSync(file)) return undefined;
    const cache = readFileSync(file);
    return source.endsWith(cache.latin1Slice(0, 16)) ? cache.subarray(16) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * For the next start. Who may not write here, or has no room, goes on without. It is there whole or not at all, after a
 * power cut as well: V8 does not look whether a cache is damaged, and would fall over it.
 */
function writeCache(file, source, script) {
  const own = `${file}.${process.pid}`;
  try {
    const cache = Buffer.concat([Buffer.from(source.slice(-16), "latin1"), script.createCachedData()]);
    writeFileSync(own, cache, { flag: "wx", flush: true });
    renameSync(own, file);
  } catch {
    removeQuietly(own);
  }
}

function removeQuietly(file) {
  try {
    rmSync(file, { force: true });
  } catch {
    // It was not there to be removed.
  }
}

// By then all is written and nothing is waited for: to take the heap apart would only make the caller wait.
process.once("beforeExit", () => process.exit());

const args = process.argv.slice(2);
const [first, second] = args;

/** @param cache what V8 made of the pack for such a command line; none of one that is compiled as quickly */
function open(pack, cache) {
  packed = evaluate(join(dist, `${pack}.js`), cache && join(dist, `${cache}.cache`));
}

/** @returns what that way into the program returns */
function enter(wayIn) {
  return requirePart(`./${wayIn}.js`).main(args);
}

if (first === "complete" && second === "--") {
  open("main-complete", "main-complete");
  enter("main-complete");
} else if ((first === "--version" || first === "-V") && second === undefined) {
  open("main-version");
  enter("main-version");
} else {
  const isCall = first === "call";
  open("main", isCall ? "main-call" : "main");
  if (!isCall || enter("main-call") === undefined) enter("main");
}
