/**
 * Runs a signed `auth-cli call` twice against a server of its own, the second time with everything cached, and keeps
 * what V8 has compiled on the way. Arguments: the folder of the build, the name of the file.
 */
const { writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");

const [folder, name] = process.argv.slice(2);
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
  const program = require(join(folder, `${name}.js`));
  const args = ["call", "/", "--endpoint", url, "--identity-pool-id", identityId];
  const codes = [await program.runCommandLine(args, ""), await program.runCommandLine(args, "")];
  if (codes.some((code) => code !== 0)) throw new Error(`auth-cli call: exit codes ${codes.join()}`);
  writeFileSync(join(folder, `${name}.cache`), program.script.createCachedData());
  server.close();
  server.closeAllConnections();
});
