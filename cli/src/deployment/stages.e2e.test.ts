import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";

describe("two stages deployed by sst deploy", () => {
  let world: DeployedWorld;

  beforeAll(async () => {
    world = await deployWorld("prod", undefined, { bySst: true });
    await world.deploy("dev");
  });
  afterAll(() => world.close());

  const source = async (stage: string, variables = {}): Promise<string> => {
    const { stdout, stderr } = await world.cli.run(["status", "--json", "--stage", stage], { variables });
    if (stdout === "") return stderr;
    return (JSON.parse(stdout) as { sources: { apiEndpoint: string } }).sources.apiEndpoint;
  };
  const noKeys = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

  test("each is found in the outputs file, in CloudFormation or in its login", async () => {
    const [dev, prod] = [
      await world.cli.logIn("alice", ["--stage", "dev"]),
      await world.cli.logIn("alice", ["--stage", "prod"]),
    ];
    expect([dev.code, prod.code]).toEqual([0, 0]);
    expect(await source("dev")).toMatch(/outputs\.json$/);
    expect(await source("prod")).toBe("the last login to prod");
    expect((await world.cli.run(["smoke", "--stage", "prod"], { variables: noKeys })).code).toBe(0);
    expect((await world.cli.run(["smoke", "--stage", "dev"], { variables: noKeys })).code).toBe(0);
  });

  test("without a login CloudFormation is asked, with the deployer's credentials only", async () => {
    const fresh = { XDG_CONFIG_HOME: `${world.cli.home}/fresh` };
    const { stderr } = await world.cli.run(["call", "/private", "--stage", "prod"], { variables: fresh });
    expect(stderr).toContain("not logged in to prod");
    const without = await world.cli.run(["call", "/private", "--stage", "prod"], {
      variables: { ...fresh, ...noKeys },
    });
    expect(without.stderr).toContain("the stage prod is not in");
    expect(without.code).toBe(2);
  });

  test("a stage that was never deployed is unknown", async () => {
    const { code, stderr } = await world.cli.run(["smoke", "--stage", "qa"]);
    expect({ code, stderr }).toMatchObject({ code: 2 });
  });
});
