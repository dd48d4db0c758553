import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import { configFile, reply } from "../../../test/fakes/fake-environment.ts";
import { liveFunction, templateOf } from "../../../test/fakes/smoke-world.ts";
import {
  createDoctorWorld,
  dated,
  examined,
  examineIn,
  goodStack,
} from "../../../test/fakes/doctor-world.ts";
import { twitterRefusal } from "../../../test/fakes/scripted-services.ts";
import { createWorld, runIn } from "../../../test/fakes/world.ts";
import type { DoctorReport, FindingStatus } from "./finding.ts";

const outputsFile = "/project/.sst/outputs.json";
const poolId = "us-east-1:00000000-0000-4000-8000-000000000000";
const api = "https://abc123.execute-api.us-east-1.amazonaws.com";
const outputs = (ApiEndpoint = api, IdentityPoolId = poolId): Record<string, string> => ({
  [outputsFile]: JSON.stringify({ "prod-notes-ExampleStack": { ApiEndpoint, IdentityPoolId } }),
});
const clientId = Buffer.from("Tcbo1VHnaUoagb7cGwqh:1:ci").toString("base64url");
const letters = (length: number): string => "aB3".repeat(20).slice(0, length);
const unreachable =
  (code: "unreachable" | "timeout" | "tls-refused" | "proxy-refused", message: string, cause: string) =>
  (): Promise<never> =>
    Promise.reject(new AuthCliError(code, { message, cause, fix: "fix it" }));

const interrupted = (): Promise<never> =>
  Promise.reject(new AuthCliError("interrupted", { message: "interrupted" }));

/** Unsigned, since no test verifies it. */
function idToken(end: string): string {
  const parts = [{ alg: "RS256" }, { sub: "1", exp: Date.parse(end) / 1000 }];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), letters(40)].join(
    ".",
  );
}

describe("doctor", () => {
  it("skips the stage in a folder without a deployment, and repeats no text in the evidence", async () => {
    const cause = "DNS found no address for api.x.com (ENOTFOUND)";
    const world = createWorld({
      answers: { "doctor.twitter": unreachable("unreachable", "cannot reach api.x.com", cause) },
    });
    Object.assign(world.environment, { workingDirectory: "/elsewhere" });
    const ran = await runIn(["doctor", "--json"], world);
    const { findings } = JSON.parse(ran.stdout) as DoctorReport;
    const of = (wanted: string) => findings.find(({ name }) => name === wanted);
    expect(of("deployment.stage")).toMatchObject({ status: "skipped", message: "no stage name" });
    expect(of("network.twitter")).toEqual({
      name: "network.twitter",
      status: "fault",
      message: `cannot reach Twitter: ${cause}`,
      fix: "fix it",
    });
  });

  it("finds no fault in a working setup, and exits with 0", async () => {
    const { code, report } = await examined();
    expect(report.findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(code).toBe(0);
    expect(report).toMatchObject({ schemaVersion: 1, stage: "prod", passed: true, durationMs: 0 });
    expect(report.findings.map(({ name }) => name)).toEqual([
      "computer.node",
      "computer.clock.twitter",
      "computer.clock.cognito",
      "computer.clock.api",
      "settings.dotenv",
      "settings.TWITTER_CONSUMER_KEY",
      "settings.TWITTER_CONSUMER_SECRET",
      "twitter.consumer-key",
      "twitter.consumer-secret",
      "twitter.accepts",
      "deployment.stage",
      "deployment.outputs",
      "deployment.endpoint",
      "deployment.identity-pool",
      "deployment.region",
      "stack.source",
      "store.logins",
      "store.keyring",
      "store.login",
      "store.credentials",
      "network.proxy",
      "network.twitter",
      "network.cognito",
      "network.api",
      "network.sts",
      "api.alive",
      "api.private",
    ]);
  });

  it.each([
    ["cdk.json", "cdk-outputs.json", "CDK"],
    ["samconfig.toml", "outputs.json", "SAM"],
  ])("speaks of the framework of %s, whose source it does not read", async (marker, file, name) => {
    const world = createDoctorWorld({
      workingDirectory: "/other",
      files: {
        [`/other/${marker}`]: "{}",
        [`/other/${file}`]: JSON.stringify({ Stack: { ApiEndpoint: api, IdentityPoolId: poolId } }),
      },
    });
    const { findings } = await examineIn(world, ["--deep"]);
    expect(findings["stack.source"]).toEqual({
      name: "stack.source",
      status: "skipped",
      message: `doctor reads the source of SST stacks only; with --deep it checks what ${name} deployed`,
    });
    expect(findings["deployment.outputs"]).toMatchObject({ status: "ok", message: `from ${file}` });
    expect(findings["deployer.credentials"]?.evidence).toEqual([
      "auth-cli looked at --profile, the environment, the project and the AWS files",
    ]);
  });

  it("changes no file, no mode and no login", async () => {
    const world = createDoctorWorld({ files: { [configFile]: "no JSON" }, modes: { [configFile]: 0o644 } });
    const before = world.environment.fileTexts();
    await examineIn(world);
    expect(world.environment.fileTexts()).toEqual(before);
  });

  it("exits with 0 on a warning, and with 1 on a fault", async () => {
    const warned = await examined({ loggedIn: false });
    expect([warned.code, warned.report.passed, warned.findings["store.login"]?.status]).toEqual([
      0,
      true,
      "warning",
    ]);
    const faulty = await examined({ nodeVersion: "18.20.0" });
    expect([faulty.code, faulty.report.passed]).toEqual([1, false]);
  });

  it("stops when it is interrupted", async () => {
    const world = createDoctorWorld({ answers: { "doctor.sts": interrupted } });
    expect((await runIn(["doctor"], world)).code).toBe(130);
  });

  it("continues after a fault", async () => {
    const { findings, report } = await examined({
      files: { "/project/.env": "no assignment", [outputsFile]: "no JSON" },
      answers: { "doctor.twitter": unreachable("unreachable", "cannot reach", "… (ENOTFOUND)") },
    });
    expect(report.findings.length).toBeGreaterThan(15);
    const faults = report.findings.filter(({ status }) => status === "fault").map(({ name }) => name);
    expect(faults).toEqual(["settings.dotenv", "deployment.outputs", "network.twitter"]);
    expect(findings["settings.dotenv"]).toMatchObject({ evidence: ["line 1"] });
  });
});

type Case = [what: string, world: Parameters<typeof examined>[0], name: string, message: RegExp];

function expectEach(status: FindingStatus, cases: readonly Case[]): void {
  it.each(cases)("%s", async (_what, world, name, message) => {
    const { findings } = await examined(world);
    expect(findings[name]).toMatchObject({ status, message: expect.stringMatching(message) as string });
    expect(typeof findings[name]?.fix).toBe(status === "ok" ? "undefined" : "string");
  });
}

describe("reports a fault for", () => {
  expectEach("fault", [
    ["an old version of Node", { nodeVersion: "20.18.3" }, "computer.node", /needs Node 20\.19 or newer/],
    [
      "a clock ten minutes slow",
      { answers: { "doctor.cognito": dated(600) } },
      "computer.clock.cognito",
      /^the clock is 600 s behind Cognito's/,
    ],
    [
      "a clock ten minutes fast",
      { answers: { "doctor.api": dated(-600) } },
      "computer.clock.api",
      /^the clock is 600 s ahead of the API's/,
    ],
    [
      "a Client ID as the consumer key",
      { variables: { TWITTER_CONSUMER_KEY: clientId } },
      "twitter.consumer-key",
      /OAuth 2\.0 Client ID/,
    ],
    [
      "swapped key and secret (key)",
      { variables: { TWITTER_CONSUMER_KEY: letters(50), TWITTER_CONSUMER_SECRET: letters(25) } },
      "twitter.consumer-key",
      /length of a secret/,
    ],
    [
      "swapped key and secret (secret)",
      { variables: { TWITTER_CONSUMER_KEY: letters(50), TWITTER_CONSUMER_SECRET: letters(25) } },
      "twitter.consumer-secret",
      /length of a key/,
    ],
    [
      "a key in quotation marks",
      { variables: { TWITTER_CONSUMER_KEY: `"${letters(25)}"` } },
      "twitter.consumer-key",
      /quotation marks/,
    ],
    [
      "a secret with a line break",
      { variables: { TWITTER_CONSUMER_SECRET: `${letters(20)}\n${letters(30)}` } },
      "twitter.consumer-secret",
      /contains white space or a line break/,
    ],
    [
      "an access token as the consumer key",
      { variables: { TWITTER_CONSUMER_KEY: `123456-${letters(40)}` } },
      "twitter.consumer-key",
      /it is an access token/,
    ],
    [
      "a bearer token as the consumer secret",
      { variables: { TWITTER_CONSUMER_SECRET: `${"A".repeat(22)}%2F${letters(40)}` } },
      "twitter.consumer-secret",
      /bearer token/,
    ],
    [
      "a consumer key without its secret",
      { variables: { TWITTER_CONSUMER_SECRET: "" } },
      "twitter.consumer-key",
      /TWITTER_CONSUMER_SECRET is not set/,
    ],
    [
      "a consumer key that Twitter rejects",
      { answers: { "twitter.request_token": () => twitterRefusal(32, "Could not authenticate you.") } },
      "twitter.accepts",
      /code 32/,
    ],
    [
      "an X app without a callback URL",
      {
        answers: {
          "twitter.request_token": () =>
            reply(
              401,
              "<errors><error code=\"417\">Desktop applications only support the oauth_callback value 'oob'</error></errors>",
            ),
        },
      },
      "twitter.accepts",
      /code 417/,
    ],
    [
      "an access token joined with its secret by a semicolon",
      { variables: { TWITTER_ACCESS_TOKEN: `42-${letters(20)};${letters(40)}` } },
      "twitter.access-token",
      /joined by a semicolon/,
    ],
    [
      "an access token joined with its secret by a colon, as in the guide",
      { variables: { TWITTER_ACCESS_TOKEN: `42-${letters(20)}:${letters(40)}` } },
      "twitter.access-token",
      /joined by a colon/,
    ],
    [
      "half an access token",
      { variables: { TWITTER_ACCESS_TOKEN: `42-${letters(20)}` } },
      "twitter.access-token",
      /TWITTER_ACCESS_TOKEN_SECRET is not set/,
    ],
    [
      "a swapped access token and secret",
      { variables: { TWITTER_ACCESS_TOKEN: letters(45), TWITTER_ACCESS_TOKEN_SECRET: `42-${letters(20)}` } },
      "twitter.access-token",
      /are swapped/,
    ],
    [
      "an invalid stage name",
      { variables: { SST_STAGE: "1st" } },
      "deployment.stage",
      /invalid stage name "1st"/,
    ],
    [
      "an unknown stage",
      { variables: { SST_STAGE: "dev" } },
      "deployment.outputs",
      /the stage dev is not in \/project/,
    ],
    [
      "an endpoint with the stage twice",
      { files: outputs(`${api}/prod/prod`) },
      "deployment.endpoint",
      /contains the stage \/prod twice/,
    ],
    ["an endpoint with $default", { files: outputs(`${api}/$default`) }, "deployment.endpoint", /\$default/],
    [
      "an endpoint with http",
      { files: outputs(api.replace("https", "http")) },
      "deployment.endpoint",
      /uses plain http \(\/project\/\.sst\/outputs\.json\)/,
    ],
    [
      "an endpoint that is not a URL",
      { files: outputs("abc123") },
      "deployment.endpoint",
      /"abc123" is not a URL/,
    ],
    [
      "the id of a user pool",
      { files: outputs(api, "us-east-1_AbC123") },
      "deployment.identity-pool",
      /us-east-1_AbC123 is the id of a user pool/,
    ],
    [
      "a truncated pool id",
      { files: outputs(api, poolId.slice(0, -3)) },
      "deployment.identity-pool",
      /invalid identity pool id/,
    ],
    ["an invalid AUTH_CLI_STORE", { variables: { AUTH_CLI_STORE: "vault" } }, "store.keyring", /"vault"/],
    [
      "logins of a newer auth-cli",
      { files: { [configFile]: JSON.stringify({ version: 99, sessions: [] }) } },
      "store.logins",
      /newer auth-cli/,
    ],
    [
      "an invalid proxy",
      { variables: { HTTPS_PROXY: "socks5://p" }, proxies: { "api.x.com": "" } },
      "network.proxy",
      /HTTPS_PROXY is not the address of an HTTP proxy/,
    ],
    [
      "a host name without an address",
      {
        answers: {
          "doctor.cognito": unreachable(
            "unreachable",
            "cannot reach it",
            "DNS found no address for it (ENOTFOUND)",
          ),
        },
      },
      "network.cognito",
      /cannot reach Cognito: DNS found no address for it \(ENOTFOUND\)/,
    ],
    [
      "a closed port",
      {
        answers: {
          "doctor.api": unreachable("unreachable", "cannot reach it", "nothing listens (ECONNREFUSED)"),
        },
      },
      "network.api",
      /no connection \(TCP\)/,
    ],
    [
      "an untrusted certificate",
      {
        answers: {
          "doctor.sts": unreachable("tls-refused", "cannot reach it", "not trusted (CERT_HAS_EXPIRED)"),
        },
      },
      "network.sts",
      /TLS failed/,
    ],
    [
      "a silent service",
      { answers: { "doctor.twitter": unreachable("timeout", "x did not answer within 5 s", "slow") } },
      "network.twitter",
      /no answer in time/,
    ],
    [
      "a proxy that refuses",
      { answers: { "doctor.twitter": unreachable("proxy-refused", "the proxy p does not", "407") } },
      "network.twitter",
      /the proxy refuses the connection/,
    ],
    [
      "a service with HTTP 503",
      { answers: { "doctor.cognito": dated(0, 503) } },
      "network.cognito",
      /HTTP 503/,
    ],
    [
      "an open /private",
      { answers: { "doctor.private": () => reply(200, "Hello!", [["apigw-requestid", "id="]]) } },
      "api.private",
      /open to everybody/,
    ],
    [
      "an open /private whose handler answers 403 in its own words",
      { answers: { "doctor.private": () => reply(403, "members only", [["apigw-requestid", "id="]]) } },
      "api.private",
      /open to everybody, and its handler refuses/,
    ],
    [
      "an open /private whose function fails",
      {
        answers: {
          "doctor.private": () =>
            reply(500, { message: "Internal Server Error" }, [["apigw-requestid", "id="]]),
        },
      },
      "api.private",
      /open to everybody, and its function fails/,
    ],
    [
      "a /private with HTTP 429",
      {
        answers: {
          "doctor.private": () => reply(429, { message: "Too Many Requests" }, [["apigw-requestid", "id="]]),
        },
      },
      "api.private",
      /answers HTTP 429/,
    ],
  ]);
});

const source = "/project/stacks/ExampleStack.ts";
const stack = (from: string | RegExp, to: string): Record<string, string> => ({
  [source]: goodStack.replace(from, to),
});

describe("reports a fault, as smoke does, for", () => {
  const allowed = { files: stack(": false", ": true") };
  expectEach("fault", [
    ["guests, allowed", allowed, "stack.guests", /gives guests an identity/],
    ["guests, by default", { files: stack(/cdk: .*\} \}/, "") }, "stack.guests", /gives guests an identity/],
  ]);

  it("guests, unless they are meant", async () => {
    const { findings, code } = await examined(allowed, ["--allow-guests"]);
    expect([findings["stack.guests"], code]).toEqual([undefined, 0]);
  });
});

const templates = (routes: Record<string, string>, resources?: object) => ({
  "/project/.sst/dist/prod-notes-ExampleStack.template.json": templateOf(routes, resources),
});

describe("an API that is not the guide's", () => {
  const missing = {
    "doctor.private": () => reply(404, { message: "Not Found" }, [["apigw-requestid", "id="]]),
  };

  it("need not have /private where nothing names its routes", async () => {
    const { findings } = await examined({ answers: missing });
    expect(findings["api.private"]).toMatchObject({
      status: "skipped",
      message: expect.stringContaining("nothing names the routes that it has"),
    });
  });

  it("has the route of its template", async () => {
    const ran = await examined({ files: templates({ "GET /health": "NONE", "GET /notes": "AWS_IAM" }) });
    expect(ran.findings["api.private"]).toMatchObject({
      status: "ok",
      message: "GET /notes rejects unsigned requests",
    });
    const { findings } = await examined({
      answers: missing,
      files: templates({ "GET /private": "AWS_IAM" }),
    });
    expect(findings["api.private"]).toMatchObject({
      status: "warning",
      message: expect.stringContaining("no route GET /private"),
    });
  });

  it("may be live", async () => {
    const files = templates(
      { "GET /private": "AWS_IAM", "GET /public": "NONE" },
      { PublicFunction: liveFunction },
    );
    const { findings } = await examined({ files });
    expect(findings["deployment.live"]).toMatchObject({
      status: "warning",
      message: "the stage prod is live: its functions run on the computer of a developer with `sst dev`",
      evidence: ["the template has the bridge of `sst dev` as PublicFunction"],
      fix: expect.stringContaining("run `npx sst deploy --stage prod`"),
    });
    expect(findings["api.live"]?.status).toBe("ok");
    const words =
      "This function is in live debug mode but did not get a response from your machine. If you do have …";
    const dead = { "doctor.public": () => reply(500, words, [["apigw-requestid", "id="]]) };
    expect((await examined({ files, answers: dead })).findings["api.live"]).toMatchObject({
      status: "fault",
      fix: expect.stringContaining("run `npx sst dev --stage prod`"),
    });
    const afterBind = templates({ "GET /private": "AWS_IAM", "GET /public": "NONE" });
    expect((await examined({ files: afterBind })).findings["api.live"]).toBeUndefined();
    expect((await examined({ files: afterBind, answers: dead })).findings["api.live"]?.status).toBe("fault");
  });
});

describe("reports a warning for", () => {
  expectEach("warning", [
    ...[200, 302, 403, 404, 500].map((status): Case => [
      `a network's own page with HTTP ${status} in place of the API`,
      { answers: { "doctor.private": () => reply(status, "<html>log in</html>") } },
      "api.private",
      /the answer to GET \/private is not from API Gateway/,
    ]),
    [
      "a clock a minute off",
      { answers: { "doctor.twitter": dated(60) } },
      "computer.clock.twitter",
      /^the clock is 60 s behind Twitter's/,
    ],
    [
      "a consumer key of another length",
      { variables: { TWITTER_CONSUMER_KEY: "short" } },
      "twitter.consumer-key",
      /does not look like an API key/,
    ],
    [
      "an OAuth 2.0 Client Secret",
      { variables: { TWITTER_CONSUMER_SECRET: `${letters(24)}-${letters(25)}` } },
      "twitter.consumer-secret",
      /OAuth 2\.0 Client Secret/,
    ],
    [
      "a line break after the key",
      { variables: { TWITTER_CONSUMER_KEY: `${letters(25)}\n` } },
      "twitter.consumer-key",
      /around it/,
    ],
    [
      "no consumer key",
      { variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" } },
      "twitter.consumer-key",
      /are not set/,
    ],
    [
      "a rate limit",
      { answers: { "twitter.request_token": () => twitterRefusal(88, "Rate limit exceeded", 429) } },
      "twitter.accepts",
      /429/,
    ],
    [
      "different values in the environment and .env",
      { files: { "/project/.env": `TWITTER_CONSUMER_KEY=${letters(24)}` } },
      "settings.TWITTER_CONSUMER_KEY",
      /to another value, in a \.env file/,
    ],
    [
      "a stack edited after the deploy",
      { modified: { [outputsFile]: 1000, [source]: 2000 } },
      "deployment.outputs",
      /changed after the last deploy/,
    ],
    [
      "an endpoint with a path",
      { files: outputs(`${api}/private`) },
      "deployment.endpoint",
      /has the path \/private/,
    ],
    ["an invalid file of logins", { files: { [configFile]: "{" } }, "store.logins", /cannot parse the file/],
    [
      "a file of logins that other users can access",
      { modes: { [configFile]: 0o644 } },
      "store.modes",
      /other users of this computer can access .*sessions\.json/,
    ],
    [
      "an expired token of another provider",
      {
        variables: {
          AUTH_CLI_LOGIN: "accounts.google.com=env:ID_TOKEN",
          ID_TOKEN: idToken("2026-03-01T11:00Z"),
        },
      },
      "store.token",
      /the token of accounts\.google\.com expired 60 min ago/,
    ],
    ["no login", { loggedIn: false }, "store.login", /not logged in to prod/],
    [
      "a missing keyring",
      { variables: { AUTH_CLI_STORE: "keyring" } },
      "store.keyring",
      /this system has no OS keyring/,
    ],
    [
      "two proxies that differ",
      { variables: { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:1" } },
      "network.proxy",
      /https_proxy and HTTPS_PROXY differ/,
    ],
    [
      "a server other than API Gateway",
      { answers: { "doctor.api": () => reply(404, "<html>") } },
      "api.alive",
      /does not look like an HTTP API/,
    ],
    [
      "graph.facebook.com in the stack",
      { files: stack("new Api", 'const provider = "graph.facebook.com"; new Api') },
      "stack.provider",
      /Facebook's provider name/,
    ],
    [
      "a colon between key and secret",
      { files: stack("new Api", '({ "api.twitter.com": `${key}:${secret}` }); new Api') },
      "stack.separator",
      /joined by a colon/,
    ],
    [
      "an API without authorizers",
      { files: stack('defaults: { authorizer: "iam" }, ', "") },
      "stack.authorizer",
      /no route of the API has an authorizer/,
    ],
    [
      "users without permission",
      { files: stack("auth.attachPermissionsForAuthUsers", "// auth.attachPermissionsForAuthUsers") },
      "stack.permissions",
      /have no permission to call the API/,
    ],
  ]);

  it.each([
    ["next to Twitter's", 'const facebook = { "graph.facebook.com": appId }; new Api'],
    [
      "with its app id from the environment",
      '({ "graph.facebook.com": process.env.FACEBOOK_APP_ID }); new Api',
    ],
  ])("does not warn of Facebook %s", async (_name, code) => {
    const { findings } = await examined({ files: stack("new Api", code) });
    expect(findings["stack.provider"]).toBeUndefined();
  });

  it("does not warn of Facebook in a stack without Twitter", async () => {
    const code = 'new Api(); new Cognito({ supportedLoginProviders: { "graph.facebook.com": appId } })';
    const { findings } = await examined({ files: { [source]: code } });
    expect(findings["stack.provider"]).toBeUndefined();
  });

  it("names the file and the line of the stack", async () => {
    const { findings } = await examined({ files: stack(": false", ": true") });
    expect(findings["stack.guests"]?.source).toBe("stacks/ExampleStack.ts:4");
  });

  it("a last login to another pool or another API", async () => {
    const world = createDoctorWorld();
    world.environment.addFile(outputsFile, outputs()[outputsFile] ?? "");
    const { findings } = await examineIn(world);
    expect(findings["deployment.last-login"]).toMatchObject({
      status: "warning",
      evidence: [`it was ${world.services.identityPoolId}, now it is ${poolId}`],
    });

    const other = createDoctorWorld();
    const { identityPoolId } = other.services;
    other.environment.addFile(
      outputsFile,
      outputs(api.replace("abc", "xyz"), identityPoolId)[outputsFile] ?? "",
    );
    expect((await examineIn(other)).findings["deployment.last-login"]?.message).toMatch(/used another API/);
  });

  it("a stage that only a login remembers", async () => {
    const world = createDoctorWorld();
    world.environment.addFile(
      outputsFile,
      JSON.stringify({ "dev-notes-ExampleStack": { ApiEndpoint: api } }),
    );
    const { findings } = await examineIn(world, ["--stage", "prod"]);
    expect(findings["deployment.outputs"]).toMatchObject({
      status: "warning",
      message: expect.stringContaining("a login remembered its values") as string,
      source: outputsFile,
    });
  });
});

describe("reports ok when", () => {
  expectEach("ok", [
    [
      "API and pool are in different regions",
      { files: outputs(api, poolId.replace("us-east-1", "eu-west-1")) },
      "deployment.region",
      /^the API is in us-east-1, the identity pool in eu-west-1/,
    ],
    [
      "AWS_REGION is another region, which it mentions",
      { variables: { AWS_REGION: "eu-west-1" } },
      "deployment.region",
      /^us-east-1; the environment variable AWS_REGION is eu-west-1/,
    ],
    [
      "environment and .env agree",
      {
        variables: { TWITTER_CONSUMER_KEY: letters(25) },
        files: { "/project/.env": `TWITTER_CONSUMER_KEY=${letters(25)}` },
      },
      "settings.TWITTER_CONSUMER_KEY",
      /is set/,
    ],
    [
      "the keyring answers",
      { variables: { AUTH_CLI_STORE: "" }, keyring: new Map() },
      "store.keyring",
      /answers/,
    ],
    ["there is no keyring", { variables: { AUTH_CLI_STORE: "" } }, "store.keyring", /no OS keyring/],
    [
      "the endpoint contains the stage name",
      { files: outputs(`${api}/prod`) },
      "deployment.endpoint",
      /\/prod$/,
    ],
    ["a login is stored", {}, "store.login", /^a login of @alice is stored; .*status --check/],
    [
      "a token replaces the login",
      { variables: { TWITTER_ACCESS_TOKEN: `42-${letters(30)}`, TWITTER_ACCESS_TOKEN_SECRET: letters(45) } },
      "store.login",
      /a Twitter token is set/,
    ],
    [
      "another provider's token replaces the login",
      {
        variables: {
          AUTH_CLI_LOGIN: "accounts.google.com=env:ID_TOKEN",
          ID_TOKEN: idToken("2026-03-01T12:30Z"),
        },
      },
      "store.token",
      /the token of accounts\.google\.com expires in 30 min/,
    ],
    [
      "a proxy is set, which it mentions",
      { variables: { HTTPS_PROXY: "http://proxy:3128" }, proxies: { "api.x.com": "proxy:3128" } },
      "network.proxy",
      /HTTPS_PROXY is set/,
    ],
  ]);

  it("names the proxy of each service", async () => {
    const { findings } = await examined({
      variables: { HTTPS_PROXY: "http://proxy:3128" },
      proxies: { "api.x.com": "proxy:3128" },
    });
    expect(findings["network.proxy"]?.evidence).toEqual([
      "Twitter: through proxy:3128",
      "Cognito: directly",
      "the API: directly",
      "STS: directly",
    ]);
  });
});

describe("secrets", () => {
  it("are not printed, whatever variable holds them", async () => {
    const secret = letters(50);
    const { stdout, stderr } = await examined({
      variables: {
        TWITTER_CONSUMER_KEY: secret,
        TWITTER_CONSUMER_SECRET: `"${secret}x"`,
        TWITTER_ACCESS_TOKEN: `42-${secret};${secret}y`,
        HTTPS_PROXY: "http://user:hunter22@proxy:1",
      },
    });
    expect(stdout + stderr).not.toContain(secret.slice(0, 6));
    expect(stdout + stderr).not.toContain("hunter22");
  });
});

const table = async (columns: number, colour = false): Promise<string> => {
  const world = createDoctorWorld({ nodeVersion: "18.0.0", loggedIn: false, colour });
  Object.assign(world.environment.terminal, { columns });
  return (await runIn(["doctor"], world)).stdout;
};

describe("the text output", () => {
  it("marks each finding, and gives evidence and fix for warnings and faults", async () => {
    const text = await table(100);
    expect(text).toMatch(/^This computer\n {2}✗ node +Node 18\.0\.0 on linux x64 is too old/m);
    expect(text).toMatch(/^ +fix: install Node 20\.19 or newer/m);
    expect(text).toMatch(/^ {2}✓ clock\.twitter +the clock agrees with Twitter's$/m);
    expect(text).toMatch(/^ {2}! login +not logged in to prod$/m);
    expect(text).toMatch(/^\d+ ok, 1 warning, 1 fault, 0 skipped in 0 ms\n✗ computer\.node$/m);
  });

  it("fits a narrow terminal, except for long words", async () => {
    for (const columns of [50, 80]) {
      const long = (await table(columns))
        .split("\n")
        .filter((line) => line.length > columns && line.trim().includes(" "));
      expect(long).toEqual([]);
    }
  });

  it("is coloured only on request", async () => {
    expect(await table(80)).not.toContain("\u001b");
    expect(await table(80, true)).toContain("\u001b[31m");
  });
});
