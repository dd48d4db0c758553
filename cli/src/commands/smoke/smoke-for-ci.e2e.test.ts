import { EventEmitter, on } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere, runHere } from "../../../test/run-here.ts";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type FaultServer, faults, startFaultServer } from "@api-auth-twitter/test-support/fault-server";
import type { SstApp } from "@api-auth-twitter/test-support/sst-app";
import type { CheckName, CheckResult, SmokeReport, SmokeRun } from "./report.ts";

const stack = "stacks/ExampleStack.ts";
const permission = "auth.attachPermissionsForAuthUsers(stack, [api]);";

function named({ checks }: SmokeReport, status: CheckResult["status"]): string[] {
  return checks
    .filter((check) => check.status === status)
    .map(({ name, route }) => `${name} ${route ?? ""}`.trim());
}

function find({ checks }: SmokeReport, name: CheckName, route?: string): CheckResult | undefined {
  return checks.find((check) => check.name === name && check.route === route);
}

async function addRoutesWithoutPermission(app: SstApp): Promise<void> {
  await app.edit(
    stack,
    /^( *)("GET \/private": ("[^"]+")),$/m,
    '$1$2,\n$1"GET /notes": $3,\n$1"POST /notes": $3,\n$1"GET /notes/{id}": $3,',
  );
  await app.edit(stack, permission, "// no permission yet");
}

/** A stack with more routes than the guide's. Its first deploy lacks the permission. */
describe("smoke after a deploy", () => {
  let world: DeployedWorld;
  let silent: FaultServer;
  /** What the local cloud says. */
  const events = new EventEmitter();

  beforeAll(async () => {
    silent = await startFaultServer(faults["never answers"]);
    world = await deployWorld("prod", addRoutesWithoutPermission, {
      log: (line) => events.emit("line", line),
    });
    await logInHere(world.cli, "alice");
  });
  afterAll(async () => {
    await silent.close();
    await world.close();
  });

  const smoke = async (
    ...args: string[]
  ): Promise<{ code: number | null; stderr: string; report: SmokeReport & SmokeRun }> => {
    const { code, stdout, stderr } = await runHere(world.cli, ["smoke", "--json", ...args], {
      variables:
        args.includes("--fail-fast") || args.includes("--timeout") ? { TWITTER_API_URL: silent.url } : {},
    });
    return { code, stderr, report: JSON.parse(stdout) as SmokeReport & SmokeRun };
  };

  test("--fail-fast aborts a hanging check when another one fails", async () => {
    const { code, report } = await smoke(
      "--fail-fast",
      "--only",
      "twitter.token,private.signed",
      "--route",
      "/private",
    );
    expect([code, named(report, "failed")]).toEqual([1, ["private.signed GET /private"]]);
    expect(find(report, "private.signed", "GET /private")?.error?.reason).toBe("permission-missing");
    expect(find(report, "twitter.token")).toMatchObject({
      status: "skipped",
      error: { message: "not finished: private.signed of GET /private failed (--fail-fast)" },
    });
    expect(silent.requestLines).toHaveLength(1);
  });

  test("--fail-fast ends the retries of other checks", async () => {
    const args = ["--fail-fast", "--retry-for", "60s", "--route", "/private"];
    const wrong = ["--public", "/public", "--expect-body", "Goodbye"];
    const { code, stdout } = await runHere(world.cli, ["smoke", "--json", ...args, ...wrong]);
    const report = JSON.parse(stdout) as SmokeReport;
    expect([code, named(report, "failed")]).toEqual([1, ["public.open GET /public"]]);
    expect(find(report, "private.signed", "GET /private")?.error?.message).toBe(
      "not finished: public.open of GET /public failed (--fail-fast)",
    );
  });

  test("--retry-for waits for a late permission", async () => {
    const waiting = smoke("--retry-for", "90s");
    for await (const [line] of on(events, "line")) {
      if (String(line).includes("GET /private: 403, AccessDenied")) break;
    }
    await world.app.edit(stack, "// no permission yet", permission);
    await world.deploy("prod");
    const { code, report } = await waiting;
    expect([code, named(report, "failed"), named(report, "skipped")]).toEqual([0, [], []]);
    const signed = find(report, "private.signed", "GET /private");
    expect(signed?.attempts).toBeGreaterThan(1);
    expect(signed?.hops?.map(({ httpStatus }) => httpStatus)).toEqual([
      ...Array.from({ length: (signed?.attempts ?? 0) - 1 }, () => 403),
      200,
    ]);
    // The controls passed at once.
    expect(find(report, "private.tampered", "GET /private")?.attempts).toBe(1);
  });

  test("checks the routes of the deployed template", async () => {
    const { code, report, stderr } = await smoke();
    expect([code, stderr]).toEqual([0, ""]);
    const routes = (name: CheckName): (string | undefined)[] =>
      report.checks.filter((check) => check.name === name).map(({ route }) => route);
    expect(routes("private.signed")).toEqual(["GET /private", "GET /notes"]);
    expect(routes("private.wrong-region")).toEqual(["GET /private", "GET /notes"]);
    expect(routes("private.unsigned")).toEqual(["GET /private", "GET /notes", "POST /notes"]);
    expect(routes("identity.match")).toEqual(["GET /private"]);
    expect(routes("public.open")).toEqual([undefined]);
  });

  test("checks named routes with path parameters, without the deployer's credentials", async () => {
    const noKeys = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const args = [
      "--route",
      "POST /notes",
      "--route",
      "GET /notes/1",
      "--expect-body",
      "Hello",
      "--public",
      "/public",
    ];
    const { code, stdout } = await runHere(world.cli, ["smoke", "--json", ...args], { variables: noKeys });
    const report = JSON.parse(stdout) as SmokeReport;
    expect([code, named(report, "failed")]).toEqual([0, []]);
    expect(named(report, "passed")).toEqual(
      expect.arrayContaining([
        "private.signed POST /notes",
        "private.signed GET /notes/1",
        "identity.match POST /notes",
      ]),
    );
  });

  test("reads the token from the environment in CI, and exits with 4 without one", async () => {
    const [token] = await world.cli.storedTokens();
    const elsewhere = {
      CI: "true",
      XDG_CONFIG_HOME: `${world.cli.home}/ci`,
      XDG_CACHE_HOME: `${world.cli.home}/ci`,
    };
    const given = { TWITTER_ACCESS_TOKEN: token?.token, TWITTER_ACCESS_TOKEN_SECRET: token?.secret };
    const args = ["smoke", "--stage", "prod"];
    const { code, stdout } = await runHere(world.cli, args, { variables: { ...elsewhere, ...given } });
    expect([code, stdout]).toEqual([0, expect.not.stringContaining("✗")]);
    expect((await runHere(world.cli, args, { variables: elsewhere })).code).toBe(4);
  });

  test("reports the hops of each check, and reuses connections", async () => {
    const { report } = await smoke();
    const hops = report.checks.flatMap((check) => check.hops ?? []);
    expect(hops.length).toBeGreaterThanOrEqual(report.checks.length - 2);
    for (const hop of hops) {
      expect(hop).toMatchObject({
        step: expect.any(String),
        waitMs: expect.any(Number),
        bodyMs: expect.any(Number),
      });
      expect(hop.tcpMs === undefined).toBe(hop.reused);
      expect(hop.startedMs).toBeLessThanOrEqual(report.durationMs);
    }
    expect(find(report, "cognito.get-credentials")?.hops?.[0]?.reused).toBe(true);
  });

  test("--timeout ends the run and fails unfinished checks", async () => {
    const { code, report } = await smoke("--timeout", "5s");
    expect([code, named(report, "failed")]).toEqual([1, ["twitter.token"]]);
    expect(find(report, "twitter.token")?.error).toMatchObject({
      code: "timeout",
      message: "not finished within 5 s (--timeout)",
    });
  });

  test("checks stages in parallel, each with its own login, and exits with the worst code", async () => {
    await world.deploy("dev");
    const without = await smoke("--stage", "prod", "--stage", "dev");
    expect([without.code, without.report.stages.map(({ passed }) => passed)]).toEqual([4, [true, false]]);
    expect((await logInHere(world.cli, "bob", ["--stage", "dev"])).code).toBe(0);
    const both = await smoke("--stage", "prod", "--stage", "dev");
    expect(both.code).toBe(0);
    expect(both.report).toMatchObject({ schemaVersion: 1, passed: true });
    expect(both.report.stages.map(({ stage }) => stage)).toEqual(["prod", "dev"]);
    const [prod, dev] = both.report.stages;
    expect(prod?.identityPoolId).not.toBe(dev?.identityPoolId);
    expect(prod?.identityId).not.toBe(dev?.identityId);
    const missing = await smoke("--stage", "prod", "--stage", "qa");
    expect([missing.code, missing.report.stages.map(({ passed }) => passed)]).toEqual([2, [true, false]]);
  });
});
