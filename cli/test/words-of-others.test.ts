import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Header } from "../src/http.ts";
import { run } from "../src/commands/run.ts";
import { AuthCliError } from "../src/errors.ts";
import { createDoctorWorld } from "./fakes/doctor-world.ts";
import { configFile, reply } from "./fakes/fake-environment.ts";
import { type Answer, cognitoRefusal, twitterRefusal } from "./fakes/scripted-services.ts";
import { createWorld, type Ran, runIn, type World } from "./fakes/world.ts";

/** Written here independently of the guard: controls, direction marks, zero-width and other invisible characters. */
const dangerous =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;

const attacks = [
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\n::error::forged",
  "\r\n::set-env name=A::b",
  "::stop-commands::x",
  "##[add-mask]e",
  "\nerror: forged",
  "\r",
  "\t",
  "\u0000",
  "\u0008",
  "\u007f",
  "\u0085",
  "\u009b31m",
  "\u061c",
  "\u200b",
  "\u200f",
  "\u202e",
  "\u2028",
  "\u2066",
  "\ufeff",
  "\u{e0041}",
];

/** Hostile text around a word that a person recognises. */
const hostile = fc
  .tuple(
    fc.array(fc.constantFrom(...attacks), { minLength: 1, maxLength: 3 }),
    fc.array(fc.constantFrom(...attacks, " ", "é", "🙂"), { maxLength: 3 }),
    fc.string({ unit: "binary", maxLength: 4 }),
  )
  .map(([before, after, any]) => `${before.join("")}word${after.join("")}${any}`);

interface Case {
  args: readonly string[];
  world?: World;
  /** The setup of `doctor`. */
  doctor?: boolean;
  /** Changes the world before the run. */
  prepare?: (world: ReturnType<typeof createWorld>) => void;
}

/** Puts the text in one place from which a command may print it. */
type Place = (text: string) => Case;

const always =
  (answer: ReturnType<Answer>): Answer =>
  () =>
    answer;
/** Node rejects other characters in a head. */
const inHead = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, "\u009b");
const headers = (text: string): Header[] => [
  ["apigw-requestid", inHead(text)],
  ["Location", inHead(text)],
  ["Server", inHead(text)],
  ["Via", inHead(text)],
  ["X-Amzn-ErrorType", inHead(text)],
];
const scriptedAs =
  (answers: (text: string) => Record<string, Answer>, ...args: string[]): Place =>
  (text) => ({ args, world: { loggedIn: args[0] !== "login", input: "0123456\n", answers: answers(text) } });
const outputsWith = (text: string, ...args: string[]): Case => ({
  args,
  world: {
    files: {
      "/project/.sst/outputs.json": JSON.stringify({
        [`${text}-notes-S`]: {
          ApiEndpoint: "https://a.example",
          IdentityPoolId: "us-east-1:0",
          [text]: text,
        },
        [`b${text}-notes-S`]: { [`${text}Endpoint`]: text, [`${text}PoolId`]: text },
      }),
    },
  },
});
/** All that a session says about its user is hostile. */
const storedSession = (text: string, ...args: string[]): Case => ({
  args,
  world: { loggedIn: true },
  prepare({ environment }) {
    const { sessions } = JSON.parse(environment.fileTexts()[configFile] ?? "") as { sessions: object[] };
    const said = { userId: text, screenName: text, identityId: text, loggedInAt: text };
    const changed = sessions.map((session) => ({ ...session, ...said }));
    const others = changed.map((session) => ({ ...session, stage: text, userId: `${text}2` }));
    environment.addFile(configFile, JSON.stringify({ version: 1, sessions: [...changed, ...others] }));
  },
});
/** XML can name any character, and our reader decodes it. */
const inXml = (text: string): string =>
  Array.from(text, (character) => `&#${character.codePointAt(0) ?? 0};`).join("");
const awsError = (text: string): Answer =>
  always(
    reply(
      403,
      `<ErrorResponse><Error><Code>${inXml(text)}</Code><Message>${inXml(text)}</Message></Error></ErrorResponse>`,
    ),
  );
/** The keys of a deployer, whose questions to AWS are answered with hostile text. */
const deployer = (text: string, ...args: string[]): Case => ({
  args,
  doctor: true,
  world: {
    variables: { AWS_ACCESS_KEY_ID: "AKIAEXAMPLEEXAMPLE12", AWS_SECRET_ACCESS_KEY: "deployer-secret-key" },
    answers: {
      "cloudformation.*": awsError(text),
      "sts:*": awsError(text),
      "sts:GetCallerIdentity": always(
        reply(
          200,
          `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${inXml(text)}</Arn><Account>${inXml(text)}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
        ),
      ),
      "cognito-identity:DescribeIdentityPool": always(reply(400, { __type: text, message: text })),
      "cognito-identity:GetIdentityPoolRoles": always(
        reply(200, { Roles: { authenticated: `arn:aws:iam::123456789012:role/${text}` } }),
      ),
      "iam:GetRole": awsError(text),
      "iam:SimulatePrincipalPolicy": awsError(text),
      "apigateway:GET": always(reply(403, { message: text }, [["x-amzn-errortype", inHead(text)]])),
      "cloudformation:GetTemplate": awsError(text),
      "cloudformation:DescribeStacks": awsError(text),
    },
  },
});
const twurlrc = (text: string): string =>
  `profiles:\n  ${JSON.stringify(text)}:\n    ${JSON.stringify(text)}:\n      username: ${JSON.stringify(text)}\n      token: ${JSON.stringify(text)}\n`;
const variable =
  (name: string, ...args: string[]): Place =>
  (text) => ({ args, world: { loggedIn: true, interactive: false, variables: { [name]: text } } });
const argument =
  (...args: string[]): Place =>
  (text) => ({ args: args.map((word) => word.replace("%", () => text)), world: { loggedIn: true } });

const places: Record<string, Place> = {
  "Cognito's message": scriptedAs(
    (text) => ({ "cognito.get-id": always(cognitoRefusal("NotAuthorizedException", text)) }),
    "login",
  ),
  "Cognito's error type": scriptedAs(
    (text) => ({ "cognito.get-credentials": always(cognitoRefusal(inHead(text), text)) }),
    "login",
  ),
  "Cognito's message, in a call": scriptedAs(
    (text) => ({ "cognito.get-credentials": always(cognitoRefusal("InvalidParameterException", text)) }),
    "call",
    "/private",
  ),
  "a reply that is not Cognito's": scriptedAs(
    (text) => ({ "cognito.get-id": always(reply(200, text)) }),
    "login",
  ),
  "an identity id": scriptedAs(
    (text) => ({ "cognito.get-id": always(reply(200, { IdentityId: text })) }),
    "login",
  ),
  "Twitter's message": scriptedAs(
    (text) => ({ "twitter.request_token": always(twitterRefusal(32, text)) }),
    "login",
  ),
  "Twitter's unknown message": scriptedAs(
    (text) => ({ "twitter.request_token": always(twitterRefusal(7777, text, 403)) }),
    "login",
  ),
  "Twitter's problem details": scriptedAs(
    (text) => ({ "twitter.request_token": always(reply(402, { title: text, detail: text, type: text })) }),
    "login",
  ),
  "the names of form fields": scriptedAs(
    (text) => ({
      "twitter.request_token": always(reply(200, `a=1&${encodeURIComponent(text)}=2&oauth_token=t`)),
    }),
    "login",
  ),
  "a page of another server": scriptedAs(
    (text) => ({ "twitter.request_token": always(reply(502, text)) }),
    "login",
  ),
  "the callback's confirmation": scriptedAs(
    (text) => ({
      "twitter.request_token": always(
        reply(200, `oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=${encodeURIComponent(text)}`),
      ),
    }),
    "login",
  ),
  "a screen name": (text) => ({
    args: ["login"],
    world: { input: "0123456\n" },
    prepare({ services }) {
      const { token, secret } = services.tokenCredentials;
      const user = { user_id: text, screen_name: text };
      const form = new URLSearchParams({ oauth_token: token, oauth_token_secret: secret, ...user });
      services.answers["twitter.access_token"] = always(reply(200, form.toString()));
    },
  }),
  "the screen name of a token": (text) => ({
    args: ["login", "--with-token"],
    world: {
      input: "42-some-token\nsome-secret-of-it\n",
      answers: {
        "twitter.verify_credentials": always(reply(200, { id_str: text, screen_name: text })),
        "cognito.*": always(cognitoRefusal("NotAuthorizedException", text)),
      },
    },
  }),
  "the query of a callback": (text) => ({
    args: ["login", "--callback"],
    world: {
      browser: true,
      callbacks: [() => new URLSearchParams({ denied: text, oauth_problem: text }).toString()],
    },
  }),
  "an error of the network": scriptedAs(
    () => ({
      "twitter.request_token": () => {
        throw new AuthCliError("unreachable", { message: "no route" });
      },
    }),
    "login",
  ),
  "the status text and headers, with -v": (text) => ({
    args: ["call", "/x", "-v"],
    world: {
      loggedIn: true,
      answers: {
        "api.call": always({
          ...reply(200, "body", headers(text)),
          statusText: inHead(text),
          connection: () => ({
            remoteAddress: text,
            remotePort: 443,
            tls: { protocol: text, cipher: text, subject: text, issuer: text },
          }),
        }),
      },
    },
  }),
  "the status text and headers, with -i on a terminal": (text) => ({
    args: ["call", "/x", "-i"],
    world: {
      loggedIn: true,
      resultColumns: 80,
      answers: { "api.call": always({ ...reply(200, "body", headers(text)), statusText: inHead(text) }) },
    },
  }),
  "the headers of a redirect": scriptedAs(
    (text) => ({ "api.call": always(reply(302, "body", headers(text))) }),
    "call",
    "/x",
  ),
  ...Object.fromEntries(
    [400, 403, 404, 429, 500, 503].map((status) => [
      `the headers of HTTP ${status}`,
      scriptedAs(
        (text) => ({
          "api.call": always(reply(status, "body", headers(text))),
          "diagnosis.*": always(reply(status, { message: text }, headers(text))),
          "diagnosis.caller": awsError(text),
        }),
        "call",
        "/x",
      ),
    ]),
  ),
  "a body, with --json": scriptedAs(
    (text) => ({ "api.call": always(reply(200, text, headers(text))) }),
    "call",
    "/x",
    "--json",
  ),
  "the API's replies, in smoke": scriptedAs(
    (text) => ({
      "private.signed": always(reply(200, text, headers(text))),
      "public.open": always(reply(500, text, headers(text))),
      "private.unsigned": always(reply(418, text, headers(text))),
      "cognito.guest": always(cognitoRefusal(inHead(text), text)),
    }),
    "smoke",
  ),
  "a refused route, in smoke": scriptedAs(
    (text) => ({
      "private.signed": always(reply(403, { message: text }, headers(text))),
      "diagnosis.*": always(reply(403, { message: text }, headers(text))),
      "diagnosis.caller": awsError(text),
    }),
    "smoke",
  ),
  "names of routes": argument("smoke", "--route", "GET /%", "--public", "/%"),
  "an expected body": argument("smoke", "--expect-body", "%"),
  "the replies to doctor": (text) => ({
    args: ["doctor"],
    doctor: true,
    world: {
      answers: Object.fromEntries(
        ["twitter", "cognito", "api", "sts"].map((name) => [
          `doctor.${name}`,
          always(reply(404, text, [["Date", inHead(text)], ...headers(text)])),
        ]),
      ),
    },
  }),
  "the files that doctor reads": (text) => ({
    args: ["doctor"],
    doctor: true,
    world: {
      nodeVersion: text,
      files: {
        "/project/stacks/ExampleStack.ts": `const api = "${text}"; ${text}`,
        "/project/package.json": JSON.stringify({ name: text, dependencies: { sst: text } }),
        "/project/.env": `${text}=${text}\nTWITTER_CONSUMER_KEY=${text}\n`,
      },
    },
  }),
  "a wrong proxy, in doctor": (text) => ({
    args: ["doctor"],
    doctor: true,
    world: { proxies: { "api.x.com": text }, variables: { HTTPS_PROXY: text, NODE_EXTRA_CA_CERTS: text } },
  }),
  "names in an outputs file, without a stage": (text) => outputsWith(text, "call", "/x"),
  "names in an outputs file": (text) => outputsWith(text, "call", "/x", "--stage", text),
  "names in an outputs file, with another stage": (text) => outputsWith(text, "smoke", "--stage", "none"),
  "names in an outputs file, in doctor": (text) => outputsWith(text, "doctor"),
  "an outputs file that is not JSON": (text) => ({
    args: ["status"],
    world: { files: { "/project/.sst/outputs.json": text } },
  }),
  "a stored session, in status": (text) => storedSession(text, "status", "--stage", "prod"),
  "a stored session, in logout": (text) => storedSession(text, "logout", "--all"),
  "a stored session, in call": (text) => storedSession(text, "call", "/x", "--user", "nobody"),
  "a stored session, in login": (text) => storedSession(text, "login", "--stage", "prod"),
  "a stored session, in doctor": (text) => storedSession(text, "doctor"),
  "profile names of a .twurlrc": (text) => ({
    args: ["login", "--from-twurl", "--user", "nobody"],
    world: { files: { "/home/user/.twurlrc": twurlrc(text) } },
  }),
  "the only profile of a .twurlrc": (text) => ({
    args: ["login", "--from-twurl"],
    world: { files: { "/home/user/.twurlrc": twurlrc(text) } },
  }),
  "a .twurlrc that is not YAML": (text) => ({
    args: ["login", "--from-twurl"],
    world: { files: { "/home/user/.twurlrc": `{ ${text}` } },
  }),
  "the name of the app and the stage": (text) => ({
    args: ["status"],
    world: {
      files: {
        "/project/sst.config.ts": `export default { config: () => ({ name: "${text}", region: "${text}" }) };`,
        "/project/.sst/stage": text,
      },
    },
  }),
  "AWS's answers to a deployer, in doctor": (text) => deployer(text, "doctor", "--deep"),
  "AWS's answers to a deployer, without outputs": (text) => deployer(text, "status", "--stage", "other"),
  "an earlier report": (text) => ({
    args: ["smoke", "--compare", "r.json"],
    world: {
      loggedIn: true,
      files: { "/project/r.json": JSON.stringify({ schemaVersion: 1, [text]: text }) },
    },
  }),
  ...Object.fromEntries(
    [
      "TWITTER_CONSUMER_KEY",
      "TWITTER_API_URL",
      "AWS_ENDPOINT_URL",
      "AWS_REGION",
      "SST_STAGE",
      "AUTH_CLI_STORE",
      "AUTH_CLI_LOGIN",
      "AUTH_CLI_CONFIG_DIR",
      "TWITTER_ACCESS_TOKEN",
    ].flatMap((name) => [
      [`${name}, in status`, variable(name, "status")],
      [`${name}, in login`, variable(name, "login")],
      [`${name}, in doctor`, variable(name, "doctor")],
    ]),
  ),
  "a command": argument("%"),
  "a flag": argument("status", "--%"),
  "a path": argument("call", "/%"),
  "a path of a dry run": argument("call", "/%", "--dry-run", "-H", "X-A: %"),
  "a method": argument("call", "%", "/x"),
  "a header": argument("call", "/x", "-H", "%: %", "-v"),
  "a body from a missing file": argument("call", "/x", "-d", "@%"),
  "a missing output folder": argument("call", "/x", "-o", "%/x"),
  "a missing report folder": argument("smoke", "--report-json", "%/x"),
  "a stage": argument("status", "--stage", "%"),
  "an endpoint": argument("call", "/x", "--endpoint", "%", "--identity-pool-id", "%"),
  "a host": argument("call", "/x", "--endpoint", "https://%", "--identity-pool-id", "us-east-1:0"),
  "a region": argument("call", "/x", "--region", "%"),
  "an outputs file": argument("status", "--outputs", "%"),
  "a user": argument("status", "--user", "%"),
  "a format": argument("credentials", "--format", "%"),
  "a provider": argument("login", "--login", "%=%"),
  "an issuer": argument("local", "--oidc-issuer", "%=%"),
  "a consumer key": argument("login", "--consumer-key", "%"),
  "a shell": argument("completion", "%"),
};

function worldOf({ world = {}, doctor, prepare }: Case, variables: World["variables"] = {}) {
  const whole = { ...world, variables: { ...world.variables, ...variables } };
  const created = doctor ? createDoctorWorld(whole) : createWorld(whole);
  prepare?.(created);
  return created;
}

const runCase = (place: Case, ...more: string[]): Promise<Ran> =>
  runIn([...place.args, ...more], worldOf(place));

/** Its commands contain the secrets that the log masks. */
async function runUnderActions(place: Case): Promise<Pick<Ran, "stdout" | "stderr">> {
  const { environment } = worldOf(place, { GITHUB_ACTIONS: "true" });
  await run(place.args, { version: "0.0.0-test", createEnvironment: () => environment });
  return { stdout: environment.stdout(), stderr: environment.stderr() };
}

const isOurCommand = (line: string): boolean => /^::(add-mask|error|warning)( title=[^:]*)?::/.test(line);

/** The lines of both streams that a terminal or a log would obey, or that foreign text has forged. */
function harmfulLines({ stdout, stderr }: Pick<Ran, "stdout" | "stderr">): string[] {
  return `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => dangerous.test(line) || line.includes("##[") || /^\s*::|^(error: )?forged/.test(line));
}

describe.each(Object.entries(places))("hostile text as %s", (_name, place) => {
  it("reaches no stream as it is", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        expect(harmfulLines(await runCase(place(text)))).toEqual([]);
      }),
      { numRuns: testRuns(2) },
    );
  });

  it("reaches no stream as it is with --json, --debug or as a command to GitHub Actions", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        expect(harmfulLines(await runCase(place(text), "--json"))).toEqual([]);
        expect(harmfulLines(await runCase(place(text), "--debug"))).toEqual([]);
        const lines = harmfulLines(await runUnderActions(place(text)));
        expect(lines.filter((line) => !isOurCommand(line) || dangerous.test(line))).toEqual([]);
      }),
      { numRuns: testRuns(1) },
    );
  });
});

describe("a person recognises", () => {
  const text = "\u202eword\u001b[2J\n::error::forged";

  it.each(["a screen name", "Cognito's message", "the names of form fields", "profile names of a .twurlrc"])(
    "%s",
    async (name) => {
      const { stdout, stderr } = await runCase((places[name] as Place)(text));
      expect(stdout + stderr).toMatch(/word/);
    },
  );

  it("a stored name, each of its characters escaped", async () => {
    const { stdout } = await runCase(storedSession(text, "status", "--stage", "prod"));
    expect(stdout).toContain("@\\u202eword\\u001b[2J\\n::error::forged (user ");
  });

  it("the same value in JSON", async () => {
    const { stdout } = await runCase(storedSession(text, "status", "--stage", "prod", "--json"));
    expect(JSON.parse(stdout)).toMatchObject({ screenName: text });
  });
});

it("prints no escaped line break of its own", async () => {
  const world = { loggedIn: true };
  for (const args of [
    ["status"],
    ["smoke"],
    ["call", "/x", "-v"],
    ["call", "/x", "--dry-run"],
    ["logout"],
    ["login"],
  ]) {
    const { stdout, stderr } = await runIn(args, createWorld({ ...world, input: "0123456\n" }));
    expect(stdout + stderr).not.toMatch(/\\n$/m);
  }
  const { stdout } = await runIn(["doctor"], createDoctorWorld());
  expect(stdout).not.toMatch(/\\n$/m);
});
