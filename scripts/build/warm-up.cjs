/**
 * Goes a way into the program as users do, and keeps what V8 has compiled on the way. Arguments: the folder of the build,
 * the names of the pack and of the way in. What it answers goes to this process's own standard output.
 */
const { execFile } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");
const { promisify } = require("node:util");
const { Script } = require("node:vm");

const [folder, pack, wayIn] = process.argv.slice(2);
const identityId = "us-east-1:00000000-0000-4000-8000-000000000000";

/** As little of Cognito Identity, and of an API, as a call needs. */
const server = createServer((request, response) => {
  const target = request.headers["x-amz-target"] ?? "";
  const credentials = {
    AccessKeyId: "warm-up",
    SecretKey: "warm-up",
    SessionToken: "warm-up",
    Expiration: Date.now() / 1000 + 3600,
  };
  request.resume();
  response.setHeader("content-type", target === "" ? "text/plain" : "application/x-amz-json-1.1");
  response.end(target === "" ? "" : JSON.stringify({ IdentityId: identityId, Credentials: credentials }));
});

server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    TWITTER_ACCESS_TOKEN: "warm-up",
    TWITTER_ACCESS_TOKEN_SECRET: "warm-up",
  });
  const call = ["call", "/", "--endpoint", url, "--identity-pool-id", identityId];
  const commandLines = {
    "main-complete": [
      ["complete", "--", "smoke", "--stage", ""],
      ["complete", "--", "ca"],
    ],
    "main-call": [call],
    "main-run": [call],
  };
  // What it needs but once, to obtain and to cache the credentials, is not to be loaded each time.
  if (wayIn !== "main-complete")
    await promisify(execFile)(process.execPath, [join(folder, "../bin/auth-cli.cjs"), ...call]);
  const filename = join(folder, `${pack}.js`);
  const source = readFileSync(filename, "utf8");
  const script = new Script(source, { filename });
  const packed = script.runInThisContext();
  const loaded = new Map();
  const requirePart = (id) => {
    if (!id.startsWith("./")) return require(id);
    const module = loaded.get(id) ?? { exports: {} };
    if (loaded.has(id)) return module.exports;
    loaded.set(id, module);
    // Whatever else is loaded here belongs into the pack.
    if (packed[id] === undefined) throw new Error(`${id} is not in ${pack}.js`);
    packed[id](module.exports, requirePart, module, folder, (other) => import(other));
    return module.exports;
  };
  const { main } = requirePart(`./${wayIn}.js`);
  for (const args of commandLines[wayIn]) {
    const code = (await main(args)) ?? 0;
    if (code !== 0) throw new Error(`auth-cli ${args[0]}: exit code ${code}`);
  }
  writeFileSync(
    join(folder, `${wayIn}.cache`),
    Buffer.concat([Buffer.from(source.slice(-16), "latin1"), script.createCachedData()]),
  );
  server.close();
  server.closeAllConnections();
});
