#!/usr/bin/env node
"use strict";

// Node 22.8 or newer. Node 20 does not have it, and would load the module for nothing.
if (!process.version.startsWith("v20.")) require("node:module").enableCompileCache?.();

void require("../dist/main.js").main(process.argv.slice(2));
