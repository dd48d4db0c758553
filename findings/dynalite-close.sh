#!/usr/bin/env bash
# dynalite 4.0.0: close() leaves the database open if the server does not listen, for example because its port is taken.
#
# Input:    dynalite({ path }).listen(port), then close(), once with a free port and once with a port that is in use
# Expected: close() closes the database in both cases. dynalite() opens it before listen(), and only close() can close it.
# Seen:     with a free port the folder can be opened again. With the other, close() reports ERR_SERVER_NOT_RUNNING, and the folder
#           stays locked (LEVEL_LOCKED) until the process ends.
# Impact:   a program that tries the next port with the same folder cannot read its tables.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"; echo '{"private":true}' >package.json
timeout 120 npm install --silent --no-audit --no-fund --ignore-scripts dynalite@4.0.0 level@10.0.0
timeout 60 node - <<'JS'
const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const dynalite = require('dynalite');
const { Level } = require('level');
(async () => {
  const other = net.createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const seen = {};
  for (const [name, port] of [['free', 0], ['taken', other.address().port]]) {
    const server = dynalite({ path: name });
    const listens = await once(server.listen(port, '127.0.0.1'), 'listening').then(() => 'listens', (error) => error.code);
    const closed = await new Promise((resolve) => server.close((error) => resolve(error?.code ?? 'no error')));
    const level = new Level(name);
    const opened = await level.open().then(() => level.close()).then(() => 'opens again', (error) => error.cause.code);
    seen[name] = `${listens}, close(): ${closed}, folder: ${opened}`;
    console.log(`${name} port: ${seen[name]}`);
  }
  other.close();
  assert.deepStrictEqual(seen, {
    free: 'listens, close(): no error, folder: opens again',
    taken: 'EADDRINUSE, close(): ERR_SERVER_NOT_RUNNING, folder: LEVEL_LOCKED',
  });
})();
JS
