#!/usr/bin/env bash
# create-sst 2.43.5 makes a project of SST v2 that installs another major version of sst.
#
# Input:    npm exec create-sst@2.43.5 app
# Expected: the version of sst that its sst.config.ts is written for: 2.x
# Seen:     sst.config.ts has the shape of v2 (`SSTConfig`, `config()`, `stacks()`), package.json asks for sst ^4.17.1.
# Impact:   after `npm install` no `sst dev` or `sst deploy` of the guide's first step works: v3 and later read another config. With
#           "sst": "2.49.8" in each package.json of the project they do.
# Source:   https://v2.sst.dev/start/standalone
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
timeout 100 npm exec --yes --silent create-sst@2.43.5 app >/dev/null 2>&1 </dev/null
asks=$(node -p 'JSON.parse(require("fs").readFileSync("app/package.json")).devDependencies.sst')
config=$(grep -oE 'SSTConfig|config\(|stacks\(' app/sst.config.ts | sort -u | tr '\n' ' ')
echo "package.json asks for sst $asks; sst.config.ts has $config"
[[ $asks =~ ^\^4\. ]]
[ "$config" = 'SSTConfig config( stacks( ' ]
