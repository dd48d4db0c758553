import { describe, expect, it } from "vitest";
import { keyringFailed } from "../environment/keyring.ts";
import { AuthCliError } from "../errors.ts";
import { configFile } from "../../test/fakes/fake-environment.ts";
import { createWorld, type Ran, reportedError, runIn, steps, type World } from "../../test/fakes/world.ts";

const fileNotice = `notice: this system has no OS keyring; the login is stored in ${configFile}, which only you can read\n`;

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

/** Makes a call after the credentials have expired. */
async function callAfterExpiry(
  { environment, services }: ReturnType<typeof createWorld>,
  args: string[] = [],
) {
  environment.clock.ms += 3_600_000;
  return runIn(["call", "/private", ...args], { environment, services });
}

describe("a login with a keyring", () => {
  it("stores the secret in the keyring and everything else in the file", async () => {
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

  it("reads the keyring only to renew credentials", async () => {
    const { world, keyring } = keyringWorld();
    await runIn(["login"], world);
    const entries = new Map(keyring);
    keyring.clear();
    expect((await runIn(["call", "/private"], world)).code).toBe(0);
    expect((await runIn(["status"], world)).stdout).toMatch(/user +@alice \(user 42\) +\(OS keyring\)$/m);
    for (const [account, secret] of entries) keyring.set(account, secret);
    const ran = await callAfterExpiry(world);
    expect(ran.code).toBe(0);
    expect(steps(ran).slice(-2)).toEqual(["cognito.get-credentials", "api.call"]);
  });

  it("reports a removed entry with a fix", async () => {
    const { world, keyring, account } = keyringWorld();
    await runIn(["login"], world);
    keyring.clear();
    const ran = await callAfterExpiry(world, ["--json"]);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toEqual({
      code: "not-logged-in",
      message: "the OS keyring no longer has the token of @alice",
      cause: `the entry auth-cli, ${account} was removed`,
      fix: "run `auth-cli login`",
    });
    const smoke = await runIn(["smoke", "--json"], world);
    expect(smoke.code).toBe(4);
    expect(smoke.stdout).toContain("the OS keyring no longer has the token");
  });

  it.each([[["logout"]], [["logout", "--all"]]])("removes the entry on %j", async (args) => {
    const { world, keyring } = keyringWorld();
    await runIn(["login"], world);
    expect(keyring.size).toBe(1);
    expect((await runIn(args, world)).code).toBe(0);
    expect(keyring.size).toBe(0);
  });

  it("reads a secret from the file, and moves it to the keyring at the next login", async () => {
    const { world, keyring, account } = keyringWorld({ loggedIn: true });
    expect((await callAfterExpiry(world)).code).toBe(0);
    expect(keyring.size).toBe(0);
    world.environment.type("0123456\n");
    const ran = await runIn(["login", "--force"], world);
    expect([...keyring.keys()]).toEqual([account]);
    expect(storedSessions(ran)).toMatchObject([{ tokenCredentials: { secretIn: "keyring" } }]);
  });

  it("reads the keyring under AUTH_CLI_STORE=file, and moves the secret to the file at the next login", async () => {
    const { world, keyring } = keyringWorld();
    await runIn(["login"], world);
    Object.assign(world.environment.variables, { AUTH_CLI_STORE: "file" });
    expect((await callAfterExpiry(world)).code).toBe(0);
    expect(keyring.size).toBe(1);
    world.environment.type("0123456\n");
    const ran = await runIn(["login", "--force"], world);
    expect(keyring.size).toBe(0);
    expect(storedSessions(ran)).toMatchObject([{ tokenCredentials: world.services.tokenCredentials }]);
  });
});

describe("a login without a keyring", () => {
  it("is stored in the file, with a notice the first time", async () => {
    const world = createWorld({ input: "0123456\n0123456\n" });
    const first = await runIn(["login"], world);
    expect(first.stderr).toContain(fileNotice);
    const second = await runIn(["login", "--force"], world);
    expect(second.stderr.split(fileNotice)).toHaveLength(2);
  });

  it("is stored in the file silently under AUTH_CLI_STORE=file", async () => {
    const keyring = new Map<string, string>();
    const world = createWorld({ input: "0123456\n", keyring, variables: { AUTH_CLI_STORE: "file" } });
    const ran = await runIn(["login"], world);
    expect(ran.stderr).not.toMatch(/notice|warning/);
    expect(keyring.size).toBe(0);
  });

  it("is stored in the file with a warning each time under AUTH_CLI_STORE=keyring", async () => {
    const world = createWorld({ input: "0123456\n0123456\n", variables: { AUTH_CLI_STORE: "keyring" } });
    await runIn(["login"], world);
    const { code, stderr } = await runIn(["login", "--force"], world);
    expect(code).toBe(0);
    expect(stderr.match(/warning: this system has no OS keyring \(/gm)).toHaveLength(2);
  });

  it("rejects an invalid AUTH_CLI_STORE before sending a request", async () => {
    const ran = await runIn(
      ["login", "--json"],
      createWorld({ input: "0123456\n", variables: { AUTH_CLI_STORE: "vault" } }),
    );
    expect(ran.code).toBe(2);
    expect(reportedError(ran)).toMatchObject({
      code: "invalid-configuration",
      message: 'invalid AUTH_CLI_STORE "vault"',
    });
    expect(ran.environment.requests).toEqual([]);
  });
});

const fail = (): Promise<never> => Promise.reject(keyringFailed("it is locked"));

function breakKeyring({ environment }: ReturnType<typeof createWorld>): void {
  Object.assign(environment.keyring, { read: fail, write: fail, remove: fail });
}

describe("a failing keyring or file", () => {
  it("is replaced by the file at a login, with one warning", async () => {
    const { world } = keyringWorld();
    breakKeyring(world);
    const ran = await runIn(["login"], world);
    expect(ran.code).toBe(0);
    expect(ran.stderr.match(/warning: .*/g)).toEqual([
      `warning: cannot use the OS keyring (it is locked); the login is stored in ${configFile}, which only you can read`,
    ]);
    expect((await callAfterExpiry(world)).code).toBe(0);
  });

  it("fails a renewal with its reason", async () => {
    const { world } = keyringWorld();
    await runIn(["login"], world);
    breakKeyring(world);
    const ran = await callAfterExpiry(world, ["--json"]);
    expect(ran.code).toBe(4);
    expect(reportedError(ran)).toMatchObject({
      code: "not-logged-in",
      cause: "cannot use the OS keyring: it is locked",
    });
  });

  it("does not stop a logout", async () => {
    const { world, account } = keyringWorld();
    await runIn(["login"], world);
    breakKeyring(world);
    const ran = await runIn(["logout"], world);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain(`the entry auth-cli, ${account} stays there`);
    expect(storedSessions(ran)).toEqual([]);
  });

  it("removes the new secret from the keyring when the file cannot be written", async () => {
    const { world, keyring } = keyringWorld();
    const full = new AuthCliError("write-failed", { message: "the disk is full" });
    Object.assign(world.environment.files, { writePrivate: () => Promise.reject(full) });
    const ran = await runIn(["login"], world);
    expect(ran.code).toBe(1);
    expect(keyring.size).toBe(0);
  });
});
