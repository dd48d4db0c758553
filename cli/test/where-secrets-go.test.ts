import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../src/http.ts";
import { dated } from "./fakes/doctor-world.ts";
import { configFile, reply, sentHeader } from "./fakes/fake-environment.ts";
import { createWorld, type Ran, reportedError, runIn, type World } from "./fakes/world.ts";

/** The address that a flag, a variable or a file names. */
const named = "https://named.example";
const googleToken = "header.claims.signature-of-google";

/** Who names the address. */
const namers = ["flag", "environment", "stored login", "`.env`", "outputs"] as const;
type Namer = (typeof namers)[number];

/** The table in docs/security.md, up to the rows that a test with real connections covers. */
const rows = readTable().filter(({ secret }) => secret !== "everything");

interface Row {
  secret: string;
  address: string;
  /** By namer. */
  cells: Record<string, string>;
}

function readTable(): Row[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/security.md"), "utf8");
  const [, table = ""] = /<!-- redirects -->\n\n((?:\|.*\n)+)/.exec(page) ?? [];
  const [head = [], , ...lines] = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return lines.map(([secret = "", address = "", ...cells]) => ({
    secret,
    address,
    cells: Object.fromEntries(cells.map((cell, index) => [head[index + 2] ?? "", cell])),
  }));
}

/** One command that sends the secret of a row. */
interface Scenario {
  args: string[];
  /** The member of a login's `addresses`, or `api`. */
  remembered?: "twitter" | "cognito" | "sts" | "api";
  flag?: string;
  world?: World;
  prepare?: (world: ReturnType<typeof createWorld>) => void;
}

const call: Scenario = { args: ["call", "/private"], remembered: "cognito", world: { loggedIn: true } };
const deployer = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE000000000", AWS_SECRET_ACCESS_KEY: "deployersecret" };
const deep: Scenario = {
  args: ["doctor", "--deep"],
  world: {
    loggedIn: true,
    variables: deployer,
    answers: {
      ...Object.fromEntries(["twitter", "cognito", "api", "sts"].map((name) => [`doctor.${name}`, dated(0)])),
      "sts:GetCallerIdentity": () =>
        reply(
          200,
          "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn>" +
            "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        ),
      "cognito-identity:GetIdentityPoolRoles": () =>
        reply(200, { Roles: { authenticated: "arn:aws:iam::123456789012:role/users" } }),
    },
  },
};
const findStage: Scenario = {
  args: ["call", "/private", "--stage", "elsewhere"],
  world: { loggedIn: true, variables: deployer },
};

const scenarios: Record<string, Scenario> = {
  "token and secret of a stored Twitter login": call,
  "token of a stored login by another provider": { ...call, prepare: logInWithGoogle },
  "access token of a stored Twitter login": {
    args: ["logout", "--revoke"],
    remembered: "twitter",
    world: { loggedIn: true },
  },
  "token in `TWITTER_ACCESS_TOKEN`": { args: ["call", "/private"], prepare: giveToken },
  "token in `AUTH_CLI_LOGIN`": {
    args: ["call", "/private"],
    world: {
      variables: { AUTH_CLI_LOGIN: "accounts.google.com=env:GOOGLE_TOKEN", GOOGLE_TOKEN: googleToken },
    },
  },
  "consumer secret": { args: ["login", "--no-browser"] },
  "token of a new login": { args: ["login", "--with-token"], prepare: giveToken },
  "AWS credentials of a stored login, the API, `AUTH_CLI_ENDPOINT`": {
    args: ["call", "/private"],
    remembered: "api",
    flag: "--endpoint",
    world: { loggedIn: true },
  },
  "AWS credentials of a stored login": {
    args: ["status"],
    remembered: "sts",
    world: { loggedIn: true },
    prepare: cacheCredentials,
  },
  "AWS credentials of a token in the environment": {
    args: ["call", "/private"],
    flag: "--endpoint",
    prepare: giveToken,
  },
  "AWS keys of the deployer": findStage,
};

function scenarioOf({ secret, address }: Row): Scenario {
  if (address.includes("doctor --deep")) return deep;
  const found = scenarios[`${secret}, ${address}`] ?? scenarios[secret];
  if (found === undefined) throw new Error(`no scenario for ${secret}`);
  return found;
}

type FakeWorld = ReturnType<typeof createWorld>;

function giveToken({ environment, services }: FakeWorld): void {
  const { token, secret } = services.tokenCredentials;
  Object.assign(environment.variables, { TWITTER_ACCESS_TOKEN: token, TWITTER_ACCESS_TOKEN_SECRET: secret });
}

function editLogin({ environment }: FakeWorld, edit: (session: Record<string, unknown>) => object): void {
  const file = JSON.parse(environment.fileTexts()[configFile] ?? "") as {
    sessions: [Record<string, unknown>];
  };
  environment.addFile(configFile, JSON.stringify({ version: 3, sessions: file.sessions.map(edit) }));
}

function logInWithGoogle(world: FakeWorld): void {
  world.services.providerTokens["accounts.google.com"] = googleToken;
  editLogin(world, ({ tokenCredentials: _token, screenName: _name, ...session }) => ({
    ...session,
    provider: "accounts.google.com",
    name: "alice@example.com",
    loginToken: { secret: googleToken },
  }));
}

const cachedSecret = "cachedsecret";

/** Credentials in the place where `call` caches them. */
function cacheCredentials({ environment, services }: FakeWorld): void {
  const path = `/home/user/.cache/auth-cli/${cacheName(services.identityPoolId)}.json`;
  const credentials = {
    accessKeyId: "ASIAEXAMPLE000000000",
    secretAccessKey: cachedSecret,
    sessionToken: "cachedtoken",
    expiration: "2026-03-01T13:00:00.000Z",
  };
  environment.addFile(path, JSON.stringify({ version: 1, identityId: services.identityId, credentials }));
}

function cacheName(pool: string): string {
  return createHash("sha256").update(`${pool}\ntwitter:42`).digest("hex").slice(0, 32);
}

/** Runs the scenario of a row while one namer names the address. */
async function runCell(row: Row, namer: Namer): Promise<Ran> {
  const scenario = scenarioOf(row);
  const variable = /`((?:AUTH_CLI|AWS|TWITTER)_\w+)`/.exec(row.address)?.[1];
  const value = row.address.includes("region") ? "x.named.example/" : named;
  const name = row.address.includes("region") ? "AWS_REGION" : (variable ?? "");
  const { world: options = {} } = scenario;
  const world = createWorld({
    ...options,
    variables: { ...options.variables, ...(namer === "environment" ? { [name]: value } : {}) },
    files: { ...options.files, ...(namer === "`.env`" ? { "/project/.env": `${name}=${value}\n` } : {}) },
  });
  scenario.prepare?.(world);
  if (namer === "outputs") {
    const outputs = { ApiEndpoint: named, IdentityPoolId: world.services.identityPoolId };
    world.environment.addFile("/project/.sst/outputs.json", JSON.stringify({ "prod-notes-Stack": outputs }));
  }
  if (namer === "stored login") rememberNamed(world, scenario);
  const flag = row.address.includes("region") ? "--region" : scenario.flag;
  const args = [...scenario.args, ...(namer === "flag" && flag !== undefined ? [flag, value] : [])];
  return runIn([...args, "--json"], world);
}

/** The login was made with the named address. The outputs agree with the API of the login. */
function rememberNamed(world: FakeWorld, { remembered }: Scenario): void {
  if (remembered !== "api") {
    editLogin(world, (session) => ({ ...session, addresses: { [remembered ?? ""]: named } }));
    return;
  }
  editLogin(world, (session) => ({ ...session, apiEndpoint: `${named}/` }));
  const outputs = { ApiEndpoint: named, IdentityPoolId: world.services.identityPoolId };
  world.environment.addFile("/project/.sst/outputs.json", JSON.stringify({ "prod-notes-Stack": outputs }));
}

/** The requests with a secret or a signature to the named address. */
function toNamed({ environment }: Ran): HttpRequest[] {
  return environment.requests.filter(
    (request) =>
      request.url.host.includes("named.example") &&
      (sentHeader(request, "authorization") !== undefined || request.body !== undefined),
  );
}

/** The word in the table. */
function outcomeOf(ran: Ran): string {
  if (toNamed(ran).length > 0) return "yes";
  const output = ran.stdout + ran.stderr;
  if (/sends no secrets there|names the API/.test(output)) return "refused";
  return output.includes('"invalid-configuration"') ? "error" : "ignored";
}

const cells = rows.flatMap((row) =>
  namers
    .map((namer) => ({
      row,
      namer,
      outcome: row.cells[namer] ?? "",
      secret: row.secret,
      address: row.address,
    }))
    .filter(({ outcome }) => outcome !== "–"),
);

describe("the table in docs/security.md", () => {
  it("has an outcome for everything that may name an address", () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const { cells: found } of rows) {
      expect(Object.keys(found)).toEqual(namers);
      for (const outcome of Object.values(found)) expect(["yes", "refused", "error", "–"]).toContain(outcome);
    }
  });

  it.each(cells)("$secret → $address, named by $namer: $outcome", async ({ row, namer, outcome }) => {
    const ran = await runCell(row, namer);
    expect(outcomeOf(ran), ran.stdout + ran.stderr).toBe(outcome);
  });
});

/** A call with this `.env` file. */
const callWithDotenv = (text: string, world: World = {}): Promise<Ran> =>
  runIn(
    ["call", "/private", "--json"],
    createWorld({ loggedIn: true, ...world, files: { "/project/.env": text } }),
  );

describe("an API in auth-cli.json", () => {
  it("gets no credentials of a login that was made with another", async () => {
    const ran = await runIn(
      ["call", "/private", "--json"],
      createWorld({
        loggedIn: true,
        files: { "/project/auth-cli.json": JSON.stringify({ endpoint: named }) },
      }),
    );
    expect(reportedError(ran)).toMatchObject({
      code: "untrusted-address",
      message: expect.stringContaining(`/project/auth-cli.json names the API ${named}`) as string,
    });
    expect(toNamed(ran)).toEqual([]);
  });

  it("gets none through another outputs file of the project, nor through AUTH_CLI_ENDPOINT in .env", async () => {
    const world = createWorld({ loggedIn: true });
    const { identityPoolId } = world.services;
    world.environment.addFile("/project/auth-cli.json", JSON.stringify({ outputs: "o.json", api: "Evil" }));
    world.environment.addFile(
      "/project/o.json",
      JSON.stringify({ "prod-notes-S": { Evil: named, Pool: identityPoolId } }),
    );
    const ran = await runIn(["call", "/private", "--json"], world);
    expect(reportedError(ran)["code"]).toBe("untrusted-address");
    expect(toNamed(ran)).toEqual([]);
    const byDotenv = await callWithDotenv(`AUTH_CLI_ENDPOINT=${named}\n`);
    expect(byDotenv.code).toBe(0);
    expect(toNamed(byDotenv)).toEqual([]);
  });

  it("may repeat the login's", async () => {
    const world = createWorld({ loggedIn: true });
    const { apiEndpoint, identityPoolId } = world.services;
    world.environment.addFile(
      "/project/auth-cli.json",
      JSON.stringify({ endpoint: apiEndpoint, identityPoolId }),
    );
    expect((await runIn(["call", "/private"], world)).code).toBe(0);
  });
});

describe("an address in a .env file", () => {
  it("is refused with the file, the variable, the address and the way to allow it", async () => {
    const ran = await callWithDotenv("AWS_ENDPOINT_URL=http://127.0.0.1:9\n");
    expect(ran.code).toBe(2);
    expect(ran.environment.requests).toEqual([]);
    expect(reportedError(ran)).toEqual({
      code: "untrusted-address",
      message:
        "/project/.env sets AWS_ENDPOINT_URL to http://127.0.0.1:9/, and auth-cli sends no secrets there",
      cause: expect.stringContaining("a project's file may not decide where tokens and keys go") as string,
      fix: expect.stringContaining(
        "run `AWS_ENDPOINT_URL=http://127.0.0.1:9 auth-cli …` to allow it once",
      ) as string,
    });
  });

  it.each([
    "https://cognito-identity.us-east-1.amazonaws.com.evil.example",
    "https://cognito-identity.evil.amazonaws.com",
    "https://cognito-identity.us-east-1.amazonaws.com:8443",
    "https://cognito-identity.us-east-1.amazonaws.com/path",
    "https://abc123.execute-api.us-east-1.amazonaws.com",
    "https://bucket.s3.amazonaws.com",
    "http://localhost:4566",
    "http://[::1]:4566",
  ])("is refused: %s", async (address) => {
    const ran = await callWithDotenv(`AWS_ENDPOINT_URL_COGNITO_IDENTITY=${address}\n`);
    expect(reportedError(ran)["code"]).toBe("untrusted-address");
    expect(ran.environment.requests).toEqual([]);
  });

  it.each([
    "https://a$(touch%20x).example",
    "https://a;b.example",
    "https://a'b.example",
    "https://a`b.example",
  ])("with a character for the shell is invalid: %s", async (address) => {
    const ran = await callWithDotenv(`AWS_ENDPOINT_URL=${address}\n`);
    expect(reportedError(ran)["code"]).toBe("invalid-configuration");
  });

  it("is not part of a command to copy when its path has characters for the shell", async () => {
    const ran = await callWithDotenv("AWS_ENDPOINT_URL=https://evil.example/$(id)\n");
    expect(reportedError(ran)["fix"]).toContain("AWS_ENDPOINT_URL=<address> auth-cli …");
  });

  it.each([
    [
      "AWS's own",
      {
        "/project/.env":
          "AWS_ENDPOINT_URL_COGNITO_IDENTITY=https://cognito-identity-fips.us-east-1.amazonaws.com\n",
      },
    ],
    ["X's own", { "/project/.env": "TWITTER_API_URL=https://api.twitter.com\n" }],
  ])("may be %s", async (_whose, files) => {
    expect((await runIn(["call", "/private"], createWorld({ loggedIn: true, files }))).code).toBe(0);
  });

  it.each(["environment", "login"])("may repeat the one of the %s", async (chooser) => {
    const line = { AWS_ENDPOINT_URL: named };
    const world = createWorld({
      loggedIn: true,
      variables: chooser === "environment" ? line : {},
      files: { "/project/.env": `AWS_ENDPOINT_URL_COGNITO_IDENTITY=${named}\n` },
    });
    if (chooser === "login")
      editLogin(world, (session) => ({ ...session, addresses: { cognito: `${named}/` } }));
    const ran = await runIn(["call", "/private"], world);
    expect({ code: ran.code, sent: toNamed(ran).length }).toEqual({ code: 0, sent: 1 });
  });

  it("is refused for one service when the environment names another one for all", async () => {
    const ran = await callWithDotenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY=https://evil.example\n", {
      variables: { AWS_ENDPOINT_URL: named },
    });
    expect(reportedError(ran)["code"]).toBe("untrusted-address");
  });

  it("is refused when it is AWS's own and the login was made with another one", async () => {
    const world = createWorld({
      loggedIn: true,
      files: { "/project/.env": "AWS_ENDPOINT_URL=https://cognito-identity.us-east-1.amazonaws.com\n" },
    });
    editLogin(world, (session) => ({ ...session, addresses: { cognito: named } }));
    const ran = await runIn(["call", "/private", "--json"], world);
    expect(reportedError(ran)["code"]).toBe("untrusted-address");
  });

  it("does not choose which variable is sent as a token", async () => {
    const world = createWorld({
      variables: { GITHUB_TOKEN: googleToken },
      files: { "/project/.env": "AUTH_CLI_LOGIN=accounts.google.com=env:GITHUB_TOKEN\n" },
    });
    const ran = await runIn(["call", "/private", "--json"], world);
    expect(reportedError(ran)["code"]).toBe("invalid-configuration");
    expect(ran.environment.requests).toEqual([]);
  });
});

describe("a login", () => {
  it("remembers the addresses of the environment", async () => {
    const world = createWorld({
      variables: { TWITTER_API_URL: "https://x.example", AWS_ENDPOINT_URL: named },
    });
    giveToken(world);
    expect((await runIn(["login", "--with-token"], world)).code).toBe(0);
    const { version, sessions } = JSON.parse(world.environment.fileTexts()[configFile] ?? "") as {
      version: number;
      sessions: object[];
    };
    expect(version).toBe(2);
    expect(sessions).toMatchObject([
      { addresses: { twitter: "https://x.example/", cognito: `${named}/`, sts: `${named}/` } },
    ]);
  });

  it("with X and AWS remembers no addresses", async () => {
    const world = createWorld({});
    giveToken(world);
    await runIn(["login", "--with-token"], world);
    expect(world.environment.fileTexts()[configFile]).not.toContain("addresses");
  });
});

describe("--outputs", () => {
  it("chooses no API of a stack that the keys of a .env file find", async () => {
    const world = createWorld({
      loggedIn: true,
      files: {
        "/project/.env": "AWS_ACCESS_KEY_ID=AKIAEXAMPLE000000000\nAWS_SECRET_ACCESS_KEY=ofsomebodyelse\n",
      },
    });
    const { identityPoolId } = world.services;
    const outputs = { ApiEndpoint: named, IdentityPoolId: identityPoolId };
    const members = Object.entries(outputs).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    world.services.answers["cloudformation.describe-stacks"] = () =>
      reply(
        200,
        `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>elsewhere-notes-S</StackName><Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
      );
    world.environment.addFile("/project/mine.json", JSON.stringify({ "prod-notes-S": outputs }));
    const ran = await runIn(
      ["call", "/private", "--outputs", "mine.json", "--stage", "elsewhere", "--json"],
      world,
    );
    expect(reportedError(ran)).toMatchObject({ code: "untrusted-address" });
    expect(toNamed(ran)).toEqual([]);
  });
});

describe("an experiment of a diagnosis", () => {
  it("sends nothing to an API that only the outputs file names", async () => {
    const world = createWorld({
      loggedIn: true,
      answers: { "api.call": () => reply(403, { message: "Forbidden" }, [["apigw-requestid", "a="]]) },
    });
    const outputs = { ApiEndpoint: named, IdentityPoolId: world.services.identityPoolId };
    world.environment.addFile("/project/.sst/outputs.json", JSON.stringify({ "prod-notes-Stack": outputs }));
    const ran = await runIn(["call", "/private", "--endpoint", world.services.apiEndpoint], world);
    expect(toNamed(ran)).toEqual([]);
  });
});
