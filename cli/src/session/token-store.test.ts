import { describe, expect, it } from "vitest";
import { keyringFailed } from "../environment/keyring.ts";
import { AuthCliError } from "../errors.ts";
import { configFile } from "../../test/fakes/fake-environment.ts";
import { createWorld, type Ran, reportedError, runIn, steps, type World } from "../../test/fakes/world.ts";

const fileNotice = `notice: there is no OS keyring here; the login is kept in ${configFile}, which only you can read\n`;

interface StoredSession {
  screenName: string;
  tokenCredentials: object;
}

const storedSessions = ({ environment }: Pick<Ran, "environment">): StoredSession[] =>
  (JSON.parse(environment.fileTexts()[configFile] ?? "") as { sessions: StoredSession[] }).sessions;

/** A world with a keyring, and its entry for alice. */
function keyringWorld(options: World = {}) {
  const keyring = new Map<string, string>();
  const world = createWorld({ input: "0123456\n", keyring, ...options });
  const account = `${world.services.identityPoolId}/42`;
  return { world, keyring, account };
}

/** Login, then a call with credentials that have expired. */
async function callLater({ environment, services }: ReturnType<typeof createWorld>, args: string[] = []) {
  environment.clock.ms += 3_600_000;
  return runIn(["call", "/private", ...args], { environment, services });
}

describe("a login with a keyring", () => {
  it("puts the token's secret there, and all else into the file, which says so", async () => {
    const { world, keyring, account } = keyringWorld();
    const ran = await runIn(["login"], world);
    const { token, secret } = world.services.tokenCredentials;
    expect([...keyring]).toEqual([[account, secret]]);
    expect(storedSessions(ran)).toMatchObject([
      { screenName: "alice", tokenCredentials: { token, secretIn: "keyring" } },
    ]);
    expect(Object.values(world.environment.fileTexts()).join("\n")).not.toContain(secret);
    expect(ran.stderr).not.toMatch(/notice|warning/);
  });

  it("is asked for the secret only when credentials are renewed", async () => {
    const { world, keyring } = keyringWorld();
    await runIn(["login"], world);
    const entries = new Map(keyring);
    keyring.clear();
    expect((await runIn(["call", "/private"], world)).code).toBe(0);
    expect((await runIn(["status"], world)).stdout).toMatch(/user +@alice \(user 42\) +\(OS keyring\)$/m);
    for (const [account, secret] of entries) keyring.set(account, secret);
    const ran = await callLater(world);
    expect(ran.code).toBe(0);
    expect(steps(ran).slice(-2)).toEqual(["cognito.get-credentials", "api.call"]);
  });

  it("whose entry is gone is an error that says what to do", async () => {
    const { world, keyring, account } = keyringWorld();
    await runIn(["login"], world);
    keyring.clear();
    const ran = await callLater(world, ["--json"]);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toEqual({
      code: "not-logged-in",
      message: "the token of @alice is no longer in the OS keyring",
      cause: `its entry auth-cli, ${account} was removed`,
      fix: "run `auth-cli login`",
    });
    // The smoke says the same of its own check.
    const smoke = await runIn(["smoke", "--json"], world);
    expect(smoke.code).toBe(4);
    expect(smoke.stdout).toContain("no longer in the OS keyring");
  });

  it.each([[["logout"]], [["logout", "--all"]]])("%j removes the entry", async (args) => {
    const { world, keyring } = keyringWorld();
    await runIn(["login"], world);
    expect(keyring.size).toBe(1);
    expect((await runIn(args, world)).code).toBe(0);
    expect(keyring.size).toBe(0);
  });

  it("that is in the file already is readable on, and moves at the next login", async () => {
    const { world, keyring, account } = keyringWorld({ loggedIn: true });
    expect((await callLater(world)).code).toBe(0);
    expect(keyring.size).toBe(0);
    world.environment.type("0123456\n");
    const ran = await runIn(["login", "--force"], world);
    expect([...keyring.keys()]).toEqual([account]);
    expect(storedSessions(ran)).toMatchObject([{ tokenCredentials: { secretIn: "keyring" } }]);
  });

  it("is readable on under AUTH_CLI_STORE=file, and moves to the file at the next login", async () => {
    const { world, keyring } = keyringWorld();
    await runIn(["login"], world);
    Object.assign(world.environment.variables, { AUTH_CLI_STORE: "file" });
    expect((await callLater(world)).code).toBe(0);
    expect(keyring.size).toBe(1);
    world.environment.type("0123456\n");
    const ran = await runIn(["login", "--force"], world);
    // Not left in two places.
    expect(keyring.size).toBe(0);
    expect(storedSessions(ran)).toMatchObject([{ tokenCredentials: world.services.tokenCredentials }]);
  });
});

describe("a login without a keyring", () => {
  it("is kept in the file, which is told the first time", async () => {
    const world = createWorld({ input: "0123456\n0123456\n" });
    const first = await runIn(["login"], world);
    expect(first.stderr).toContain(fileNotice);
    const second = await runIn(["login", "--force"], world);
    expect(second.stderr.split(fileNotice)).toHaveLength(2);
  });

  it("is kept there without a word when AUTH_CLI_STORE says so", async () => {
    const keyring = new Map<string, string>();
    const world = createWorld({ input: "0123456\n", keyring, variables: { AUTH_CLI_STORE: "file" } });
    const ran = await runIn(["login"], world);
    expect(ran.stderr).not.toMatch(/notice|warning/);
    expect(keyring.size).toBe(0);
  });

  it("is kept there with a warning each time when AUTH_CLI_STORE wants the keyring", async () => {
    const world = createWorld({ input: "0123456\n0123456\n", variables: { AUTH_CLI_STORE: "keyring" } });
    await runIn(["login"], world);
    const { code, stderr } = await runIn(["login", "--force"], world);
    expect(code).toBe(0);
    expect(stderr.match(/warning: there is no OS keyring here \(/gm)).toHaveLength(2);
  });

  it("with AUTH_CLI_STORE set to something else is not begun", async () => {
    const ran = await runIn(
      ["login", "--json"],
      createWorld({ input: "0123456\n", variables: { AUTH_CLI_STORE: "vault" } }),
    );
    expect(ran.code).toBe(2);
    expect(reportedError(ran)).toMatchObject({
      code: "invalid-configuration",
      message: 'AUTH_CLI_STORE is "vault"',
    });
    expect(ran.environment.requests).toEqual([]);
  });
});

const fail = (): Promise<never> => Promise.reject(keyringFailed("it is locked"));

function broken({ environment }: ReturnType<typeof createWorld>): void {
  Object.assign(environment.keyring, { read: fail, write: fail, remove: fail });
}

describe("a keyring that fails", () => {
  it("at a login gives way to the file, said once", async () => {
    const { world } = keyringWorld();
    broken(world);
    const ran = await runIn(["login"], world);
    expect(ran.code).toBe(0);
    expect(ran.stderr.match(/warning: .*/g)).toEqual([
      `warning: the OS keyring cannot be used (it is locked); the login is kept in ${configFile}, which only you can read`,
    ]);
    expect((await callLater(world)).code).toBe(0);
  });

  it("at a renewal is an error that says what to do", async () => {
    const { world } = keyringWorld();
    await runIn(["login"], world);
    broken(world);
    const ran = await callLater(world, ["--json"]);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({
      code: "not-logged-in",
      cause: "the OS keyring cannot be used: it is locked",
    });
  });

  it("at a logout does not keep the login", async () => {
    const { world, account } = keyringWorld();
    await runIn(["login"], world);
    broken(world);
    const ran = await runIn(["logout"], world);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain(`its entry auth-cli, ${account} stays there`);
    expect(storedSessions(ran)).toEqual([]);
  });

  it("that takes a secret for which there is then no file is left without it", async () => {
    const { world, keyring } = keyringWorld();
    const full = new AuthCliError("write-failed", { message: "the disk is full" });
    Object.assign(world.environment.files, { writePrivate: () => Promise.reject(full) });
    const ran = await runIn(["login"], world);
    expect(ran.code).toBe(1);
    expect(keyring.size).toBe(0);
  });
});
