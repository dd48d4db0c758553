import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { files } from "../environment/files.ts";
import { createFakeEnvironment, type FakeEnvironment, failure } from "../../test/fakes/fake-environment.ts";
import { checkSessionsAreWritable, removeSessions, saveSession } from "./session-store.ts";
import {
  apisOf,
  findSession,
  readSessions,
  type ProviderSession,
  type Session,
  type TwitterSession,
} from "./sessions.ts";

let folder: string;
let path: string;
let environment: FakeEnvironment;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auth-cli-sessions-"));
  const config = join(folder, "config");
  path = join(config, "sessions.json");
  environment = { ...createFakeEnvironment({ variables: { AUTH_CLI_CONFIG_DIR: config } }), files };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function session(changes: Partial<TwitterSession> = {}): Session {
  return {
    appName: "notes",
    stage: "prod",
    apiEndpoint: "https://api.example/",
    identityPoolId: "us-east-1:aaaa",
    userId: "1",
    screenName: "Alice",
    identityId: "us-east-1:bbbb",
    tokenCredentials: { token: "1-token", secret: "token-secret" },
    loggedInAt: "2026-03-01T12:00:00.000Z",
    ...changes,
  };
}

function providerSession(changes: Partial<ProviderSession> = {}): Session {
  return {
    appName: "notes",
    stage: "prod",
    apiEndpoint: "https://api.example/",
    identityPoolId: "us-east-1:aaaa",
    provider: "accounts.google.com",
    userId: "1085",
    name: "carol@example.com",
    identityId: "us-east-1:dddd",
    loginToken: { secret: "header.claims.signature" },
    tokenExpiresAt: "2026-03-01T13:00:00.000Z",
    loggedInAt: "2026-03-01T12:00:00.000Z",
    ...changes,
  };
}

function versionOf(file: string): unknown {
  return (JSON.parse(readFileSync(file, "utf8")) as { version: unknown }).version;
}

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe("the sessions file", () => {
  it("returns the saved logins, the newest last", async () => {
    await saveSession(environment, session());
    await saveSession(environment, session({ userId: "2", screenName: "bob" }));
    expect(readSessions(environment)).toEqual([session(), session({ userId: "2", screenName: "bob" })]);
  });

  it("reads version 1, and keeps its logins when one is added", async () => {
    mkdirSync(join(folder, "config"));
    writeFileSync(path, JSON.stringify({ version: 1, sessions: [session()] }));
    expect(readSessions(environment)).toEqual([session()]);
    await saveSession(environment, session({ userId: "2" }));
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      version: 2,
      sessions: [session(), session({ userId: "2" })],
    });
  });

  it("is written as version 3 while it holds another provider's login, otherwise as version 2", async () => {
    await saveSession(environment, session());
    expect(versionOf(path)).toBe(2);
    await saveSession(environment, providerSession());
    // An older auth-cli refuses version 3 and leaves the file unchanged.
    expect(versionOf(path)).toBe(3);
    expect(readSessions(environment)).toEqual([session(), providerSession()]);
    await saveSession(environment, session({ userId: "2" }));
    expect(readSessions(environment)).toHaveLength(3);
    await removeSessions(environment, [providerSession()]);
    expect(versionOf(path)).toBe(2);
    expect(readSessions(environment)).toEqual([session(), session({ userId: "2" })]);
  });

  it("distinguishes equal user ids of two providers", async () => {
    await saveSession(environment, session());
    await saveSession(environment, providerSession({ userId: "1" }));
    await saveSession(environment, providerSession({ userId: "1", provider: "graph.facebook.com" }));
    await saveSession(environment, providerSession({ userId: "1", name: "renamed" }));
    expect(readSessions(environment).map(({ provider, userId }) => [provider, userId])).toEqual([
      [undefined, "1"],
      ["graph.facebook.com", "1"],
      ["accounts.google.com", "1"],
    ]);
  });

  it("is rejected and stays unchanged when a newer auth-cli wrote it", async () => {
    mkdirSync(join(folder, "config"));
    const text = JSON.stringify({ version: 4, sessions: [session()], news: true });
    writeFileSync(path, text);
    for (const work of [
      () => readSessions(environment),
      () => saveSession(environment, session()),
      () => removeSessions(environment, [session()]),
      () => checkSessionsAreWritable(environment),
    ]) {
      const error = await failure(work);
      expect(error).toMatchObject({ code: "invalid-configuration", exitCode: 2 });
      expect(error.message).toBe(`${path} is from a newer auth-cli`);
      expect(error.fix).toContain("update auth-cli");
    }
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(readdirSync(join(folder, "config"))).toEqual(["sessions.json"]);
  });

  it("keeps only the newest login of a user to a pool", async () => {
    await saveSession(environment, session({ loggedInAt: "old" }));
    await saveSession(environment, session({ userId: "2" }));
    await saveSession(environment, session({ identityPoolId: "us-east-1:cccc" }));
    await saveSession(environment, session({ loggedInAt: "new" }));
    expect(readSessions(environment).map(({ userId, loggedInAt }) => [userId, loggedInAt])).toEqual([
      ["2", "2026-03-01T12:00:00.000Z"],
      ["1", "2026-03-01T12:00:00.000Z"],
      ["1", "new"],
    ]);
  });

  it.skipIf(process.platform === "win32")(
    "gets mode 0600 in a folder of mode 0700, whatever the umask",
    async () => {
      const umask = process.umask(0o000);
      try {
        await saveSession(environment, session());
      } finally {
        process.umask(umask);
      }
      expect([modeOf(path), modeOf(join(folder, "config"))]).toEqual(["600", "700"]);
    },
  );

  it.skipIf(process.platform === "win32")(
    "gets mode 0600 again after another program changed it",
    async () => {
      await saveSession(environment, session());
      chmodSync(path, 0o644);
      await saveSession(environment, session());
      expect(modeOf(path)).toBe("600");
    },
  );

  it("is replaced atomically and leaves no other file", async () => {
    await saveSession(environment, session());
    const before = statSync(path).ino;
    await saveSession(environment, session({ userId: "2" }));
    // A new inode: a reader sees the whole old file or the whole new one.
    expect(statSync(path).ino).not.toBe(before);
    expect(readdirSync(join(folder, "config"))).toEqual(["sessions.json"]);
  });

  it("loses none of 20 logins saved at once, and is complete at every read", async () => {
    const saves = Array.from({ length: 20 }, (_, index) =>
      saveSession(environment, session({ userId: `${index}` })),
    );
    const reader = setInterval(() => readSessions(environment), 2);
    await Promise.all(saves);
    clearInterval(reader);
    // The notice about the missing keyring shows once.
    expect(environment.stderr()).toMatch(/^notice: this system has no OS keyring; [^\n]+\n$/);
    expect(
      readSessions(environment)
        .map(({ userId }) => Number(userId))
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(readdirSync(join(folder, "config"))).toEqual(["sessions.json"]);
  });

  it.each([
    ["cut off", '{"version":1,"sessions":[{"userId":"1"'],
    ["empty", ""],
    ["without its list", '{"version":1}'],
    ["with an invalid session", '{"version":1,"sessions":[null]}'],
    [
      "with a session without its secret",
      JSON.stringify({ version: 1, sessions: [{ ...session(), tokenCredentials: { token: "x" } }] }),
    ],
    [
      "with a login of another provider without its token",
      JSON.stringify({ version: 3, sessions: [providerSession({ loginToken: {} as { secret: string } })] }),
    ],
    [
      "of version 2 with a login of another provider",
      JSON.stringify({ version: 2, sessions: [providerSession()] }),
    ],
    ["null", "null"],
  ])("is moved aside and reported when it is %s", async (_name, text) => {
    mkdirSync(join(folder, "config"), { recursive: true });
    writeFileSync(path, text);
    expect(readSessions(environment)).toEqual([]);
    const aside = readdirSync(join(folder, "config"));
    expect(aside).toEqual([expect.stringMatching(/^sessions\.json\.corrupt-/)]);
    expect(readFileSync(join(folder, "config", aside[0] ?? ""), "utf8")).toBe(text);
    expect(environment.stderr()).toContain(aside[0]);
    await saveSession(environment, session());
    expect(readSessions(environment)).toHaveLength(1);
    expect(readdirSync(join(folder, "config"))).toHaveLength(2);
  });

  it("causes an error with its path when it cannot be written", async () => {
    writeFileSync(join(folder, "config"), "a file where the folder should be");
    const error = await failure(() => saveSession(environment, session()));
    expect(error).toMatchObject({ code: "write-failed", exitCode: 1 });
    expect(error.message).toContain(join(folder, "config"));
  });

  it("may be absent", () => {
    expect(readSessions(environment)).toEqual([]);
    expect(environment.stderr()).toBe("");
  });
});

describe("findSession", () => {
  const pool = "us-east-1:aaaa";
  const sessions = [
    providerSession({ userId: "auth0|5f7C", name: "Dora@example.com" }),
    session({ userId: "1", screenName: "Alice" }),
    session({ userId: "2", screenName: "bob" }),
    session({ userId: "3", screenName: "carol", identityPoolId: "us-east-1:other" }),
  ];

  it.each([
    [undefined, "2"],
    ["alice", "1"],
    ["@ALICE", "1"],
    ["1", "1"],
    ["Bob", "2"],
    ["dora@example.com", "auth0|5f7C"],
    ["auth0|5f7c", "auth0|5f7C"],
    ["carol", undefined],
    ["", undefined],
    ["nobody", undefined],
  ])("returns for --user %s the user id %s", (user, userId) => {
    expect(findSession(sessions, pool, user)?.userId).toBe(userId);
  });

  it("returns the newest of two matches", () => {
    const renamed = session({ userId: "9", screenName: "alice" });
    expect(findSession([...sessions, renamed], pool, "alice")?.userId).toBe("9");
  });
});

describe("the APIs of a login", () => {
  it("are those of the user's logins to the pool, without repetitions", async () => {
    for (const name of ["a", "b", "a", "c"])
      await saveSession(environment, session({ apiEndpoint: `https://${name}.example/` }));
    expect(readSessions(environment).map(apisOf)).toEqual([
      ["https://b.example/", "https://a.example/", "https://c.example/"],
    ]);
  });

  it("are bounded", async () => {
    for (let index = 0; index < 30; index += 1)
      await saveSession(environment, session({ apiEndpoint: `https://${index}.example/` }));
    expect(apisOf(readSessions(environment)[0] ?? session()).length).toBe(21);
  });

  it.each(["text", [1], null])("make a file corrupt when they are %j", (otherApis) => {
    mkdirSync(join(folder, "config"));
    writeFileSync(path, JSON.stringify({ version: 2, sessions: [{ ...session(), otherApis }] }));
    expect(readSessions(environment)).toEqual([]);
  });
});

describe("the addresses of a login", () => {
  const addresses = { cognito: "http://127.0.0.1:4566/", twitter: "http://127.0.0.1:4567/" };

  it("are stored in a version that an older auth-cli reads", async () => {
    await saveSession(environment, session({ addresses }));
    expect(versionOf(path)).toBe(2);
    expect(readSessions(environment)).toEqual([session({ addresses })]);
  });

  it.each([1, 2, 3])("may be missing in version %d", (version) => {
    mkdirSync(join(folder, "config"));
    writeFileSync(path, JSON.stringify({ version, sessions: [session()] }));
    expect(readSessions(environment)).toEqual([session()]);
  });

  it.each(["text", null, 1, { cognito: 1 }])("make a file corrupt when they are %j", (malformed) => {
    mkdirSync(join(folder, "config"));
    writeFileSync(path, JSON.stringify({ version: 2, sessions: [{ ...session(), addresses: malformed }] }));
    expect(readSessions(environment)).toEqual([]);
    expect(environment.stderr()).toContain("is corrupt; moved it to");
  });
});
