import { describe, expect, it } from "vitest";
import { createFakeEnvironment, failure } from "../../test/fakes/fake-environment.ts";
import { Configuration } from "./configuration.ts";
import {
  findDeployerCredentials,
  findDeployerRegion,
  findOptionalDeployerCredentials,
} from "./deployer-credentials.ts";
import { findProject } from "./project.ts";

const secret = "a-secret-access-key-of-the-deployer";
const keys = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: secret };
const awsProfiles = Object.fromEntries(
  ["default", "flag", "variable", "config"].map((name) => [
    name,
    {
      credentials: { accessKeyId: `AKIA${name.toUpperCase()}`, secretAccessKey: secret },
      region: name === "config" ? "eu-north-1" : "eu-west-3",
    },
  ]),
);

function world(
  variables: Record<string, string>,
  { config = "", dotenv = "" }: { config?: string; dotenv?: string } = {},
) {
  const environment = createFakeEnvironment({
    variables,
    awsProfiles,
    files: {
      "/project/sst.config.ts": `export default { config: () => ({ name: "notes", ${config} }) };`,
      "/project/.env": dotenv,
    },
  });
  return { environment, configuration: new Configuration(environment, findProject(environment), "prod") };
}

describe("findDeployerCredentials", () => {
  it.each<[string, Record<string, string>, Parameters<typeof world>[1], string | undefined]>([
    ["AKIADEFAULT", {}, {}, undefined],
    ["AKIAENV", keys, {}, undefined],
    ["AKIACONFIG", {}, { config: 'profile: "config"' }, undefined],
    ["AKIAVARIABLE", { AWS_PROFILE: "variable" }, {}, undefined],
    // SST hands the SDK its own profile, which precedes AWS_PROFILE.
    ["AKIACONFIG", { AWS_PROFILE: "variable" }, { config: 'profile: "config"' }, undefined],
    // With access keys SST hands it none.
    ["AKIAENV", keys, { config: 'profile: "config"' }, undefined],
    ["AKIAVARIABLE", { ...keys, AWS_PROFILE: "variable" }, { config: 'profile: "config"' }, undefined],
    ["AKIAVARIABLE", {}, { dotenv: "AWS_PROFILE=variable" }, undefined],
    ["AKIAFILE", {}, { dotenv: `AWS_ACCESS_KEY_ID=AKIAFILE\nAWS_SECRET_ACCESS_KEY=${secret}` }, undefined],
    ["AKIAFLAG", { ...keys, AWS_PROFILE: "variable" }, { config: 'profile: "config"' }, "flag"],
  ])("finds %s with %j, %j and --profile %s", async (id, variables, files, profile) => {
    const { environment, configuration } = world(variables, files);
    const found = await findDeployerCredentials(environment, configuration, { profile });
    expect(found?.accessKeyId).toBe(id);
    expect(environment.redactor.redact(secret)).not.toContain(secret);
  });

  it("is not required where commands work without, except for --profile", async () => {
    const { environment, configuration } = world({ AWS_PROFILE: "missing" });
    await expect(findOptionalDeployerCredentials(environment, configuration, {})).resolves.toBeUndefined();
    await failure(() => findDeployerCredentials(environment, configuration, {}));
    await failure(() => findOptionalDeployerCredentials(environment, configuration, { profile: "no" }));
  });
});

describe("findDeployerRegion", () => {
  it.each<[string, Record<string, string>, Parameters<typeof world>[1], string | undefined]>([
    ["eu-west-3", {}, {}, undefined],
    ["eu-north-1", {}, { config: 'profile: "config"' }, undefined],
    ["ca-central-1", { AWS_REGION: "ca-central-1" }, {}, undefined],
    ["sa-east-1", { AWS_REGION: "ca-central-1" }, { config: 'region: "sa-east-1"' }, undefined],
    ["ca-central-1", {}, { dotenv: "AWS_REGION=ca-central-1" }, undefined],
    ["af-south-1", { AWS_REGION: "ca-central-1" }, { config: 'region: "sa-east-1"' }, "af-south-1"],
  ])("finds %s with %j, %j and --region %s", async (wanted, variables, files, region) => {
    const { environment, configuration } = world(variables, files);
    expect(await findDeployerRegion(environment, configuration, { region })).toBe(wanted);
  });

  it("is us-east-1 where nothing names one, as in SST", async () => {
    const { configuration } = world({});
    expect(await findDeployerRegion(createFakeEnvironment(), configuration, {})).toBe("us-east-1");
  });
});
