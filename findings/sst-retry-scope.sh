#!/usr/bin/env bash
# @smithy/util-retry 4.4.0 rejects a retry token without a scope, which 4.3.8 accepts.
#
# Input:    new ConfiguredRetryStrategy(3).acquireInitialRetryToken(undefined)
# Expected: a token: a minor version keeps what its callers do.
# Seen:     4.3.8 gives a token. 4.4.0 rejects: Cannot read properties of undefined (reading 'includes').
# Impact:   @aws-cdk/toolkit-lib 1.1.1, which sst 2.49.8 pins, has clients that leave the scope out, and accepts every 4.x
#           of util-retry. A project that is new today gets 4.4 or later, and its second `sst deploy` ends with that text. The first
#           says "Unable to resolve AWS account to use". With 4.3.8 in the project's package.json both deploy.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts before@npm:@smithy/util-retry@4.3.8 after@npm:@smithy/util-retry@4.4.0
node - <<'JS'
const assert = require('node:assert');
(async () => {
  const seen = {};
  for (const name of ['before', 'after']) {
    const { ConfiguredRetryStrategy } = require(name);
    seen[name] = await new ConfiguredRetryStrategy(3).acquireInitialRetryToken(undefined).then(
      (token) => `a token, ${token.getRetryCount()} retries`,
      (error) => error.message,
    );
    console.log(`${require(`${process.cwd()}/node_modules/${name}/package.json`).version}: ${seen[name]}`);
  }
  assert.deepStrictEqual(seen, { before: 'a token, 0 retries', after: "Cannot read properties of undefined (reading 'includes')" });
})();
JS
