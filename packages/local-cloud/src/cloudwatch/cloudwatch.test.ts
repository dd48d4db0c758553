import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { cbor, tag } from "@smithy/core/cbor";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../index.ts";

const statement = (Action: string, more: object) => ({ Effect: "Allow", Action, ...more });

describe("CloudWatch", () => {
  let cloud: LocalCloud;
  let client: CloudWatchClient;
  let configuration: object;
  const log: string[] = [];
  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => log.push(line) });
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      cloud.environment;
    configuration = {
      endpoint: cloud.awsUrl,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    };
    client = new CloudWatchClient(configuration);
  });
  afterAll(() => cloud.close());

  it("has the statistics of a metric", async () => {
    const Timestamp = new Date(Date.now() - 300_000);
    const Dimensions = [{ Name: "stage", Value: "prod" }];
    await client.send(
      new PutMetricDataCommand({
        Namespace: "canary",
        MetricData: [
          {
            MetricName: "Duration",
            Dimensions,
            Timestamp,
            Unit: "Milliseconds",
            Values: [1, 2, 3, 4],
            Counts: [97, 1, 1, 1],
          },
          { MetricName: "Failed", Timestamp, Value: 1 },
        ],
      }),
    );
    const { Metrics } = await client.send(
      new ListMetricsCommand({ Namespace: "canary", MetricName: "Duration" }),
    );
    expect(Metrics).toEqual([{ Namespace: "canary", MetricName: "Duration", Dimensions }]);
    const range = { StartTime: new Date(Date.now() - 3_600_000), EndTime: new Date() };
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: "canary",
        MetricName: "Duration",
        Dimensions,
        Period: 60,
        Statistics: ["SampleCount", "Average", "Maximum"],
        ExtendedStatistics: ["p50", "p99"],
        ...range,
      }),
    );
    expect(Datapoints).toEqual([
      {
        Timestamp: new Date(Timestamp.getTime() - (Timestamp.getTime() % 60_000)),
        SampleCount: 100,
        Average: 1.06,
        Maximum: 4,
        ExtendedStatistics: { p50: 1, p99: 3 },
        Unit: "Milliseconds",
      },
    ]);
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        ...range,
        MetricDataQueries: [
          {
            Id: "m",
            MetricStat: { Metric: { Namespace: "canary", MetricName: "Failed" }, Period: 60, Stat: "Sum" },
          },
        ],
      }),
    );
    expect(MetricDataResults).toMatchObject([
      { Id: "m", Label: "Failed", Values: [1], StatusCode: "Complete" },
    ]);
  });

  it("describes an alarm, and logs a change of its state with the description", async () => {
    await client.send(
      new PutMetricAlarmCommand({
        AlarmName: "canary-prod",
        AlarmDescription: "The role does not allow execute-api:Invoke.",
        Namespace: "canary",
        MetricName: "Failed",
        Statistic: "Maximum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        TreatMissingData: "notBreaching",
        AlarmActions: ["arn:aws:sns:us-east-1:000000000000:alerts"],
      }),
    );
    const describeAlarm = async () =>
      (await client.send(new DescribeAlarmsCommand({ AlarmNames: ["canary-prod"] }))).MetricAlarms;
    expect(await describeAlarm()).toMatchObject([
      { StateValue: "INSUFFICIENT_DATA", StateReason: "Unchecked: Initial alarm creation", Dimensions: [] },
    ]);
    await client.send(
      new SetAlarmStateCommand({ AlarmName: "canary-prod", StateValue: "ALARM", StateReason: "a test" }),
    );
    expect(await describeAlarm()).toMatchObject([
      {
        AlarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:canary-prod",
        StateValue: "ALARM",
        StateReason: "a test",
        AlarmDescription: "The role does not allow execute-api:Invoke.",
        Threshold: 1,
        ActionsEnabled: true,
        AlarmActions: ["arn:aws:sns:us-east-1:000000000000:alerts"],
      },
    ]);
    expect(log).toContain(
      "cloudwatch alarm canary-prod: INSUFFICIENT_DATA -> ALARM: a test Description: The role does not allow execute-api:Invoke.",
    );
  });

  it("logs another description of an alarm that is raised, and the state stays", async () => {
    const [alarm] =
      (await client.send(new DescribeAlarmsCommand({ AlarmNames: ["canary-prod"] }))).MetricAlarms ?? [];
    await client.send(
      new PutMetricAlarmCommand({
        AlarmName: "canary-prod",
        AlarmDescription: "X has revoked the token.",
        Namespace: alarm?.Namespace,
        MetricName: alarm?.MetricName,
        Statistic: alarm?.Statistic,
        Period: alarm?.Period,
        EvaluationPeriods: alarm?.EvaluationPeriods,
        Threshold: alarm?.Threshold,
        ComparisonOperator: alarm?.ComparisonOperator,
        TreatMissingData: "missing",
      }),
    );
    expect(log).toContain("cloudwatch alarm canary-prod: ALARM: Description: X has revoked the token.");
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ StateValue: "ALARM" }));
    expect(MetricAlarms).toMatchObject([
      { AlarmName: "canary-prod", StateReason: "a test", AlarmActions: [] },
    ]);
  });

  it("lets a role do what its policies allow, on the alarm and in the namespace alone", async () => {
    const cloudFormation = new CloudFormationClient(configuration);
    await cloudFormation.send(
      new CreateStackCommand({
        StackName: "writer",
        Capabilities: ["CAPABILITY_NAMED_IAM"],
        TemplateBody: JSON.stringify({
          Resources: {
            Writer: {
              Type: "AWS::IAM::Role",
              Properties: {
                RoleName: "writer",
                AssumeRolePolicyDocument: {
                  Statement: statement("sts:AssumeRole", { Principal: { AWS: "000000000000" } }),
                },
                Policies: [
                  {
                    PolicyName: "write",
                    PolicyDocument: {
                      Statement: [
                        statement("cloudwatch:PutMetricData", {
                          Resource: "*",
                          Condition: { StringEquals: { "cloudwatch:namespace": "canary" } },
                        }),
                        statement("cloudwatch:DescribeAlarms", {
                          Resource: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:canary-*",
                        }),
                      ],
                    },
                  },
                ],
              },
            },
          },
        }),
      }),
    );
    await waitUntilStackCreateComplete(
      { client: cloudFormation, minDelay: 1, maxWaitTime: 20 },
      { StackName: "writer" },
    );
    const { Credentials: issued } = await new STSClient(configuration).send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::000000000000:role/writer", RoleSessionName: "me" }),
    );
    const writer = new CloudWatchClient({
      ...configuration,
      credentials: {
        accessKeyId: issued?.AccessKeyId ?? "",
        secretAccessKey: issued?.SecretAccessKey ?? "",
        sessionToken: issued?.SessionToken ?? "",
      },
    });
    const put = (Namespace: string) =>
      writer.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "m", Value: 1 }] }));
    await put("canary");
    await expect(put("other")).rejects.toMatchObject({
      name: "AccessDenied",
      message:
        "User: arn:aws:sts::000000000000:assumed-role/writer/me is not authorized to perform: cloudwatch:PutMetricData on resource: * because no identity-based policy allows the cloudwatch:PutMetricData action",
    });
    const found = (AlarmNames?: string[]) => writer.send(new DescribeAlarmsCommand({ AlarmNames }));
    expect((await found(["canary-prod"])).MetricAlarms).toHaveLength(1);
    for (const names of [undefined, ["other"]]) {
      await expect(found(names)).rejects.toThrow(
        /cloudwatch:DescribeAlarms on resource: arn:aws:cloudwatch:us-east-1:000000000000:alarm:(?:\*|other) because/,
      );
    }
  });

  it("names a missing alarm", async () => {
    await expect(
      client.send(new SetAlarmStateCommand({ AlarmName: "gone", StateValue: "OK", StateReason: "x" })),
    ).rejects.toMatchObject({ name: "ResourceNotFound", message: "Unknown alarm" });
  });

  it("speaks CBOR and JSON, as later SDKs do", async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      cloud.environment;
    const aws = new AwsClient({
      accessKeyId,
      secretAccessKey,
      service: "monitoring",
      region: "us-east-1",
      retries: 0,
    });
    const rpc = async (operation: string, input: object) => {
      const response = await aws.fetch(
        `${cloud.awsUrl}/service/GraniteServiceVersion20100801/operation/${operation}`,
        {
          method: "POST",
          headers: {
            "content-type": "application/cbor",
            "smithy-protocol": "rpc-v2-cbor",
            accept: "application/cbor",
          },
          body: cbor.serialize(input),
        },
      );
      const body = cbor.deserialize(new Uint8Array(await response.arrayBuffer())) as unknown;
      return { status: response.status, headers: response.headers, body };
    };
    const seconds = Math.floor(Date.now() / 1000);
    const put = await rpc("PutMetricData", {
      Namespace: "cbor",
      MetricData: [{ MetricName: "m", Value: 2.5, Timestamp: tag({ tag: 1, value: seconds }) }],
    });
    expect([put.status, put.body]).toEqual([200, {}]);
    const timeless = await rpc("PutMetricData", {
      Namespace: "cbor",
      MetricData: [{ MetricName: "m", Value: 2.5, Timestamp: tag({ tag: 1, value: 1e300 }) }],
    });
    expect(timeless.status).toBe(400);
    const got = await rpc("GetMetricStatistics", {
      Namespace: "cbor",
      MetricName: "m",
      StartTime: tag({ tag: 1, value: seconds - 600 }),
      EndTime: tag({ tag: 1, value: seconds + 600 }),
      Period: 60,
      Statistics: ["Sum"],
    });
    expect(got.body).toMatchObject({
      Label: "m",
      Datapoints: [{ Sum: 2.5, Timestamp: { tag: 1, value: seconds - (seconds % 60) } }],
    });
    expect(got.headers.get("smithy-protocol")).toBe("rpc-v2-cbor");
    const refused = await rpc("SetAlarmState", { AlarmName: "gone", StateValue: "OK", StateReason: "x" });
    expect([refused.status, refused.body]).toEqual([
      404,
      { __type: "com.amazonaws.cloudwatch#ResourceNotFound", message: "Unknown alarm" },
    ]);
    const response = await aws.fetch(cloud.awsUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "GraniteServiceVersion20100801.DescribeAlarms",
      },
      body: "{}",
    });
    expect(await response.json()).toMatchObject({ MetricAlarms: [{ AlarmName: "canary-prod" }] });
  });
});
