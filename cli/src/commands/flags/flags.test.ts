import { describe, expect, it } from "vitest";
import type { FlagOutline } from "../completion/program-outline.ts";
import { loadCommands } from "../load-commands.ts";
import { outlineProgram } from "../outline.ts";
import { createProgram } from "../program.ts";
import { authCli, type Ran, reportedError, type World } from "../../../test/fakes/world.ts";

/** An invalid value of a flag. */
interface Wrong {
  value: string;
  /** In the message, cause or fix, which also name the flag. */
  says: RegExp;
  /** The error names the file or header instead of the flag. */
  namesItself?: true;
  exitCode?: number;
  /** Flags that the value needs to be read. */
  with?: string[];
  world?: World;
}

interface Row {
  wrong: Wrong[];
  /** Two values of a flag that may be repeated. */
  several?: [string, string];
  /** How both are sent, if not as they are. */
  sent?: [RegExp, RegExp];
  /** Two values. The first alone would be an error or have another effect. */
  last?: [first: string, last: string];
  /** The parsed form of the last one, if different. */
  lastIs?: string;
  /** Accepts an empty text. */
  mayBeEmpty?: true;
}

/** A flag without a value. */
const aSwitch: Row = { wrong: [] };
const seconds: Wrong[] = ["0", "-1", "soon", "1s", "Infinity", "NaN", " "].map((value) => ({
  value,
  says: /a number of seconds above 0/,
}));
const ports: Wrong[] = ["65536", "-1", "http", "80.5", "0x50", "123456"].map((value) => ({
  value,
  says: /a port, 0 to 65535/,
}));
const durations: Wrong[] = ["0", "soon", "-1s", "1 week", " "].map((value) => ({ value, says: /60s/ }));
const checks: Wrong[] = [
  { value: "private.sined", says: /private\.signed/ },
  { value: "outputs,", says: /invalid .*""/ },
  { value: "everything", says: /the checks are outputs, / },
];
const routes: Wrong[] = [
  { value: "private", says: /a route is a method in capitals/ },
  { value: "get /private", says: /a route is a method in capitals/ },
  { value: "ANY /private", says: /cannot send ANY requests/ },
  { value: "GET /items/{id}", says: /needs a value/ },
];
const reportFiles: Wrong[] = [
  { value: "no/such/folder/r", says: /the folder \/project\/no\/such\/folder does not exist/ },
];
const anOutputsFile = (text: string): World => ({ files: { "/project/o.json": text } });

/** Every flag of every command, shared flags once. A flag without a row fails the test. */
const table: Record<string, Row> = {
  "--stage": {
    wrong: [
      { value: "a b", says: /invalid stage name/ },
      { value: "../prod", says: /invalid stage name/ },
      { value: "1st", says: /starts with a letter/ },
      { value: "qa", says: /the stage qa is not in/ },
    ],
    last: ["qa", "prod"],
  },
  "--user": {
    wrong: [{ value: "nobody", says: /nobody/, exitCode: 4, world: { loggedIn: true }, namesItself: true }],
    last: ["nobody", "alice"],
  },
  "--outputs": {
    wrong: [
      { value: "nowhere.json", says: /outputs file \/project\/nowhere\.json does not exist/ },
      { value: "o.json", says: /o\.json/, namesItself: true, world: anOutputsFile("{") },
      { value: "o.json", says: /o\.json/, namesItself: true, world: anOutputsFile("[]") },
      {
        value: "o.json",
        says: /o\.json/,
        namesItself: true,
        world: anOutputsFile('{"prod-notes-S":{"ApiEndpoint":1}}'),
      },
    ],
    last: ["nowhere.json", ".sst/outputs.json"],
  },
  "--api": { wrong: [{ value: "Orders", says: /no API named Orders/ }] },
  "--endpoint": {
    wrong: [
      { value: "api.example", says: /invalid service address/ },
      { value: "ftp://api.example", says: /invalid service address/ },
      { value: "https://user:pass@api.example", says: /invalid service address/ },
      { value: "http://api.example", says: /plain http/ },
    ],
    last: ["ftp://api.example", "https://abc123.execute-api.us-east-1.amazonaws.com"],
  },
  "--identity-pool-id": {
    wrong: [
      { value: "us-east-1_abc", says: /invalid identity pool id/ },
      { value: "us-east-1:xyz", says: /invalid identity pool id/ },
      { value: "evil.example/:0", says: /invalid identity pool id/ },
    ],
  },
  "--region": {
    wrong: [
      { value: "mars", says: /invalid --region "/ },
      { value: "us-east-1.evil.example/", says: /invalid --region "/ },
      { value: "US-EAST-1", says: /invalid --region "/ },
    ],
    last: ["mars", "us-east-1"],
  },
  "--service": {
    wrong: [
      { value: "Lambda", says: /invalid --service "/ },
      { value: "lambda/x", says: /invalid --service "/ },
    ],
    last: ["Lambda", "execute-api"],
  },
  "--profile": {
    wrong: [{ value: "nobody", says: /no AWS profile nobody/, with: ["--stage", "qa"] }],
    last: ["nobody", "default"],
  },
  "--json": aSwitch,
  "--debug": aSwitch,
  "--trace": aSwitch,
  // Its file is read by the environment itself: network.e2e.test.ts gives it wrong ones.
  "--cacert": { wrong: [] },
  "--no-color": aSwitch,

  "login --no-browser": aSwitch,
  "login --callback": { wrong: ports, last: ["8976", "0"] },
  "login --timeout": { wrong: seconds, last: ["5", "6"] },
  "login --with-token": aSwitch,
  "login --from-twurl": {
    wrong: [
      { value: "nowhere", says: /\/project\/nowhere does not exist/, with: ["--force"] },
      { value: "rc", says: /is not a twurl file/, world: { files: { "/project/rc": "a: b" } } },
    ],
    last: ["nowhere", "elsewhere"],
  },
  "login --login": {
    wrong: [
      { value: "accounts.google.com", says: /does not say where the token is/ },
      { value: "accounts.google.com=eyJhbGciOiJSUzI1NiJ9.e30.c2ln", says: /does not accept a token/ },
      {
        value: "accounts.google.com=env:eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        says: /invalid variable name/,
      },
      { value: "eyJhbGciOiJSUzI1NiJ9.e30.c2ln=", says: /invalid --login provider/ },
      {
        value: "https://accounts.google.com=-",
        says: /use `--login accounts\.google\.com=-`/,
      },
      { value: "my-tenant.eu.auth0.com/=-", says: /use `--login my-tenant\.eu\.auth0\.com=-`/ },
      { value: "google=-", says: /use `--login accounts\.google\.com=-`/ },
    ],
    last: ["google=-", "accounts.google.com=-"],
  },
  "login --force": aSwitch,
  "login --consumer-key": {
    wrong: [{ value: "a b", says: /the API Key of the X app/ }],
    last: ["first-key", "second-key"],
  },

  "call --request": {
    wrong: [
      { value: "GET /x", says: /invalid method "GET \/X"/ },
      { value: "CONNECT", says: /invalid method "CONNECT"/, namesItself: true },
    ],
    last: ["CONNECT", "GET"],
  },
  "call --head": aSwitch,
  "call --header": {
    wrong: [
      { value: "no colon", says: /invalid header of \d+ characters/ },
      { value: "a b: c", says: /invalid header of \d+ characters/ },
      { value: "X: a\r\nY: b", says: /invalid header of \d+ characters/ },
      { value: "Host: evil.example", says: /Host/i, namesItself: true },
      { value: "Authorization: x", says: /Authorization/i, namesItself: true },
      { value: "@nowhere", says: /nowhere/, namesItself: true },
    ],
    several: ["X-A: 1", "X-B: 2"],
  },
  "call --data": {
    wrong: [{ value: "@nowhere", says: /nowhere/, namesItself: true }],
    several: ["a=1", "b=2"],
    mayBeEmpty: true,
  },
  "call --data-binary": {
    wrong: [{ value: "@nowhere", says: /nowhere/, namesItself: true }],
    several: ["a=1", "b=2"],
    mayBeEmpty: true,
  },
  "call --data-raw": { wrong: [], several: ["a=1", "b=2"], mayBeEmpty: true },
  "call --data-urlencode": {
    wrong: [{ value: "a@nowhere", says: /nowhere/, namesItself: true }],
    several: ["a=1", "b=2"],
    mayBeEmpty: true,
  },
  "call --get": aSwitch,
  "call --form": {
    wrong: [
      { value: "a", says: /invalid part of 1 characters/ },
      { value: "a=@nowhere", says: /nowhere/, namesItself: true },
    ],
    several: ["a=first", "b=second"],
    sent: [/name="a"\r\n\r\nfirst\r\n/, /name="b"\r\n\r\nsecond\r\n/],
  },
  "call --user-agent": { wrong: [], last: ["first", "second"] },
  "call --jq": { wrong: [{ value: ".[", says: /syntax error/ }] },
  "call --write-out": {
    wrong: [{ value: "%{nothing}", says: /unknown variable "nothing"/ }],
    last: ["%{nothing}", "%{http_code}"],
  },
  "call --silent": aSwitch,
  "call --show-error": aSwitch,
  "call --fail": aSwitch,
  "call --url-query": {
    wrong: [{ value: "a@nowhere", says: /nowhere/, namesItself: true }],
    several: ["a=1", "b=2"],
  },
  "call --compressed": aSwitch,
  "call --include": aSwitch,
  "call --output": {
    wrong: [{ value: "no/such/folder/x", says: /the folder \/project\/no\/such\/folder does not exist/ }],
    last: ["no/such/folder/x", "x"],
  },
  "call --verbose": aSwitch,
  "call --max-time": { wrong: seconds, last: ["5", "6"] },
  "call --connect-timeout": { wrong: seconds, last: ["5", "6"] },
  "call --retry": {
    wrong: ["-1", "1.5", "many", "1000", " "].map((value) => ({
      value,
      says: /a whole number from 0 to 999/,
    })),
    last: ["5", "0"],
  },
  "call --no-fail": aSwitch,
  "call --no-diagnosis": aSwitch,
  "call --unsigned": aSwitch,
  "call --dry-run": aSwitch,

  "doctor --deep": aSwitch,
  "doctor --allow-guests": aSwitch,
  "smoke --only": { wrong: checks, several: ["outputs", "cognito.guest"] },
  "smoke --skip": { wrong: checks, several: ["outputs", "cognito.guest"] },
  "smoke --retry-for": { wrong: durations, last: ["5s", "6s"], lastIs: "6000" },
  "smoke --timeout": { wrong: durations, last: ["5s", "6s"], lastIs: "6000" },
  "smoke --fail-fast": aSwitch,
  "status --all": aSwitch,
  "status --check": aSwitch,
  "smoke --allow-guests": aSwitch,
  "smoke --allow-live": aSwitch,
  "smoke --report-json": { wrong: reportFiles },
  "smoke --report-html": { wrong: reportFiles },
  "smoke --report-junit": { wrong: reportFiles },
  "smoke --compare": { wrong: [{ value: "nowhere.json", says: /nowhere\.json/ }] },
  "smoke --route": { wrong: routes, several: ["GET /a", "GET /b"] },
  "smoke --public": { wrong: routes, several: ["GET /a", "GET /b"] },
  "smoke --expect-status": {
    wrong: ["99", "600", "OK", "2xx", " "].map((value) => ({ value, says: /status/ })),
    last: ["200", "201"],
  },
  "smoke --expect-body": { wrong: [] },

  "credentials --format": {
    wrong: ["yaml", "ENV", "env,json"].map((value) => ({ value, says: /choices are process, env, / })),
    last: ["json", "env"],
  },

  "init --ci": {
    wrong: ["jenkins", "GitHub", "github,gitlab"].map((value) => ({
      value,
      says: /choices are github, gitlab/,
    })),
    last: ["github", "gitlab"],
  },
  "init --yes": aSwitch,

  "logout --all": aSwitch,
  "logout --revoke": aSwitch,

  "local --port": { wrong: ports, last: ["0", "1"] },
  "local --twitter-port": { wrong: ports, last: ["0", "1"] },
  // The local cloud itself refuses them: local.e2e.test.ts gives it wrong ones.
  "local --twitter-callback": {
    wrong: [],
    several: ["http://127.0.0.1:3000/callback", "http://127.0.0.1:3001/callback"],
  },
  "local --oidc-issuer": {
    wrong: ["accounts.google.com", "https://a.example=https://a.example", "a.example=nowhere"].map(
      (value) => ({
        value,
        says: /invalid --oidc-issuer/,
      }),
    ),
    several: ["a.example=https://a.example", "b.example=https://b.example"],
  },
  "local --fast-forward": { wrong: durations, last: ["5m", "1h"], lastIs: "3600000" },
  "local --presign-expires": { wrong: durations, last: ["5s", "6s"], lastIs: "6000" },
  "local --strict": aSwitch,
  "local --quiet": aSwitch,
  "local --shell": aSwitch,
  // local.e2e.test.ts gives it wrong ones.
  "local --state": { wrong: [] },
  "local --tls-cert": {
    wrong: [
      {
        value: "nowhere.pem",
        says: /nowhere\.pem is not a PEM file/,
        with: ["--tls-key", "k.pem"],
        world: pemFiles(),
      },
      { value: "c.pem", says: /--tls-cert and --tls-key require each other/, world: pemFiles() },
    ],
    last: ["c.pem", "nowhere.pem"],
  },
  "local --tls-key": {
    wrong: [
      {
        value: "nowhere.pem",
        says: /nowhere\.pem is not a PEM file/,
        with: ["--tls-cert", "c.pem"],
        world: pemFiles(),
      },
      { value: "k.pem", says: /--tls-cert and --tls-key require each other/, world: pemFiles() },
    ],
    last: ["k.pem", "nowhere.pem"],
  },
};

function pemFiles(): World {
  const text = "-----BEGIN X-----\n";
  return { files: { "/project/c.pem": text, "/project/k.pem": text } };
}

/** The arguments that a command needs beside the flag. */
const wholeLines: Record<string, string[]> = { call: ["/x"], completion: ["bash"] };

const outline = await outlineProgram();
const flags: { key: string; command: string; flag: FlagOutline }[] = [
  ...outline.flags.map((flag) => ({ key: nameOf(flag), command: "call", flag })),
  ...outline.commands.flatMap(({ name, flags: own }) =>
    own.map((flag) => ({ key: `${name} ${nameOf(flag)}`, command: name, flag })),
  ),
].filter(({ key }) => key !== "--version");

function nameOf({ long }: FlagOutline): string {
  return `--${long}`;
}

const rowOf = (key: string): Row => table[key] ?? { wrong: [] };
const lineOf = (command: string): string[] => [command, ...(wholeLines[command] ?? [])];
const loggedIn: World = { loggedIn: true };

/** Expects a usage or configuration error that names the flag, as text and as JSON. @returns the requests sent */
async function refusal(
  args: readonly string[],
  {
    flag,
    says,
    exitCode = 2,
    world = loggedIn,
  }: { flag: string; says: RegExp; exitCode?: number; world?: World },
): Promise<{ sent: unknown[] }> {
  const text = await authCli(args, world);
  expect(text.code, text.stderr).toBe(exitCode);
  expect(text.stdout).toBe("");
  expect(text.stderr).toMatch(/^error: .+\n(cause: .+\n)?fix: .+\n$/);
  expect(text.stderr).toMatch(says);
  expect(text.stderr).toContain(flag);
  const json = await authCli([...args.slice(0, 1), "--json", ...args.slice(1)], world);
  expect(json.code).toBe(exitCode);
  expect(json.stdout).toBe("");
  expect(Object.values(reportedError(json)).join("\n")).toMatch(says);
  return { sent: [...text.environment.requests, ...json.environment.requests] };
}

it("the table covers every flag", () => {
  expect(flags.map(({ key }) => key).toSorted()).toEqual(Object.keys(table).toSorted());
});

const withValue = flags.filter(({ flag }) => flag.value !== undefined);
const demanding = withValue.filter(({ flag }) => flag.value?.startsWith("<"));

describe("a flag without a value", () => {
  it.each(demanding)("$key", ({ key, command, flag }) =>
    expect(
      refusal([...lineOf(command), nameOf(flag)], {
        flag: nameOf(flag),
        says: new RegExp(`${nameOf(flag)} needs a value`),
        ...rowOf(key),
      }),
    ).resolves.toEqual({ sent: [] }),
  );

  it.each(demanding.filter(({ key }) => rowOf(key).mayBeEmpty !== true))(
    "$key, when the next flag follows",
    ({ command, flag }) =>
      expect(
        refusal([...lineOf(command), nameOf(flag), "--no-color"], {
          flag: nameOf(flag),
          says: /needs a value/,
        }),
      ).resolves.toEqual({ sent: [] }),
  );
});

describe("a flag in place of a value", () => {
  const cases = demanding.flatMap(({ key, command, flag }) => {
    const next = flags.find(
      ({ key: other, flag: { value } }) => value === undefined && other.startsWith(`${command} `),
    );
    return next === undefined || key.startsWith("--")
      ? []
      : [{ key, command, flag, next: nameOf(next.flag) }];
  });

  it.each(cases.filter(({ key }) => rowOf(key).mayBeEmpty !== true))(
    "$key $next",
    ({ command, flag, next }) =>
      expect(
        refusal([...lineOf(command), nameOf(flag), next], {
          flag: nameOf(flag),
          says: new RegExp(`${nameOf(flag)} needs a value, but ${next} is a flag`),
        }),
      ).resolves.toEqual({ sent: [] }),
  );

  it.each(cases.filter(({ key }) => rowOf(key).mayBeEmpty === true))(
    "$key accepts $next as text",
    async (each) => {
      const { code, environment } = await authCli(
        [...lineOf(each.command), nameOf(each.flag), each.next],
        loggedIn,
      );
      expect(code).toBe(0);
      expect(String(environment.requests.at(-1)?.body)).toBe(each.next);
    },
  );
});

describe("an empty value", () => {
  it.each(withValue.filter(({ key }) => rowOf(key).mayBeEmpty !== true))(
    "is rejected for $key",
    ({ command, flag }) =>
      expect(
        refusal([...lineOf(command), nameOf(flag), ""], { flag: nameOf(flag), says: /empty|""/ }),
      ).resolves.toEqual({ sent: [] }),
  );

  it.each(withValue.filter(({ key }) => rowOf(key).mayBeEmpty === true))(
    "is accepted for $key",
    async ({ command, flag }) => {
      expect((await authCli([...lineOf(command), nameOf(flag), ""], loggedIn)).code).toBe(0);
    },
  );
});

describe("an invalid value", () => {
  const cases = flags.flatMap(({ key, command, flag }) =>
    rowOf(key).wrong.map((wrong) => ({ key, command, flag, wrong, value: wrong.value })),
  );

  it.each(cases)(
    "$key $value",
    ({ command, flag, wrong: { value, with: others = [], namesItself, ...expected } }) =>
      expect(
        refusal([...lineOf(command), ...others, nameOf(flag), value], {
          flag: namesItself ? "" : nameOf(flag),
          ...expected,
        }),
      ).resolves.toEqual({ sent: [] }),
  );
});

describe("a switch", () => {
  it.each(flags.filter(({ flag }) => flag.value === undefined))("$key rejects a value", ({ command, flag }) =>
    expect(
      refusal([...lineOf(command), `${nameOf(flag)}=yes`], {
        flag: nameOf(flag),
        says: new RegExp(`${nameOf(flag)} takes no value`),
      }),
    ).resolves.toEqual({ sent: [] }),
  );
});

describe("a repeated flag", () => {
  it("says in the help when it may be repeated", () => {
    for (const { key, flag } of withValue) {
      const says = /may be repeated/.test(flag.description);
      expect({ key, says }).toEqual({ key, says: rowOf(key).several !== undefined });
    }
  });

  it.each(withValue.filter(({ key }) => key.startsWith("call ") && rowOf(key).several !== undefined))(
    "$key: sends both values",
    async ({ key, command, flag }) => {
      const [first, second] = rowOf(key).several ?? ["", ""];
      const args = [...lineOf(command), nameOf(flag), first, nameOf(flag), second];
      const { code, environment } = await authCli(args, loggedIn);
      expect(code).toBe(0);
      const { url, headers, body } = environment.requests.at(-1) ?? {};
      const sent = `${url?.href ?? ""} ${(headers ?? []).map((each) => each.join(": ")).join(" ")} ${String(body)}`;
      const { sent: forms = [first, second] } = rowOf(key);
      for (const form of forms) expect(sent).toMatch(form);
    },
  );

  it.each(withValue.filter(({ key }) => rowOf(key).several === undefined))(
    "$key: uses the last value",
    async ({ key, command, flag }) => {
      const [first, second] = rowOf(key).last ?? ["first", "second"];
      const seen = await parsed([...lineOf(command), nameOf(flag), first, nameOf(flag), second]);
      const name = flag.long.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
      expect(String(seen[name])).toBe(rowOf(key).lastIs ?? second);
    },
  );

  it.each(withValue.filter(({ key }) => /^(--|call )/.test(key) && rowOf(key).last !== undefined))(
    "$key: ignores an invalid value before the last",
    async ({ key, command, flag }) => {
      const [first, second] = rowOf(key).last ?? ["", ""];
      const line = (...values: string[]): Promise<Ran> =>
        authCli([...lineOf(command), ...values.flatMap((value) => [nameOf(flag), value])], loggedIn);
      const [both, alone] = await Promise.all([line(first, second), line(second)]);
      expect([both.code, both.stderr]).toEqual([alone.code, alone.stderr]);
      expect(both.code, both.stderr).toBe(0);
    },
  );
});

/** The flags as a command receives them. */
async function parsed(args: readonly string[]): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown> = {};
  const environmentFor = (given: object): never => {
    seen = { ...given };
    throw new Error("nothing is run");
  };
  const program = createProgram({
    version: "",
    environmentFor,
    done: () => {},
    definitions: await loadCommands(args),
    words: args,
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  await expect(program.parseAsync(args, { from: "user" })).rejects.toThrow("nothing is run");
  return seen;
}
