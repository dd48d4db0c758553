import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, CfnParameter, Duration, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import type { SmokeStage } from "../../../cli/src/library/types.ts";
import { Canary, type CanaryProps, type CanaryStage } from "./canary.ts";
import type { Settings } from "./settings.ts";

const prod: CanaryStage = {
  endpoint: "https://abc123.execute-api.us-east-1.amazonaws.com",
  identityPoolId: "us-east-1:12345678-90ab-cdef-1234-567890abcdef",
  routes: ["GET /notes"],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "canary-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function synthesize(
  props: Partial<CanaryProps> | ((stack: Stack) => Partial<CanaryProps>) = { stages: { prod } },
): { template: Template; outdir: string } {
  const app = new App({ outdir: join(folder, "cdk.out") });
  const stack = new Stack(app, "Notes", { env: { account: "123456789012", region: "us-east-1" } });
  const secret = Secret.fromSecretNameV2(stack, "Token", "notes/canary");
  new Canary(stack, "Canary", { secret, ...(typeof props === "function" ? props(stack) : props) });
  return { template: Template.fromStack(stack), outdir: app.synth().directory };
}

interface FunctionProperties {
  Code: { S3Key: string };
  Environment: { Variables: Record<string, unknown> };
}

/** The properties of each resource of a type. */
function propertiesOf(template: Template, type: string): unknown[] {
  return Object.values(template.findResources(type)).map(({ Properties }) => Properties as unknown);
}

function functionOf(template: Template): FunctionProperties {
  return propertiesOf(template, "AWS::Lambda::Function")[0] as FunctionProperties;
}

function settingsOf(template: Template): Settings {
  return JSON.parse(functionOf(template).Environment.Variables["AUTH_CLI_CANARY"] as string) as Settings;
}

function alarmArn(stage: string): object {
  return { "Fn::GetAtt": [expect.stringMatching(`^CanaryAlarm${stage}`), "Arn"] };
}

describe("the canary", () => {
  it("may read its secret, describe its alarms and write its log, and nothing else", () => {
    const { template } = synthesize({ stages: { prod, dev: prod } });
    const [logGroup = ""] = Object.keys(template.findResources("AWS::Logs::LogGroup"));
    const roles = Object.values(template.findResources("AWS::IAM::Role"));
    expect(roles).toHaveLength(1);
    template.resourceCountIs("AWS::IAM::Policy", 0);
    const [{ Properties } = {}] = roles;
    const { ManagedPolicyArns, Policies, AssumeRolePolicyDocument } = Properties as Record<string, unknown>;
    expect(ManagedPolicyArns).toBeUndefined();
    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" } }],
    });
    const partition = { Ref: "AWS::Partition" };
    expect(Policies).toEqual([
      {
        PolicyName: "canary",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Sid: "ReadToken",
              Effect: "Allow",
              Action: "secretsmanager:GetSecretValue",
              Resource: {
                "Fn::Join": [
                  "",
                  ["arn:", partition, ":secretsmanager:us-east-1:123456789012:secret:notes/canary-??????"],
                ],
              },
            },
            {
              Sid: "DescribeFailures",
              Effect: "Allow",
              Action: ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
              Resource: [alarmArn("prod"), alarmArn("dev")],
            },
            {
              Sid: "WriteLog",
              Effect: "Allow",
              Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
              Resource: { "Fn::GetAtt": [logGroup, "Arn"] },
            },
          ],
        },
      },
    ]);
    // The function has that role and that log group.
    const [role = ""] = Object.keys(template.findResources("AWS::IAM::Role"));
    template.hasResourceProperties("AWS::Lambda::Function", {
      Role: { "Fn::GetAtt": [role, "Arn"] },
      LoggingConfig: { LogGroup: { Ref: logGroup } },
    });
  });

  it("may decrypt a secret with a key of its own", () => {
    const { template } = synthesize((stack) => ({
      stages: { prod },
      secret: new Secret(stack, "Own", { encryptionKey: new Key(stack, "Key") }) as ISecret,
    }));
    expect(propertiesOf(template, "AWS::IAM::Policy")).toMatchObject([
      {
        PolicyDocument: {
          Statement: [
            {
              Action: "kms:Decrypt",
              Resource: { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] },
              Condition: { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } },
            },
          ],
        },
      },
    ]);
  });

  it("has an alarm for each stage, which rises without data too", () => {
    const { template } = synthesize({ stages: { prod, dev: prod }, every: Duration.minutes(15) });
    expect(propertiesOf(template, "AWS::CloudWatch::Alarm")).toEqual(
      ["prod", "dev"].map((stage) => ({
        AlarmName: `Notes-Canary-${stage}`,
        AlarmDescription: expect.stringContaining(
          `auth-cli checks the stage ${stage} every 15 minutes`,
        ) as unknown,
        Namespace: "auth-cli/Notes-Canary",
        MetricName: "Failed",
        Dimensions: [{ Name: "Stage", Value: stage }],
        Statistic: "Maximum",
        Period: 900,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        TreatMissingData: "breaching",
      })),
    );
  });

  it("runs on its schedule, once", () => {
    const { template } = synthesize();
    expect(propertiesOf(template, "AWS::Events::Rule")).toMatchObject([
      {
        ScheduleExpression: "rate(5 minutes)",
        State: "ENABLED",
        Targets: [{ RetryPolicy: { MaximumRetryAttempts: 0 } }],
      },
    ]);
    expect(propertiesOf(template, "AWS::Lambda::EventInvokeConfig")).toMatchObject([
      { MaximumRetryAttempts: 0 },
    ]);
  });

  it("knows its stages without a secret", () => {
    const { template } = synthesize();
    expect(settingsOf(template)).toEqual({
      secret: "notes/canary",
      namespace: "auth-cli/Notes-Canary",
      alarms: "Notes-Canary-",
      every: 5,
      checkMetrics: true,
      framework: "sst",
      stages: { prod },
    });
  });

  it("takes the addresses of the same app", () => {
    const { template } = synthesize((stack) => {
      const endpoint = new CfnParameter(stack, "Endpoint").valueAsString;
      return { stages: { prod: { ...prod, endpoint } } };
    });
    expect(JSON.stringify(functionOf(template).Environment)).toContain('{"Ref":"Endpoint"}');
  });

  it("puts stages that do not fit into the variables beside the bundle", () => {
    const stages = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`stage-${index}`, prod]));
    const { template, outdir } = synthesize({ stages });
    expect(settingsOf(template)).not.toHaveProperty("stages");
    const asset = `asset.${functionOf(template).Code.S3Key.replace(/\.zip$/, "")}`;
    expect(JSON.parse(readFileSync(join(outdir, asset, "stages.json"), "utf8"))).toEqual(stages);
    expect(readFileSync(join(outdir, asset, "index.js"), "utf8")).toContain("exports.handler");
  });

  it("reads the stages of auth-cli.json, each with what all have", () => {
    const projectFile = join(folder, "auth-cli.json");
    const { identityPoolId, endpoint, routes } = prod;
    writeFileSync(
      projectFile,
      JSON.stringify({
        routes,
        stages: { prod: { endpoint, identityPoolId }, dev: { ...prod, routes: ["GET /dev"] } },
      }),
    );
    expect(settingsOf(synthesize({ projectFile }).template).stages).toEqual({
      prod,
      dev: { ...prod, routes: ["GET /dev"] },
    });
  });

  it.each<[string, string | undefined, string]>([
    ["no file", undefined, "there is no "],
    ["a file without stages", "{}", "auth-cli.json names no stage"],
    [
      "a stage without a pool",
      JSON.stringify({ stages: { prod: { endpoint: prod.endpoint } } }),
      "has no identityPoolId for the stage prod",
    ],
    ["an invalid file", "{", "auth-cli.json is not a JSON object"],
  ])("refuses %s", (_name, content, message) => {
    const projectFile = join(folder, "auth-cli.json");
    if (content !== undefined) writeFileSync(projectFile, content);
    expect(() => synthesize({ projectFile })).toThrow(message);
  });

  it("has the same stages as the library", () => {
    expectTypeOf<CanaryStage>().toEqualTypeOf<SmokeStage>();
  });
});
