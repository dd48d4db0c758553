import { createServer } from "node:http";
import { listen } from "@api-auth-twitter/test-support/listen";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logInHere, type Ran, runHere } from "../../test/run-here.ts";
import { startConnectProxy } from "@api-auth-twitter/test-support/connect-proxy";
import {
  deployWorld,
  type DeployedWorld,
  type StackOutputs,
} from "@api-auth-twitter/test-support/deployed-world";
import { type Meddling, startMeddlingProxy } from "@api-auth-twitter/test-support/meddling-proxy";
import type { ErrorReport } from "../errors.ts";

/** The role may call every route except `/forbidden`. */
const policy = `[new PolicyStatement({
  actions: ["execute-api:Invoke"],
  resources: ["private", "failing", "slow", "items"].map((path) =>
    \`arn:aws:execute-api:\${stack.region}:\${stack.account}:\${api.httpApiId}/*/*/\${path}\`),
})]`;

let world: DeployedWorld;
let outputs: StackOutputs;

beforeAll(async () => {
  world = await deployWorld("prod", async (app) => {
    const stack = "stacks/ExampleStack.ts";
    await app.edit(
      stack,
      '"GET /private": "packages/functions/src/private.handler",',
      `"GET /private": "packages/functions/src/private.handler",
       "GET /forbidden": "packages/functions/src/private.handler",
       "POST /posted": "packages/functions/src/private.handler",
       "POST /forbidden": "packages/functions/src/private.handler",
       "GET /open": { function: "packages/functions/src/private.handler", authorizer: "none" },
       "GET /failing": "packages/functions/src/public.failing",
       "GET /slow": { function: { handler: "packages/functions/src/public.slow", timeout: 1 } },`,
    );
    await app.edit(
      stack,
      "attachPermissionsForAuthUsers(stack, [api])",
      `attachPermissionsForAuthUsers(stack, ${policy})`,
    );
    await app.edit(stack, /^/, 'import { PolicyStatement } from "aws-cdk-lib/aws-iam";\n');
    await app.edit(
      "packages/functions/src/public.ts",
      /$/,
      `export function failing(): Promise<never> {
         return Promise.reject(new Error("broken"));
       }
       export function slow(): Promise<never> {
         return new Promise((resolve) => setTimeout(resolve, 60_000));
       }`,
    );
  });
  outputs = await world.outputs();
  await logInHere(world.cli, "alice");
});
afterAll(() => world.close());

interface Refused extends Ran {
  error: ErrorReport;
}

async function refused(args: readonly string[], variables: Record<string, string> = {}): Promise<Refused> {
  const result = await runHere(world.cli, ["call", ...args, "--json"], { variables });
  expect(result.code, result.stderr).toBe(22);
  return { ...result, error: (JSON.parse(result.stderr) as { error: ErrorReport }).error };
}

test.each([
  [
    ["/forbidden"],
    "permission-missing",
    "does not allow execute-api:Invoke on arn:aws:execute-api:us-east-1:",
  ],
  [["POST", "/forbidden", "-d", "x"], "permission-missing", "/POST/forbidden"],
  [["/nowhere"], "route-missing", "no route GET /nowhere"],
  [["DELETE", "/private"], "route-missing", "a route GET /private, but no route DELETE /private"],
  [["/prod/private"], "stage-path-wrong", "the stage name in the URL is wrong"],
  [["/open"], "route-open", "open to everybody"],
  [["POST", "/private", "-d", "x"], "route-missing", "no route POST /private"],
  [["/posted"], "route-missing", "the last deploy has this path with POST"],
  [["/failing"], "handler-failed", "threw"],
  [
    ["/private", "--region", "eu-west-1"],
    "region-wrong",
    "signed for eu-west-1, but the API is in us-east-1",
  ],
])("call %j: %s", async (args, reason, words) => {
  const { error, stdout } = await refused(args);
  expect(error).toMatchObject({ code: "http-status", reason, cause: expect.stringContaining(words) });
  expect(error.evidence).not.toEqual([]);
  // A diagnosis does not change the output.
  expect(JSON.parse(stdout)).toMatchObject({ status: expect.any(Number), body: expect.any(String) });
});

test("measures how long a handler took that has one second", async () => {
  const { error } = await refused(["/slow"]);
  expect(error).toMatchObject({
    reason: "handler-failed",
    cause: expect.stringContaining("ran out of time"),
    // Without a limit: a busy machine needs longer, and judge.test.ts holds what each time means.
    evidence: expect.arrayContaining([expect.stringMatching(/^the answer took [1-9]\d*\.\d s$/)]),
  });
});

const dropped =
  (name: string): Meddling["request"] =>
  ({ headers }) =>
    void headers.delete(name);

test.each<[reason: string, args: string[], meddling: Meddling["request"]]>([
  [
    "query-rewritten",
    ["/private?b=2&a=1"],
    (request) => void (request.target += request.target.includes("?") ? "&utm=1" : ""),
  ],
  ["session-token-dropped", ["/private"], dropped("x-amz-security-token")],
  ["headers-rewritten", ["/private"], dropped("authorization")],
  [
    "headers-rewritten",
    ["/private", "-H", "X-Note: a"],
    (request) => void (request.headers.has("x-note") && request.headers.set("x-note", "b")),
  ],
  [
    "host-rewritten",
    ["/private"],
    (request) => void request.headers.set("host", new URL(outputs.ApiEndpoint).host),
  ],
])("finds a proxy in front of the API: %s (%j)", async (reason, args, request) => {
  const proxy = await startMeddlingProxy(outputs.ApiEndpoint, { request: (passing) => request?.(passing) });
  try {
    // Once as the endpoint, once as HTTP_PROXY.
    const reverse = await refused([...args, "--endpoint", proxy.url]);
    expect(reverse.error.reason, JSON.stringify(reverse.error)).toBe(reason);
    if (reason === "host-rewritten") return;
    const forward = await refused(args, { HTTP_PROXY: proxy.url, NO_PROXY: "<-loopback>" });
    expect(forward.error.reason, JSON.stringify(forward.error)).toBe(reason);
  } finally {
    await proxy.close();
  }
});

test.each<[what: string, start: () => Promise<{ url: string; close(): Promise<void> }>]>([
  [
    "changes Host",
    () =>
      startMeddlingProxy(outputs.ApiEndpoint, {
        request: ({ headers }) => void headers.set("host", "other.example"),
      }),
  ],
  [
    "changes the path",
    () =>
      startMeddlingProxy(outputs.ApiEndpoint, {
        request: (request) => void (request.target = `/v1${request.target}`),
      }),
  ],
  [
    "answers instead of the API",
    async () => {
      const proxy = await startConnectProxy(403);
      return { url: proxy.anonymousUrl, close: () => proxy.close() };
    },
  ],
])("finds a proxy in HTTP_PROXY that %s", async (_what, start) => {
  const proxy = await start();
  try {
    const { error } = await refused(["/private"], { HTTP_PROXY: proxy.url, NO_PROXY: "<-loopback>" });
    expect(error).toMatchObject({
      reason: "proxy-interferes",
      fix: expect.stringContaining("NO_PROXY=127.0.0.1"),
    });
  } finally {
    await proxy.close();
  }
});

test.each(["/forbidden", "/nowhere", "/failing"])("sends at most a dozen requests for %s", async (path) => {
  const { stderr } = await runHere(world.cli, ["call", path, "--debug"]);
  const sent = stderr.match(/^debug: diagnosis\.\w+: [A-Z]+ /gm) ?? [];
  expect(sent.length, stderr).toBeGreaterThan(0);
  expect(sent.length, stderr).toBeLessThanOrEqual(12);
});

test("gives up each request without an answer after 1.5 s", async () => {
  let requests = 0;
  const silent = createServer((_incoming, outgoing) => {
    // Only the call itself gets an answer.
    if (requests++ > 0) return;
    outgoing.writeHead(403, { "apigw-requestid": "id=" }).end('{"message":"Forbidden"}');
  });
  const port = await listen(silent);
  const url = `http://127.0.0.1:${port}`;
  try {
    const { stderr } = await world.cli.run(["call", "/private", "--endpoint", url, "--json"], {
      variables: { AWS_ENDPOINT_URL_STS: url },
    });
    const { error } = JSON.parse(stderr) as { error: ErrorReport };
    const unanswered = error.evidence?.filter((sentence) => sentence.includes("within 1.5 s")) ?? [];
    expect(unanswered.length, JSON.stringify(error)).toBeGreaterThan(1);
    expect(requests).toBeLessThanOrEqual(13);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});

test("diagnoses only a failed call, and not with --no-fail, --no-diagnosis or --unsigned", async () => {
  const fine = await world.cli.run(["call", "/private", "--debug"]);
  expect([fine.code, fine.stderr.includes("diagnosis.")]).toEqual([0, false]);
  for (const flag of ["--no-fail", "--no-diagnosis", "--unsigned"]) {
    const plain = await world.cli.run(["call", "/forbidden", flag, "--debug"]);
    expect(plain.stderr).not.toContain("diagnosis.");
  }
  const debugged = await world.cli.run(["call", "/forbidden", "--debug"]);
  expect(debugged.stdout).toBe('{"message":"Forbidden"}');
  expect(debugged.stderr).toMatch(/^debug: diagnosis\.unsigned: GET .*\/forbidden → HTTP 403/m);
  for (const secret of await world.cli.storedSecrets()) {
    expect(debugged.stderr).not.toContain(secret);
    expect(debugged.stderr).not.toContain(encodeURIComponent(secret));
  }
});
