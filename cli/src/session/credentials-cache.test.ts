import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { files } from "../environment/files.ts";
import { createFakeEnvironment, type FakeEnvironment } from "../../test/fakes/fake-environment.ts";
import { type Identity, cachePath, isFresh, openCache } from "./credentials-cache.ts";

const nowMs = Date.parse("2026-03-01T12:00:00Z");
const minutes = (count: number): number => count * 60_000;

function identity(expiration: string): Identity {
  return {
    identityId: "us-east-1:bbbb",
    credentials: { accessKeyId: "ASIA", secretAccessKey: "s", sessionToken: "t", expiration },
  };
}

describe("cached credentials", () => {
  it.each([
    [minutes(60), true],
    [minutes(5) + 1, true],
    [minutes(5), false],
    [minutes(5) - 1, false],
    [0, false],
    [-1, false],
  ])("expiring in %i ms: fresh is %s", (leftMs, fresh) => {
    expect(isFresh(identity(new Date(nowMs + leftMs).toISOString()), nowMs)).toBe(fresh);
  });

  it.each(["", "soon", "NaN"])("with the expiration %j are not fresh", (expiration) => {
    expect(isFresh(identity(expiration), nowMs)).toBe(false);
  });
});

describe("the cache file", () => {
  let folder: string;
  let environment: FakeEnvironment;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "auth-cli-cache-"));
    environment = { ...createFakeEnvironment({ variables: { XDG_CACHE_HOME: folder } }), files };
    path = cachePath(environment, "us-east-1:aaaa", "twitter:42");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("returns the identity written", async () => {
    const written = identity("2026-03-01T13:00:00.000Z");
    await openCache(environment, path).write(written);
    expect(openCache(environment, path).read()).toEqual(written);
  });

  it("drops the signing key of an earlier version", async () => {
    const written = identity("2026-03-01T13:00:00.000Z");
    const signingKey = { credentialScope: "20260301/us-east-1/execute-api/aws4_request", key: "a2V5" };
    await openCache(environment, path).write({ ...written, signingKey } as typeof written);
    expect(openCache(environment, path).read()).toEqual(written);
  });

  it.skipIf(process.platform === "win32")("is readable only by its owner", async () => {
    await openCache(environment, path).write(identity("x"));
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it("has a different name for each pool and login, and reveals neither", () => {
    const paths = [
      path,
      cachePath(environment, "us-east-1:aaaa", "twitter:43"),
      cachePath(environment, "us-east-1:aaab", "twitter:42"),
      cachePath(environment, "us-east-1:aaaa", "token:42"),
    ];
    expect(new Set(paths).size).toBe(4);
    for (const each of paths) expect(basename(each)).toMatch(/^[0-9a-f]{32}\.json$/);
    expect(cachePath(environment, "us-east-1:aaaa", "twitter:42")).toBe(path);
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"version":0}',
    '{"version":1,"identityId":"a"}',
    '{"version":1,"identityId":"a","credentials":null}',
    '{"version":1,"identityId":"a","credentials":{"accessKeyId":"a","secretAccessKey":"b","sessionToken":"c"}}',
    '{"version":1,"identityId":7,"credentials":{}}',
  ])("is moved aside with the content %j", async (text) => {
    await openCache(environment, path).write(identity("x"));
    writeFileSync(path, text);
    expect(openCache(environment, path).read()).toBeUndefined();
    expect(readdirSync(dirname(path))).toEqual([expect.stringContaining(".corrupt-")]);
    expect(environment.stderr()).toContain("is corrupt; moved it to");
  });
});
