/**
 * Twitter, Cognito and an API in one process, which answer `auth-cli smoke` at next to no cost, so that the time of the
 * client shows. The API refuses the faulty requests of smoke by their looks, without verifying signatures.
 *
 *     node smoke-services.cjs [certificate key]     with PEM files: https
 *
 * Prints its port. Ends with its standard input.
 */
const { readFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");

const [, , certificate, key] = process.argv;
const region = "us-east-1";
const identityId = `${region}:00000000-0000-4000-8000-000000000001`;
const forbidden = Buffer.from('{"message":"Forbidden"}');

function isValid(url, headers) {
  const [, stamp = "", scope = ""] =
    /Credential=[^/]+\/(\d{8})\/([a-z0-9-]+)\//.exec(headers.authorization ?? "") ?? [];
  const date = headers["x-amz-date"] ?? "";
  const sentMs = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  return (
    stamp !== "" &&
    scope === region &&
    headers["x-amz-security-token"] !== undefined &&
    Math.abs(Date.now() - sentMs) < 300_000 &&
    !url.includes("tampered=")
  );
}

function answerApi(url, headers, outgoing) {
  const isOpen = url.startsWith("/public");
  const accepted = isOpen || isValid(url, headers);
  const body = accepted ? Buffer.from(`Hello ${isOpen ? "stranger" : identityId}!`) : forbidden;
  outgoing.writeHead(accepted ? 200 : 403, {
    "content-type": accepted ? "text/plain" : "application/json",
    "content-length": body.length,
    "apigw-requestid": "bench=",
  });
  outgoing.end(body);
}

function answerCognito(target, body, outgoing) {
  const { Logins: logins } = JSON.parse(body);
  const json = (status, value) => {
    outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    outgoing.end(JSON.stringify(value));
  };
  if (target.endsWith(".GetId")) {
    if (logins !== undefined && Object.keys(logins).length > 0) return json(200, { IdentityId: identityId });
    return json(400, {
      __type: "NotAuthorizedException",
      message: "Unauthenticated access is not supported for this identity pool.",
    });
  }
  return json(200, {
    IdentityId: identityId,
    Credentials: {
      AccessKeyId: "ASIAEXAMPLEEXAMPLEEX",
      SecretKey: "secret-of-the-bench",
      SessionToken: "t".repeat(800),
      Expiration: Date.now() / 1000 + 3600,
    },
  });
}

function answer(incoming, outgoing) {
  const { url = "/", headers } = incoming;
  const target = headers["x-amz-target"];
  if (target !== undefined) {
    let body = "";
    incoming.on("data", (chunk) => (body += chunk));
    incoming.on("end", () => answerCognito(target, body, outgoing));
  } else if (url.startsWith("/1.1/account/verify_credentials")) {
    outgoing.writeHead(200, { "content-type": "application/json" });
    outgoing.end('{"id_str":"42","screen_name":"alice"}');
  } else answerApi(url, headers, outgoing);
}

const options = { keepAliveTimeout: 60_000 };
const server =
  certificate === undefined
    ? http.createServer(options, answer)
    : https.createServer({ ...options, cert: readFileSync(certificate), key: readFileSync(key) }, answer);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
