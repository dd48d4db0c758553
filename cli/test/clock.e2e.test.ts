import { execFileSync } from "node:child_process";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SmokeReport } from "../src/commands/smoke/report.ts";

const faketime = findPeer("faketime");

/** Shifts the clock of a process. @param offset `+612s` */
function wrongClock(offset: string): Record<string, string> {
  const library = execFileSync(faketime ?? "", ["-f", "+0s", "printenv", "LD_PRELOAD"], { timeout: 10_000 });
  return { LD_PRELOAD: library.toString().trim(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

const note = (words: string): RegExp =>
  new RegExp(
    `^note: this computer's clock is ${words} 127\\.0\\.0\\.1:\\d+'s; the request was signed with the`,
    "gm",
  );

describe.skipIf(faketime === undefined)("a clock that is wrong", () => {
  let world: DeployedWorld;
  beforeAll(async () => {
    world = await deployWorld("prod");
  });
  afterAll(() => world.close());

  test.each([
    ["+612s", "61[123] s ahead of"],
    ["-2h", "(719[89]|7200|7201) s behind"],
  ])("by %s is corrected in login, call and smoke, with one note for each", async (offset, words) => {
    const cli: AuthCli = await createAuthCli(world.app.folder, {
      ...world.cloud.environment,
      ...wrongClock(offset),
    });
    try {
      const login = await cli.logIn("alice");
      expect(login.code, login.stderr).toBe(0);
      expect(login.stderr.match(note(words))).toHaveLength(1);

      const called = await cli.run(["call", "/private"]);
      expect(called.code, called.stderr).toBe(0);
      expect(called.stdout).toMatch(/^Hello us-east-1:/);
      expect(called.stderr.match(note(words))).toHaveLength(1);

      const smoke = await cli.run(["smoke", "--json"]);
      const report = JSON.parse(smoke.stdout) as SmokeReport;
      expect(report.checks.filter(({ status }) => status !== "passed")).toEqual([]);
      expect(smoke.stderr.match(note(words))).toHaveLength(1);

      const status = await cli.run(["status", "--json"]);
      expect(status.code, status.stderr).toBe(0);
      expect(JSON.parse(status.stdout)).not.toHaveProperty("roleError");
    } finally {
      await cli.remove();
    }
  });

  test("by a minute needs no correction", async () => {
    const cli = await createAuthCli(world.app.folder, { ...world.cloud.environment, ...wrongClock("+60s") });
    try {
      expect((await cli.logIn("alice")).code).toBe(0);
      const called = await cli.run(["call", "/private"]);
      expect([called.code, called.stderr]).toEqual([0, ""]);
      // A refusal with another cause is not corrected.
      const refused = await cli.run(["call", "/public", "-X", "DELETE"]);
      expect(refused.code).toBe(22);
      expect(refused.stderr).not.toContain("note:");
    } finally {
      await cli.remove();
    }
  });
});
