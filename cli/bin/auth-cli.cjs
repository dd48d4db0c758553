#!/usr/bin/env node
"use strict";
const { enableCompileCache } = require("node:module");

// Node 22.8 or newer.
enableCompileCache?.();

void require("../dist/main.js").main(process.argv.slice(2));
