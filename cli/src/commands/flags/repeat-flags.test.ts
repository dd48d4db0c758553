import { describe, expect, it } from "vitest";
import { AuthCliError } from "../../errors.ts";
import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { createFakeEnvironment } from "../../../test/fakes/fake-environment.ts";
import { authCli, createWorld, reportedError, runIn } from "../../../test/fakes/world.ts";
import { repeatFlags, repeatFlagsInFix, withRepeatedFlags } from "./repeat-flags.ts";

const endpoint = "https://abc.execute-api.us-east-1.amazonaws.com";
const identityPoolId = "us-east-1:12345678-90ab-cdef-1234-567890abcdef";
const environment = createFakeEnvironment();
const direct: DeploymentFlags = { endpoint, identityPoolId };

describe("a command in a fix", () => {
  it.each<[string, DeploymentFlags, string]>([
    ["run `auth-cli login`", {}, "run `auth-cli login`"],
    [
      "run `auth-cli login`",
      direct,
      `run \`auth-cli login --endpoint ${endpoint} --identity-pool-id ${identityPoolId}\``,
    ],
    [
      "run `auth-cli login --stage prod`",
      { stage: "prod", outputs: "my cdk.json" },
      "run `auth-cli login --stage prod --outputs 'my cdk.json'`",
    ],
    [
      "run `AUTH_CLI_STORE=file auth-cli login`",
      { stage: "prod" },
      "run `AUTH_CLI_STORE=file auth-cli login --stage prod`",
    ],
    [
      "run `auth-cli doctor --deep`, then `auth-cli login` again",
      { region: "eu-west-1", profile: "deployer" },
      "run `auth-cli doctor --deep --region eu-west-1 --profile deployer`, then `auth-cli login --region eu-west-1 --profile deployer` again",
    ],
    [
      "run `auth-cli credentials --format env | cat`",
      { stage: "prod" },
      "run `auth-cli credentials --format env --stage prod | cat`",
    ],
    [
      "run `npx sst deploy --stage <stage>`, then `auth-cli login`",
      { stage: "prod" },
      "run `npx sst deploy --stage prod`, then `auth-cli login --stage prod`",
    ],
    ["run `auth-cli logout --all`", { stage: "prod" }, "run `auth-cli logout --all`"],
    ["run `auth-cli call --help`", { stage: "prod" }, "run `auth-cli call --help`"],
    ["run `auth-cli local`", { stage: "prod" }, "run `auth-cli local`"],
    ["run `auth-cli login`", { outputs: "it's.json" }, "run `auth-cli login --outputs 'it'\\''s.json'`"],
    ["run `auth-cli login`", { outputs: "$&.json" }, "run `auth-cli login --outputs '$&.json'`"],
  ])("%s with %j is %s", (fix, flags, expected) => {
    expect(repeatFlagsInFix(fix, flags, environment)).toBe(expected);
  });

  it("quotes for the shells of Windows there", () => {
    const onWindows = { ...environment, platform: "win32" as const };
    expect(repeatFlagsInFix("run `auth-cli login`", { outputs: "C:\\my app\\out.json" }, onWindows)).toBe(
      'run `auth-cli login --outputs "C:\\my app\\out.json"`',
    );
  });

  it("does not repeat flags that the fix advises against", () => {
    const fix = "leave out --identity-pool-id and --endpoint, and run `auth-cli login --stage prod`";
    expect(repeatFlagsInFix(fix, direct, environment)).toBe(fix);
  });

  it("repeats no address with a password", () => {
    expect(repeatFlags("auth-cli login", { endpoint: "https://user:hush@api.example" })).toBe(
      "auth-cli login",
    );
  });

  it("does not name SST for another tool's outputs file", () => {
    const fix = "add the route to the stack and run `npx sst deploy --stage MyStack`";
    expect(repeatFlagsInFix(fix, { outputs: "cdk.json" }, environment)).toBe(
      "add the route to the stack and deploy again",
    );
    for (const flags of [{}, { outputs: "../app/.sst/outputs.json" }])
      expect(repeatFlagsInFix(fix, flags, environment)).toBe(fix);
  });

  it.each([
    [
      "/project/cdk.json",
      "run `npx cdk deploy --all --outputs-file cdk-outputs.json`",
      "`authorizer: new HttpIamAuthorizer()`",
    ],
    ["/project/amplify_outputs.json", "run `npx ampx", "`authorizer: new HttpIamAuthorizer()`"],
    ["/project/samconfig.toml", "run `sam build && sam deploy`", "`Auth: { Authorizer: AWS_IAM }`"],
    ["/project/serverless.yml", "run `npx serverless deploy`", "`authorizer: { type: aws_iam }`"],
    ["/project/sst.config.ts", "run `npx sst deploy --stage prod`", '`authorizer: "iam"`'],
  ])("speaks of the framework that %s shows", (file, deploy, authorizer) => {
    const project = createFakeEnvironment({ files: { [file]: "" } });
    const fix = 'set `authorizer: "iam"` on the route in the stack and run `npx sst deploy --stage prod`';
    const text = repeatFlagsInFix(fix, {}, project);
    expect(text).toContain(`set ${authorizer} on the route`);
    expect(text).toContain(deploy);
  });
});

describe("an error", () => {
  it("keeps its other fields", () => {
    const details = {
      step: "api.call",
      message: "m",
      cause: "c",
      evidence: ["e"],
      reason: "throttled",
    } as const;
    const error = new AuthCliError("http-status", { ...details, fix: "use `auth-cli call --retry 5`" });
    expect(withRepeatedFlags(error, { stage: "prod" }, environment)).toMatchObject({
      ...details,
      code: "http-status",
      fix: "use `auth-cli call --retry 5 --stage prod`",
    });
  });
});

describe("without a login", () => {
  const files = {
    "/project/cdk.json": JSON.stringify({
      MyStack: { ApiEndpoint: endpoint, IdentityPoolId: identityPoolId },
    }),
  };
  const cdk = "run `auth-cli login --stage MyStack --outputs cdk.json`";
  const flags = ["--outputs", "cdk.json"];
  // Another tool's project.
  const world = { files: { ...files, "/project/sst.config.ts": "" } };

  it("call and smoke suggest a login to the same deployment", async () => {
    const text = await authCli(["call", "/private", ...flags], world);
    expect(text.stderr).toContain(`fix: ${cdk}\n`);
    const json = await authCli(["call", "/private", "--json", ...flags], world);
    expect(reportedError(json)["fix"]).toBe(cdk);
    const smoke = await authCli(["smoke", ...flags], world);
    expect(smoke.stdout).toContain(`fix: ${cdk}\n`);
  });

  it("login names the next command with the same deployment", async () => {
    const { services, environment: own } = createWorld({});
    const { token, secret } = services.tokenCredentials;
    own.type(`${token}\n${secret}\n`);
    const given = ["--endpoint", services.apiEndpoint, "--identity-pool-id", services.identityPoolId];
    const ran = await runIn(["login", "--with-token", ...given], { services, environment: own });
    expect(ran.stderr).toContain(`Next: auth-cli call /private ${given.join(" ")}\n`);
  });
});
