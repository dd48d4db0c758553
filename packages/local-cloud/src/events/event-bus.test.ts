import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { type LocalCloud, startLocalCloud } from "../index.ts";
import { matches } from "./event-bus.ts";

describe("an event pattern", () => {
  const event = { source: "aws.cloudformation", detail: { "status-details": { status: "CREATE_COMPLETE" } } };

  it.each([
    [{ source: ["aws.s3", "aws.cloudformation"] }, true],
    [{ detail: { "status-details": { status: ["CREATE_COMPLETE"] } } }, true],
    [{ source: ["aws.s3"] }, false],
    [
      { source: ["aws.cloudformation"], detail: { "status-details": { status: ["DELETE_COMPLETE"] } } },
      false,
    ],
    [{ detail: { other: ["x"] } }, false],
    [{ detail: { other: { more: ["x"] } } }, false],
    [{ source: [{ prefix: "aws." }] }, false],
    [undefined, false],
  ])("%j matches: %j", (pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });
});

const rule = (target: string) => ({
  Type: "AWS::Events::Rule",
  Properties: {
    EventPattern: {
      source: ["aws.cloudformation"],
      detail: { "status-details": { status: ["CREATE_COMPLETE"] } },
    },
    Targets: [{ Id: "f", Arn: { "Fn::GetAtt": [target, "Arn"] } }],
  },
});

describe("CloudFormation's events", () => {
  const log: string[] = [];
  let cloud: LocalCloud;
  let client: CloudFormationClient;

  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => log.push(line) });
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      cloud.environment;
    const credentials = { accessKeyId, secretAccessKey };
    client = new CloudFormationClient({ endpoint: cloud.awsUrl, region: "us-east-1", credentials });
  });
  afterAll(() => cloud.close());

  async function create(stackName: string, resources: object): Promise<void> {
    await client.send(
      new CreateStackCommand({
        StackName: stackName,
        TemplateBody: JSON.stringify({ Resources: resources }),
        Capabilities: ["CAPABILITY_IAM"],
      }),
    );
    await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 20 }, { StackName: stackName });
  }

  it("invoke the functions of matching rules that may invoke them", async () => {
    const lambda = lambdaFunction("exports.handler = async (event) => console.log(JSON.stringify(event));");
    await create("listener", {
      Role: lambdaRole(),
      Permitted: lambda,
      Other: lambda,
      PermittedRule: rule("Permitted"),
      OtherRule: rule("Other"),
      Permission: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: { Ref: "Permitted" },
          Principal: "events.amazonaws.com",
          SourceArn: { "Fn::GetAtt": ["PermittedRule", "Arn"] },
        },
      },
    });
    log.length = 0;
    await create("observed", {
      Name: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: "x" } },
    });
    const events = await vi.waitFor(() => {
      // The event of the listener's own stack may come late.
      const found = log.flatMap(
        (line) => /^lambda listener-Permitted-\w+: (\{.*:stack\/observed\/.*\})$/.exec(line)?.[1] ?? [],
      );
      expect(found).not.toEqual([]);
      return found;
    }, 10_000);
    expect(events.map((text) => JSON.parse(text) as object)).toEqual([
      expect.objectContaining({
        "detail-type": "CloudFormation Stack Status Change",
        source: "aws.cloudformation",
        account: "000000000000",
        resources: [expect.stringMatching(/:stack\/observed\//)],
        detail: {
          "stack-id": expect.stringMatching(/:stack\/observed\//) as string,
          "status-details": { status: "CREATE_COMPLETE", "status-reason": "" },
        },
      }),
    ]);
    expect(log.join("\n")).toMatch(
      /events \S+listener-OtherRule-\w+: not invoked: no permission of \S+listener-Other-\w+ lets events.amazonaws.com/,
    );
    expect(log.join("\n")).not.toMatch(/^lambda listener-Other-/m);
  });
});
