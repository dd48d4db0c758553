import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import type { ProcessResult } from "@api-auth-twitter/test-support/run-process";
import {
  type SecretService,
  type SilentBus,
  startSecretService,
  startSilentBus,
} from "@api-auth-twitter/test-support/secret-service";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { logInHere } from "../../test/run-here.ts";

const dbus = findPeer("dbus-run-session");
const gnomeKeyring = findPeer("gnome-keyring-daemon");

/** The token of alice, for logins without a browser. */
let world: DeployedWorld;
let token: { token: string; secret: string };
let sessionsPath: string;

beforeAll(async () => {
  world = await deployWorld("prod");
  await logInHere(world.cli, "alice");
  const [stored] = await world.cli.storedTokens();
  if (stored === undefined) throw new Error("no token was stored");
  token = stored;
  sessionsPath = join(world.cli.home, "config/auth-cli/sessions.json");
});
afterAll(() => world.close());

type Variables = Record<string, string | undefined>;

const run = (args: string[], variables: Variables, stdin?: string): Promise<ProcessResult> =>
  world.cli.run(args, {
    variables: { AUTH_CLI_STORE: undefined, ...variables },
    ...(stdin === undefined ? {} : { stdin }),
  });
const logIn = (variables: Variables): Promise<ProcessResult> =>
  run(["login", "--with-token", "--force"], variables, `${token.token}\n${token.secret}\n`);
const call = (variables: Variables): Promise<ProcessResult> => run(["call", "/private"], variables);

describe.skipIf(dbus === undefined || gnomeKeyring === undefined)("with gnome-keyring", () => {
  let service: SecretService;
  let attributes: Record<string, string>;

  beforeAll(async () => {
    service = await startSecretService(dbus ?? "", gnomeKeyring ?? "");
    const { IdentityPoolId } = await world.outputs();
    const userId = token.token.slice(0, token.token.indexOf("-"));
    attributes = { service: "auth-cli", username: `${IdentityPoolId}/${userId}` };
  });
  afterAll(() => service.close());
  beforeEach(async () => {
    await logIn(service.variables);
  });

  test("stores the secret in the keyring under its service and account, not in the file", async () => {
    expect(await service.count(attributes)).toBe(1);
    const text = await readFile(sessionsPath, "utf8");
    expect(text).not.toContain(token.secret);
    expect(JSON.parse(text)).toMatchObject({
      version: 2,
      sessions: [{ tokenCredentials: { token: token.token, secretIn: "keyring" } }],
    });
  });

  test("prints no notice when the keyring works", async () => {
    expect((await logIn(service.variables)).stderr).not.toMatch(/notice|warning|keyring/);
  });

  test("renews credentials; a call with fresh credentials needs no keyring", async () => {
    await world.cli.expireCredentials();
    expect((await call(service.variables)).stdout).toMatch(/^Hello /);
    const { code, stderr } = await call({});
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("smoke passes, and status names the keyring", async () => {
    expect((await run(["smoke"], service.variables)).code).toBe(0);
    expect((await run(["status"], {})).stdout).toMatch(/^user .*\(OS keyring\)$/m);
  });

  test("a call exits with 4 when the keyring is gone; a login then uses the file", async () => {
    await world.cli.expireCredentials();
    const { code, stderr } = await call({});
    expect(code).toBe(4);
    expect(stderr).toContain("cannot read the token of @alice from the OS keyring");
    expect(stderr).toContain("AUTH_CLI_STORE=file");
    const again = await logIn({});
    expect(again.code).toBe(0);
    expect(again.stderr).toContain("notice: this system has no OS keyring");
    await world.cli.expireCredentials();
    expect((await call({})).code).toBe(0);
  });

  test("logout removes the entry", async () => {
    expect((await run(["logout"], service.variables)).code).toBe(0);
    expect(await service.count(attributes)).toBe(0);
    expect((await call(service.variables)).code).toBe(4);
  });

  test("a call exits with 4 when the entry is gone", async () => {
    const before = await readFile(sessionsPath, "utf8");
    expect((await run(["logout"], service.variables)).code).toBe(0);
    await writeFile(sessionsPath, before, { mode: 0o600 });
    const { code, stderr } = await call(service.variables);
    expect(code).toBe(4);
    expect(stderr).toContain("the OS keyring no longer has the token of");
    expect(stderr).toContain("fix: run `auth-cli login`");
  });
});

describe("with a keyring that never answers", () => {
  let bus: SilentBus;

  beforeAll(async () => {
    bus = await startSilentBus();
  });
  afterAll(() => bus.close());

  test("a login uses the file after two seconds, with one warning", async () => {
    const { code, stderr } = await logIn(bus.variables);
    expect(code).toBe(0);
    expect(stderr.match(/keyring/g)).toHaveLength(1);
    expect(stderr).toContain("it did not answer within 2 s");
    const tried = bus.connections();
    expect(tried).toBeGreaterThan(0);
    expect(await world.cli.storedTokens()).toEqual([token]);
    // The file has it now, so this call does not ask the keyring.
    await world.cli.expireCredentials();
    expect((await call(bus.variables)).code).toBe(0);
    expect(bus.connections()).toBe(tried);
  });

  test("a renewal exits with 4 after two seconds", async () => {
    expect((await logIn({})).code).toBe(0);
    const text = await readFile(sessionsPath, "utf8");
    await writeFile(sessionsPath, text.replace(/"secret": "[^"]+"/, '"secretIn": "keyring"'));
    await world.cli.expireCredentials();
    const { code, stderr } = await call(bus.variables);
    expect(code).toBe(4);
    expect(stderr).toContain("cause: cannot use the OS keyring: it did not answer within 2 s");
  });

  test("Ctrl-C ends a login at once", async () => {
    const { token: name, secret } = token;
    const child = spawn(process.execPath, [authCliPath, "login", "--with-token", "--force"], {
      cwd: world.app.folder,
      env: { ...world.cli.variables, AUTH_CLI_STORE: "keyring", ...bus.variables },
      stdio: ["pipe", "ignore", "ignore"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const connected = bus.connected();
    child.stdin.end(`${name}\n${secret}\n`);
    const before = await readFile(sessionsPath, "utf8");
    await connected;
    child.kill("SIGINT");
    // After two seconds the login would use the file and exit with 0.
    expect(await ended).toBe(130);
    // The interruption does not count as a failed keyring.
    expect(await readFile(sessionsPath, "utf8")).toBe(before);
  });
});
