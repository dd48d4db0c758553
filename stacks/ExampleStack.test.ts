import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Match, Template } from "aws-cdk-lib/assertions";
import { quickNpmPath } from "@api-auth-twitter/test-support/quick-npm";
import { App, getStack } from "sst/constructs";
import { initProject } from "sst/project.js";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import sstConfig from "../sst.config.ts";
import { CanaryStack } from "./CanaryStack.ts";
import { ExampleStack } from "./ExampleStack.ts";

const repository = join(import.meta.dirname, "..");
const clientCredentials = { TWITTER_CONSUMER_KEY: "testkey", TWITTER_CONSUMER_SECRET: "testsecret" };
let root: string;
let searchPath: string;

/** A copy of the app, because SST writes builds into the project and reads its `.env` files. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "example-stack-"));
  for (const path of ["package.json", "sst.config.ts", "stacks", "packages/functions"]) {
    cpSync(join(repository, path), join(root, path), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"), "dir");
  searchPath = await quickNpmPath(join(root, "bin"));
  setEnvironment(clientCredentials);
  await initProject({ stage: "test", root });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

function setEnvironment(environment: Record<string, string>): void {
  vi.stubEnv("PATH", searchPath);
  for (const name of ["TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "TWITTER_SECRET_ID"]) {
    vi.stubEnv(name, environment[name]);
  }
}

async function synthesize(
  environment: Record<string, string>,
  stacks: (app: App) => void = (app) => void app.stack(ExampleStack),
): Promise<Template> {
  setEnvironment(environment);
  const app = new App(
    { mode: "deploy", stage: "test", name: "api-auth-twitter", region: "us-east-1", account: "000000000000" },
    { outdir: join(root, ".sst", "dist") },
  );
  stacks(app);
  await app.finish();
  return Template.fromStack(getStack(ExampleStack));
}

let made: Promise<Template> | undefined;
const synthesizeOnce = (): Promise<Template> => (made ??= synthesize(clientCredentials));

describe("ExampleStack", () => {
  let template: Template;
  let apiId: string;
  let poolId: string;
  beforeAll(async () => {
    template = await synthesizeOnce();
    apiId = onlyId("AWS::ApiGatewayV2::Api");
    poolId = onlyId("AWS::Cognito::IdentityPool");
  }, 60_000);

  function onlyId(type: string): string {
    const [id, ...more] = Object.keys(template.findResources(type));
    if (id === undefined || more.length > 0) throw new Error(`expected one ${type}`);
    return id;
  }

  it("has two routes: /private with AWS_IAM, /public open", () => {
    expect(Object.keys(template.findResources("AWS::ApiGatewayV2::Route"))).toHaveLength(2);
    template.resourceCountIs("AWS::ApiGatewayV2::Authorizer", 0);
    for (const [RouteKey, AuthorizationType] of [
      ["GET /private", "AWS_IAM"],
      ["GET /public", "NONE"],
    ]) {
      template.hasResourceProperties("AWS::ApiGatewayV2::Route", {
        ApiId: { Ref: apiId },
        RouteKey,
        AuthorizationType,
      });
    }
  });

  it("runs each handler on Node.js 22, without source maps to upload", () => {
    for (const Handler of ["private.handler", "public.handler"]) {
      template.hasResourceProperties("AWS::Lambda::Function", { Handler, Runtime: "nodejs22.x" });
    }
    // Checked by its files, because SST omits the uploading resource in tests.
    const built = readdirSync(join(root, ".sst"), { recursive: true }).map(String);
    expect(built.filter((path) => path.endsWith("private.mjs"))).not.toEqual([]);
    expect(built.filter((path) => path.endsWith(".map"))).toEqual([]);
  });

  it("has an identity pool for Twitter users, not for guests", () => {
    expect(Object.keys(template.findResources("AWS::Cognito::IdentityPool"))).toEqual([poolId]);
    template.hasResourceProperties("AWS::Cognito::IdentityPool", {
      AllowUnauthenticatedIdentities: false,
      SupportedLoginProviders: { "api.twitter.com": "testkey;testsecret" },
    });
    template.hasResourceProperties("AWS::Cognito::IdentityPoolRoleAttachment", {
      IdentityPoolId: { Ref: poolId },
      Roles: { authenticated: { "Fn::GetAtt": [authenticatedRoleId(), "Arn"] } },
    });
  });

  function authenticatedRoleId(): string {
    const roles = template.findResources("AWS::IAM::Role", {
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            {
              Action: "sts:AssumeRoleWithWebIdentity",
              Effect: "Allow",
              Principal: { Federated: "cognito-identity.amazonaws.com" },
              Condition: {
                StringEquals: { "cognito-identity.amazonaws.com:aud": { Ref: poolId } },
                "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
              },
            },
          ],
        },
      },
    });
    const [id, ...more] = Object.keys(roles);
    if (id === undefined || more.length > 0)
      throw new Error("expected one role that trusts the pool's users");
    return id;
  }

  it("allows only authenticated users to call only this API", () => {
    const grants = Object.values(template.findResources("AWS::IAM::Policy")).flatMap((policy) => {
      const { Roles, PolicyDocument } = policy["Properties"] as {
        Roles: unknown;
        PolicyDocument: { Statement: { Action: string | string[]; Effect: string; Resource: unknown }[] };
      };
      return PolicyDocument.Statement.filter(({ Action }) =>
        /execute-api|^\*$/.test([Action].flat().join(" ")),
      ).map((statement) => ({ Roles, ...statement }));
    });
    expect(grants).toEqual([
      {
        Roles: [{ Ref: authenticatedRoleId() }],
        Effect: "Allow",
        Action: "execute-api:Invoke",
        Resource: {
          "Fn::Join": [
            "",
            ["arn:", { Ref: "AWS::Partition" }, ":execute-api:us-east-1:000000000000:", { Ref: apiId }, "/*"],
          ],
        },
      },
    ]);
  });

  it("allows the API to call the handlers from these routes only", () => {
    const permissions = Object.values(template.findResources("AWS::Lambda::Permission"));
    expect(permissions).toHaveLength(2);
    for (const path of ["/private", "/public"]) {
      template.hasResourceProperties("AWS::Lambda::Permission", {
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
        SourceArn: { "Fn::Join": ["", Match.arrayWith([{ Ref: apiId }, `/*/*${path}`])] },
      });
    }
  });

  it("has the outputs that auth-cli reads", () => {
    const outputs = template.findOutputs("*");
    expect(outputs["ApiEndpoint"]?.["Value"]).toEqual({ "Fn::GetAtt": [apiId, "ApiEndpoint"] });
    expect(outputs["IdentityPoolId"]?.["Value"]).toEqual({ Ref: poolId });
  });
});

describe("ExampleStack with its keys in Secrets Manager", () => {
  it("keeps them out of the template", async () => {
    const template = await synthesize({ ...clientCredentials, TWITTER_SECRET_ID: "api-auth-twitter/x" });
    template.hasResourceProperties("AWS::Cognito::IdentityPool", {
      SupportedLoginProviders: {
        "api.twitter.com":
          "{{resolve:secretsmanager:api-auth-twitter/x:SecretString:TWITTER_CONSUMER_KEY}};{{resolve:secretsmanager:api-auth-twitter/x:SecretString:TWITTER_CONSUMER_SECRET}}",
      },
    });
    expect(JSON.stringify(template.toJSON())).not.toMatch(/testkey|testsecret/);
  }, 60_000);
});

/** Of the configuration of the project, with and without CANARY. */
async function configure(canary: string | undefined): Promise<{ names: string[]; example: string }> {
  vi.stubEnv("CANARY", canary);
  let names: string[] = [];
  const template = await synthesize(clientCredentials, (app) => {
    sstConfig.stacks(app);
    names = app.node.children.map(({ node }) => node.id);
  });
  return { names, example: JSON.stringify(template.toJSON()) };
}

describe("the opt-in canary", () => {
  it("leaves the app as it is, unless it is asked for", async () => {
    const alone = JSON.stringify((await synthesizeOnce()).toJSON());
    const { names, example } = await configure(undefined);
    expect(example).toBe(alone);
    expect(names).toEqual(["test-api-auth-twitter-ExampleStack"]);
  }, 60_000);

  it("checks the stage that is deployed with it", async () => {
    const { names } = await configure("1");
    expect(names).toContain("test-api-auth-twitter-CanaryStack");
    const template = Template.fromStack(getStack(CanaryStack));
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "test-api-auth-twitter-CanaryStack-Canary-test",
      TreatMissingData: "breaching",
    });
    const [variables] = Object.entries(template.findResources("AWS::Lambda::Function"))
      // SST adds one of its own.
      .filter(([id]) => id.startsWith("Canary"))
      .map(([, { Properties }]) => JSON.stringify((Properties as { Environment: unknown }).Environment));
    expect(variables).toMatch(/endpoint.*ImportValue.*identityPoolId.*ImportValue/);
    expect(variables).toContain("test/api-auth-twitter/canary");
  }, 60_000);
});

describe("ExampleStack without keys", () => {
  const message = "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set";

  it("fails before SST calls AWS", async () => {
    setEnvironment({});
    await expect(initProject({ stage: "test", root })).rejects.toThrow(message);
  });

  it("fails in the stack when the stage was not known earlier", async () => {
    await expect(synthesize({})).rejects.toThrow(message);
  });
});
