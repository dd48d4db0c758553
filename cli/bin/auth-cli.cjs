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

function wayInFor([first, second]) {
  if (first === "complete" && second === "--") return "main-complete";
  if ((first === "--version" || first === "-V") && second === undefined) return "main-version";
  return "main-run";
}

const args = process.argv.slice(2);
const wayIn = wayInFor(args);
packed = evaluate(join(dist, `${wayIn}.js`), join(dist, `${wayIn}.cache`));
void requirePart(`./${wayIn}.js`).main(args);
