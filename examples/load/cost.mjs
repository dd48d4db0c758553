/**
 * Measures what signing costs: the CPU time of Artillery for the same requests without a signature, with headers of the same
 * size, and signed, to a server that answers at once. A run with one request of each user is subtracted: it has the start of
 * Artillery and the exchange of the logins. `node cost.mjs` prints the median, lowest and highest of several rounds.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ExampleError, printErrors } from "./errors.mjs";

printErrors();
const [rounds = "3", users = "200", requests = "100"] = process.argv.slice(2);
if (![rounds, users, requests].every((count) => /^[1-9]\d*$/.test(count)) || requests === "1") {
  throw new ExampleError("invalid number", {
    fix: "run `node cost.mjs <rounds> <logins> <requests of each user, at least 2>`",
  });
}
const here = dirname(fileURLToPath(import.meta.url));
const virtualUsers = 200;

const identityId = "us-east-1:11111111-2222-4333-8444-555555555555";
const credentials = {
  AccessKeyId: "ASIAIOSFODNN7EXAMPLE",
  SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  // As long as AWS's.
  SessionToken: "x".repeat(1300),
  Expiration: Date.now() / 1000 + 3600,
};

/** The API, and Cognito. */
const server = createServer((request, response) => {
  request.resume();
  const operation = request.headers["x-amz-target"];
  const answer =
    operation === undefined
      ? `Hello ${identityId}!`
      : JSON.stringify({ IdentityId: identityId, Credentials: credentials });
  response.end(answer);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${server.address().port}`;
const folder = mkdtempSync(join(tmpdir(), "load-cost-"));
let child;
process.on("exit", () => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.on(signal, () => process.exit(128 + number));
}
const file = (name) => join(folder, name);

const login = { accessToken: "42-token", accessTokenSecret: "secret" };
writeFileSync(file("tokens.json"), JSON.stringify(Array.from({ length: Number(users) }, () => login)), {
  mode: 0o600,
});

const processor = join(here, "processor.mjs");
writeFileSync(
  file("with-headers.mjs"),
  `export { chooseUser, check } from ${JSON.stringify(pathToFileURL(processor).href)};
  const headers = { "X-Amz-Date": "20260101T000000Z", "X-Amz-Security-Token": "x".repeat(1300), Authorization: "x".repeat(250) };
  export async function addHeaders(request) { Object.assign(request, { headers, followRedirect: false }); }`,
);

function script(beforeRequest, requestsOfEach) {
  return JSON.stringify({
    config: {
      target: address,
      processor: beforeRequest === "addHeaders" ? file("with-headers.mjs") : processor,
      phases: [{ duration: 5, arrivalCount: virtualUsers }],
    },
    scenarios: [
      {
        beforeScenario: "chooseUser",
        ...(beforeRequest && { beforeRequest }),
        afterResponse: "check",
        flow: [{ loop: [{ get: { url: "/private" } }], count: requestsOfEach }],
      },
    ],
  });
}

const artillery = findArtillery();

function findArtillery() {
  try {
    return createRequire(import.meta.url).resolve("artillery/bin/run");
  } catch {
    throw new ExampleError("Artillery is not installed", { fix: "run `npm ci --ignore-scripts`" });
  }
}

/** @returns CPU milliseconds */
async function run(beforeRequest, requestsOfEach) {
  writeFileSync(file("script.json"), script(beforeRequest, requestsOfEach));
  child = spawn(
    process.execPath,
    [artillery, "run", "--quiet", "--output", file("report.json"), file("script.json")],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        NODE_OPTIONS: `--require ${JSON.stringify(join(here, "cpu-usage.cjs"))}`,
        COST_CPU_FILE: file("cpu"),
        ARTILLERY_DISABLE_TELEMETRY: "true",
        AWS_ENDPOINT_URL_COGNITO_IDENTITY: address,
        LOAD_ENDPOINT: address,
        LOAD_IDENTITY_POOL_ID: "us-east-1:11111111-2222-4333-8444-666666666666",
        LOAD_TOKENS: file("tokens.json"),
      },
    },
  );
  const [code] = await once(child, "close");
  if (code !== 0) throw new ExampleError(`Artillery failed with exit code ${code}`);
  const { counters } = JSON.parse(readFileSync(file("report.json"), "utf8")).aggregate;
  const expected = virtualUsers * requestsOfEach;
  const checked = `load.answers.${beforeRequest === "sign" ? "own" : "another's"} identity`;
  if (counters[checked] !== expected) {
    throw new ExampleError(`not ${expected} × ${checked}`, { cause: JSON.stringify(counters) });
  }
  return Number(readFileSync(file("cpu"), "utf8"));
}

/** @returns CPU microseconds of one request, without the start */
async function measure(beforeRequest) {
  const all = await run(beforeRequest, Number(requests));
  const start = await run(beforeRequest, 1);
  return ((all - start) / virtualUsers / (requests - 1)) * 1000;
}

const costs = { unsigned: [], headers: [], signature: [] };
for (let round = 0; round < Number(rounds); round += 1) {
  const unsigned = await measure();
  const withHeaders = await measure("addHeaders");
  costs.unsigned.push(unsigned);
  costs.headers.push(withHeaders - unsigned);
  costs.signature.push((await measure("sign")) - withHeaders);
}
const [unsigned, headers, signature] = Object.values(costs).map((values) => {
  const sorted = values.toSorted((one, other) => one - other).map(Math.round);
  return { median: sorted[sorted.length >> 1], range: `${sorted[0]} to ${sorted.at(-1)}` };
});
const share = ({ median, range }) => `${median} µs (${range}), ${(median / unsigned.median).toFixed(2)} ×`;
console.log(`a request without a signature: ${unsigned.median} µs of CPU (${unsigned.range})`);
console.log(`  more to send headers of that size: ${share(headers)}`);
console.log(`  more to sign: ${share(signature)}`);
server.close();
