import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { type LocalCloud, startLocalCloud } from "../index.ts";

/** Prints its event and, as a canary does, a metric: the third and fourth run fail. */
const source = `
let runs = 0;
exports.handler = async (event) => {
  runs += 1;
  console.log("got " + JSON.stringify(event));
  if (process.env.AWS_LAMBDA_FUNCTION_NAME.includes("Canary")) console.log(JSON.stringify({
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: "canary", Dimensions: [["stage"]], Metrics: [{ Name: "Failed", Unit: "Count" }] }] },
    stage: "prod",
    Failed: runs > 2 && runs < 5 ? 1 : 0,
  }));
};`;

const lambda = lambdaFunction(source);
const targets = (name: string, more: object = {}) => [
  { Id: "t", Arn: { "Fn::GetAtt": [name, "Arn"] }, ...more },
];
const rule = (properties: object) => ({ Type: "AWS::Events::Rule", Properties: properties });
const permission = (lambdaName: string, service: string, resource: string) => ({
  Type: "AWS::Lambda::Permission",
  Properties: {
    Action: "lambda:InvokeFunction",
    FunctionName: { Ref: lambdaName },
    Principal: service,
    SourceArn: { "Fn::GetAtt": [resource, "Arn"] },
  },
});

const template = {
  Resources: {
    Role: lambdaRole({
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
    }),
    Canary: lambda,
    Other: lambda,
    Pager: lambda,
    Every5: rule({ ScheduleExpression: "rate(5 minutes)", Targets: targets("Canary") }),
    MayCanary: permission("Canary", "events.amazonaws.com", "Every5"),
    Transformed: rule({
      ScheduleExpression: "rate(20 minutes)",
      Targets: targets("Other", {
        InputTransformer: {
          InputPathsMap: { at: "$.time", rule: "$.resources[0]", what: "$.detail" },
          InputTemplate:
            '{"text": "at <at>", "rule": <rule>, "what": <what>, "name": "<aws.events.rule-name>"}',
        },
      }),
    }),
    MayOther: permission("Other", "events.amazonaws.com", "Transformed"),
    Disabled: rule({ ScheduleExpression: "rate(1 minute)", State: "DISABLED", Targets: targets("Other") }),
    NotAllowed: rule({ ScheduleExpression: "rate(25 minutes)", Targets: targets("Other") }),
    Elsewhere: rule({
      EventBusName: "orders",
      EventPattern: { source: ["aws.cloudformation"] },
      Targets: targets("Other"),
    }),
    Alarm: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        AlarmName: "canary-prod",
        AlarmDescription: "The role does not allow execute-api:Invoke.",
        Namespace: "canary",
        MetricName: "Failed",
        Dimensions: [{ Name: "stage", Value: "prod" }],
        Statistic: "Maximum",
        Period: "300",
        EvaluationPeriods: 1,
        Threshold: "1",
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        TreatMissingData: "missing",
        AlarmActions: [{ "Fn::GetAtt": ["Pager", "Arn"] }, "arn:aws:sns:us-east-1:000000000000:alerts"],
      },
    },
    MayPage: permission("Pager", "lambda.alarms.cloudwatch.amazonaws.com", "Alarm"),
  },
};

async function deploy(configuration: CloudFormationClientConfig): Promise<void> {
  const client = new CloudFormationClient(configuration);
  await client.send(
    new CreateStackCommand({
      StackName: "canary",
      TemplateBody: JSON.stringify(template),
      Capabilities: ["CAPABILITY_IAM"],
    }),
  );
  await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 20 }, { StackName: "canary" });
}

function configurationOf({ awsUrl, environment }: LocalCloud) {
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = environment;
  return { endpoint: awsUrl, region: "us-east-1", credentials: { accessKeyId, secretAccessKey } };
}

/** Each test continues from the one before. */
describe("schedules", () => {
  const log: string[] = [];
  let cloud: LocalCloud;
  let cloudWatch: CloudWatchClient;
  beforeAll(async () => {
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => log.push(line) });
    cloudWatch = new CloudWatchClient(configurationOf(cloud));
    await deploy(configurationOf(cloud));
  });
  afterAll(() => cloud.close());

  /** What a function has printed since the last call. */
  function events(name: string): Record<string, unknown>[] {
    return log.flatMap((line) => {
      const [, json] = new RegExp(`^lambda canary-${name}-\\w+: got (.*)$`).exec(line) ?? [];
      return json === undefined ? [] : [JSON.parse(json) as Record<string, unknown>];
    });
  }

  async function alarm() {
    const { MetricAlarms } = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: ["canary-prod"] }),
    );
    return MetricAlarms?.[0];
  }

  it("do not run before they are due", async () => {
    log.length = 0;
    await cloud.fastForward(60);
    expect(log.filter((line) => line.startsWith("events "))).toEqual([]);
    expect(await alarm()).toMatchObject({ StateValue: "INSUFFICIENT_DATA" });
  });

  it("run as often as they are due, with the event of EventBridge", async () => {
    await cloud.fastForward();
    await cloud.fastForward();
    const [first, second, ...more] = events("Canary");
    expect(more).toEqual([]);
    expect(first).toEqual({
      version: "0",
      id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: "000000000000",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      region: "us-east-1",
      resources: [expect.stringMatching(/^arn:aws:events:us-east-1:000000000000:rule\/canary-Every5-\w+$/)],
      detail: {},
    });
    const seconds = (event: typeof first): number => Date.parse(String(event?.["time"])) / 1000;
    expect(seconds(second) - seconds(first)).toBe(300);
    expect(await alarm()).toMatchObject({ StateValue: "OK" });
  });

  it("feed an alarm, which runs its actions", async () => {
    await cloud.fastForward();
    await cloud.fastForward();
    expect(events("Canary")).toHaveLength(4);
    const state = await alarm();
    expect(state).toMatchObject({
      StateValue: "ALARM",
      StateReason: expect.stringMatching(
        /^Threshold Crossed: 1 out of the last 1 datapoints \[1\.0 \([\d/ :]+\)\] was greater than or equal to the threshold \(1\.0\) \(minimum 1 datapoint for OK -> ALARM transition\)\.$/,
      ) as string,
      AlarmDescription: "The role does not allow execute-api:Invoke.",
    });
    const lines = log.filter((line) => line.startsWith("cloudwatch alarm canary-prod: OK -> ALARM"));
    expect(lines).toEqual([
      expect.stringMatching(/ Description: The role does not allow execute-api:Invoke\.$/),
    ]);
    expect(log).toContain(
      "cloudwatch alarm canary-prod: action arn:aws:sns:us-east-1:000000000000:alerts is not run, because the local cloud has only functions",
    );
    await expect.poll(() => events("Pager")).toHaveLength(1);
    expect(events("Pager")[0]).toMatchObject({
      source: "aws.cloudwatch",
      alarmArn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:canary-prod",
      alarmData: {
        alarmName: "canary-prod",
        state: { value: "ALARM" },
        previousState: { value: "OK" },
        configuration: { description: "The role does not allow execute-api:Invoke." },
      },
    });
    // To clients, the time that passed is in the past.
    expect(state?.StateUpdatedTimestamp?.getTime()).toBeLessThanOrEqual(Date.now());
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "canary",
        MetricName: "Failed",
        Dimensions: [{ Name: "stage", Value: "prod" }],
        Period: 60,
        Statistics: ["Sum"],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(),
      }),
    );
    expect(Datapoints.map(({ Sum }) => Sum)).toEqual([0, 0, 1, 1]);
  });

  it("give a target what its transformer makes of the event", () => {
    expect(events("Other")).toEqual([
      {
        text: expect.stringMatching(/^at \d{4}-/) as string,
        rule: expect.stringContaining(":rule/canary-Transformed-") as string,
        what: {},
        name: expect.stringMatching(/^canary-Transformed-/) as string,
      },
    ]);
  });

  it("invoke nothing without a permission for the rule, and no rule of another event bus", async () => {
    await cloud.fastForward();
    expect(log.join("\n")).toMatch(
      /events \S+rule\/canary-NotAllowed-\w+: not invoked: no permission of \S+canary-Other-\w+ lets events\.amazonaws\.com/,
    );
    expect(events("Other")).toHaveLength(1);
  });
});

it("time passes after each deploy, if that is wanted", async () => {
  const log: string[] = [];
  const cloud = await startLocalCloud({
    awsPort: 0,
    twitterPort: 0,
    fastForwardSeconds: 300,
    log: (line) => log.push(line),
  });
  try {
    await deploy(configurationOf(cloud));
    await expect
      .poll(() => log.filter((line) => /^events \S+rule\/canary-Every5-\w+: Scheduled Event/.test(line)))
      .toHaveLength(1);
  } finally {
    await cloud.close();
  }
});
