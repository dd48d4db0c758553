import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere, runHere } from "../../../test/run-here.ts";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import type { DoctorReport, Finding } from "./finding.ts";

const faketime = findPeer("faketime");

describe("doctor on the local cloud", () => {
  let world: DeployedWorld;
  beforeAll(async () => {
    world = await deployWorld("prod");
    await logInHere(world.cli, "alice");
  });
  afterAll(() => world.close());

  /** Warnings and faults, by name. */
  async function examine(
    args: readonly string[] = [],
    variables: Record<string, string> = {},
  ): Promise<{ code: number | null; report: DoctorReport; bad: Record<string, Finding> }> {
    const { code, stdout, stderr } = await runHere(world.cli, ["doctor", "--json", ...args], { variables });
    expect(stderr).not.toMatch(/^\s+at /m);
    for (const secret of await world.cli.storedSecrets()) expect(stdout + stderr).not.toContain(secret);
    const report = JSON.parse(stdout) as DoctorReport;
    const found = report.findings.filter(({ status }) => status === "warning" || status === "fault");
    return { code, report, bad: Object.fromEntries(found.map((finding) => [finding.name, finding])) };
  }

  test("has no warning, skips nothing and exits with 0", async () => {
    const { code, report } = await examine();
    expect(report.findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect([code, report.passed, report.stage]).toEqual([0, true, "prod"]);
  });

  test.each<[string, Record<string, string>, string, RegExp]>([
    [
      "a wrong consumer secret",
      { TWITTER_CONSUMER_SECRET: "x".repeat(50) },
      "twitter.accepts",
      /code 32: "Could not authenticate you\."/,
    ],
    [
      "a host name of Twitter without an address",
      { TWITTER_API_URL: "https://twitter.invalid" },
      "network.twitter",
      /^cannot reach Twitter: DNS found no address for twitter\.invalid \(E\w+\)$/,
    ],
    [
      "a closed port of Cognito",
      { AWS_ENDPOINT_URL_COGNITO_IDENTITY: "http://127.0.0.1:9" },
      "network.cognito",
      /^cannot reach Cognito: no connection \(TCP\)$/,
    ],
    [
      "an invalid proxy",
      { HTTPS_PROXY: "socks5://127.0.0.1:9", TWITTER_API_URL: "https://twitter.invalid" },
      "network.proxy",
      /^HTTPS_PROXY is not the address of an HTTP proxy$/,
    ],
  ])("reports %s as a fault", async (_what, variables, name, message) => {
    const { code, bad } = await examine([], variables);
    expect(code).toBe(1);
    expect(bad[name]).toMatchObject({ status: "fault", message: expect.stringMatching(message) as string });
  });

  test("reports an endpoint with the stage twice, and one of another server", async () => {
    const { ApiEndpoint: endpoint } = await world.outputs();
    const twice = await examine(["--endpoint", `${endpoint}/prod/prod`]);
    expect([twice.code, twice.bad["deployment.endpoint"]?.status]).toEqual([1, "fault"]);
    const { TWITTER_API_URL: twitter = "" } = world.cloud.environment;
    const other = await examine(["--endpoint", twitter]);
    expect(other.bad["api.alive"]).toMatchObject({ status: "warning" });
  });

  test("warns of a stack that was edited after its deploy, and exits with 0", async () => {
    const file = join(world.app.folder, "stacks/ExampleStack.ts");
    await utimes(file, new Date(), new Date(Date.now() + 60_000));
    const { code, bad } = await examine();
    await utimes(file, new Date(0), new Date(0));
    expect([code, Object.keys(bad)]).toEqual([0, ["deployment.outputs"]]);
    expect(bad["deployment.outputs"]?.evidence).toEqual([
      "stacks/ExampleStack.ts is newer than the outputs file",
    ]);
  });

  test.skipIf(faketime === undefined)("reports a clock ten minutes fast", async () => {
    const { code, stdout } = await runProcess(
      faketime ?? "",
      ["-f", "+10m", process.execPath, authCliPath, "doctor", "--json"],
      { cwd: world.app.folder, env: world.cli.variables },
    );
    const { findings } = JSON.parse(stdout) as DoctorReport;
    expect(code).toBe(1);
    const faults = findings.filter(({ status }) => status === "fault");
    expect(faults.map(({ name }) => name)).toEqual([
      "computer.clock.twitter",
      "computer.clock.cognito",
      "computer.clock.api",
    ]);
    expect(faults[0]?.message).toMatch(/^the clock is (59\d|60\d) s ahead of Twitter's/);
  });
});
