#!/usr/bin/env node
"use strict";
const { enableCompileCache } = require("node:module");

// Node 22.8 or newer.
enableCompileCache?.();

// By then all output is written. Exiting at once saves Node the time to free its heap.
process.once("beforeExit", () => process.exit());

void require("../dist/main.js").main(process.argv.slice(2));
