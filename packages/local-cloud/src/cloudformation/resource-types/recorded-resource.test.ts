import { beforeEach, describe, expect, it } from "vitest";
import { lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { createStacksFixture, type StacksFixture } from "../../../test/stacks-fixture.ts";
import { createAccount } from "../../account.ts";
import { createRecorder } from "./recorded-resource.ts";
import { coerceType, Properties } from "./properties.ts";
import { findSchema, schemaTypes } from "./resource-schemas.ts";

const account = createAccount("000000000000", "us-east-1");
const endpoint = (service: string): string => `http://${service.toLowerCase()}.example`;

const queue = (properties: object) => ({ R: { Type: "AWS::SQS::Queue", Properties: properties } });

describe("a resource of a type that only its schema describes", () => {
  let fixture: StacksFixture;
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    fixture = createStacksFixture(undefined, {
      recorder: (...resource) => recorder(...resource),
      warn: (line) => warnings.push(line),
    });
    const recorder = createRecorder({ account: fixture.account, endpoint });
  });

  async function outputsOf(
    resources: object,
    outputs: Record<string, unknown>,
  ): Promise<Record<string, string>> {
    const stack = await fixture.deploy({
      Resources: resources,
      Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
    });
    expect(stack.status, fixture.events(stack).join("\n")).toMatch(/^(?:CREATE|UPDATE)_COMPLETE$/);
    return Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value]));
  }

  const cases: [type: string, properties: object, ref: RegExp, attributes: Record<string, RegExp>][] = [
    [
      "AWS::SQS::Queue",
      {},
      /^http:\/\/sqs\.example\/000000000000\/test-R-\w{12}$/,
      { Arn: /^arn:aws:sqs:us-east-1:000000000000:test-R-\w{12}$/, QueueName: /^test-R-\w{12}$/ },
    ],
    [
      "AWS::SQS::Queue",
      { FifoQueue: true },
      /test-R-\w{12}\.fifo$/,
      { Arn: /:test-R-\w{12}\.fifo$/, QueueName: /\.fifo$/ },
    ],
    [
      "AWS::SNS::Topic",
      { TopicName: "news" },
      /^arn:aws:sns:us-east-1:000000000000:news$/,
      { TopicName: /^news$/, TopicArn: /:news$/ },
    ],
    [
      "AWS::SNS::Subscription",
      { TopicArn: "arn:aws:sns:us-east-1:000000000000:news", Protocol: "sqs" },
      /^arn:aws:sns:us-east-1:000000000000:news:[\da-f-]{36}$/,
      {},
    ],
    [
      "AWS::Events::EventBus",
      { Name: "bus" },
      /^bus$/,
      { Arn: /^arn:aws:events:us-east-1:000000000000:event-bus\/bus$/, Name: /^bus$/ },
    ],
    [
      "AWS::ECR::Repository",
      {},
      /^test-r-[\da-z]{12}$/,
      { RepositoryUri: /^000000000000\.dkr\.ecr\.us-east-1\.amazonaws\.com\/test-r-/ },
    ],
    [
      "AWS::CloudFront::Distribution",
      {
        DistributionConfig: {
          Enabled: true,
          DefaultCacheBehavior: { TargetOriginId: "o", ViewerProtocolPolicy: "allow-all" },
        },
      },
      /^E[A-Z2-7]{13}$/,
      { DomainName: /^d[\da-z]{13}\.cloudfront\.net$/ },
    ],
    [
      "AWS::KMS::Key",
      {},
      /^[\da-f-]{36}$/,
      { Arn: /^arn:aws:kms:us-east-1:000000000000:key\/[\da-f-]{36}$/, KeyId: /^[\da-f-]{36}$/ },
    ],
    ["AWS::EC2::VPC", { CidrBlock: "10.0.0.0/16" }, /^vpc-[\da-f]{17}$/, { CidrBlock: /^10\.0\.0\.0\/16$/ }],
    [
      "AWS::EC2::SecurityGroup",
      { GroupDescription: "g" },
      /^sg-[\da-f]{17}$/,
      { GroupId: /^sg-[\da-f]{17}$/ },
    ],
    [
      "AWS::Kinesis::Stream",
      {},
      /^test-R-\w{12}$/,
      { Arn: /^arn:aws:kinesis:us-east-1:000000000000:stream\/test-R-\w{12}$/ },
    ],
    [
      "AWS::StepFunctions::StateMachine",
      { RoleArn: "arn:aws:iam::000000000000:role/r" },
      /^arn:aws:states:us-east-1:000000000000:stateMachine:test-R-\w{12}$/,
      { Arn: /:stateMachine:test-R-/, Name: /^test-R-\w{12}$/ },
    ],
    [
      "AWS::Lambda::EventSourceMapping",
      { FunctionName: "f" },
      /^[\da-f-]{36}$/,
      {
        EventSourceMappingArn: /^arn:aws:lambda:us-east-1:000000000000:event-source-mapping:[\da-f-]{36}$/,
      },
    ],
    [
      "AWS::Lambda::LayerVersion",
      { Content: { S3Bucket: "b", S3Key: "k" } },
      /^arn:aws:lambda:us-east-1:000000000000:layer:test-R-\w{12}:1$/,
      {},
    ],
    [
      "AWS::CertificateManager::Certificate",
      { DomainName: "example.com" },
      /^arn:aws:acm:us-east-1:000000000000:certificate\/[\da-f-]{36}$/,
      {},
    ],
    ["AWS::SQS::QueuePolicy", { PolicyDocument: {}, Queues: ["q"] }, /^test-R-\w{12}$/, { Id: /^test-R-/ }],
    [
      "AWS::RDS::DBCluster",
      { Engine: "aurora-mysql" },
      /^test-r-[\da-z]{12}$/,
      {
        "Endpoint.Address": /^test-r-[\da-z]{12}\.rds\.us-east-1\.amazonaws\.com$/,
        "Endpoint.Port": /^\d+$/,
      },
    ],
  ];

  it.each(cases)("%s %j has a Ref and attributes of its form", async (type, properties, ref, attributes) => {
    const outputs = await outputsOf(
      { R: { Type: type, Properties: properties } },
      {
        Ref: { Ref: "R" },
        ...Object.fromEntries(
          Object.keys(attributes).map((name) => [name.replaceAll(".", ""), { "Fn::GetAtt": ["R", name] }]),
        ),
      },
    );
    expect(outputs["Ref"]).toMatch(ref);
    for (const [name, form] of Object.entries(attributes)) {
      expect(outputs[name.replaceAll(".", "")], name).toMatch(form);
    }
  });

  it("is named with the others in one warning at the end", async () => {
    await fixture.deploy({
      Resources: {
        A: { Type: "AWS::SQS::Queue" },
        B: { Type: "AWS::SQS::Queue" },
        C: { Type: "AWS::SNS::Topic" },
        D: { Type: "AWS::Logs::LogGroup" },
      },
    });
    expect(warnings).toEqual(["cloudformation test recorded only: AWS::SNS::Topic, AWS::SQS::Queue (2)"]);
  });

  it("is refused for what its schema forbids, nested properties too", async () => {
    const stack = await fixture.deploy({
      Resources: {
        R: {
          Type: "AWS::CloudFront::Distribution",
          Properties: {
            Comment: "x",
            DistributionConfig: { Enabled: "maybe", Origins: [{ Id: "o", Host: "h" }] },
          },
        },
      },
    });
    expect(stack.status).toBe("ROLLBACK_COMPLETE");
    expect(stack.resources.get("R")?.statusReason?.split("\n")).toEqual([
      "Properties validation failed for resource R with message:",
      "#: extraneous key [Comment] is not permitted",
      "#/DistributionConfig: required key [DefaultCacheBehavior] not found",
      "#/DistributionConfig/Enabled: expected type: Boolean, found: String",
      "#/DistributionConfig/Origins/0: required key [DomainName] not found",
      "#/DistributionConfig/Origins/0: extraneous key [Host] is not permitted",
    ]);
  });

  it("keeps its Ref in an update, and gets another one when a property demands it", async () => {
    const outputs = { Ref: { Ref: "R" } };
    const first = await outputsOf(queue({ DelaySeconds: 1 }), outputs);
    expect(await outputsOf(queue({ DelaySeconds: "2" }), outputs)).toEqual(first);
    const replaced = await outputsOf(queue({ QueueName: "jobs" }), outputs);
    expect(replaced).toEqual({ Ref: "http://sqs.example/000000000000/jobs" });
  });

  it("may be a custom resource whose function is not for Node.js", async () => {
    const provider = lambdaFunction("def handler(event, context): pass", { Runtime: "python3.13" });
    const seed = {
      Type: "Custom::Seed",
      Properties: { ServiceToken: { "Fn::GetAtt": ["Provider", "Arn"] }, Any: { thing: 1 } },
    };
    const Resources = { Role: lambdaRole(), Provider: provider, Seed: seed };
    const known = {
      ...seed,
      Type: "Custom::S3AutoDeleteObjects",
      Properties: { ...seed.Properties, BucketName: { Ref: "Bucket" } },
    };
    const stack = await fixture.deploy({
      Resources: { ...Resources, Bucket: { Type: "AWS::S3::Bucket" }, Known: known },
    });
    expect(stack.status).toBe("CREATE_COMPLETE");
    const reason = "the local cloud runs only functions for Node.js, and its function is for python3.13";
    expect(warnings).toEqual([
      "cloudformation test recorded only: Custom::Seed",
      `cloudformation test did not run Custom::Seed: ${reason}`,
    ]);
    const Outputs = { Row: { Value: { "Fn::GetAtt": ["Seed", "Row"] } } };
    const failed = await fixture.deploy({ Resources, Outputs }, { stackName: "other" });
    expect(failed.statusReason ?? fixture.events(failed).join("\n")).toContain(
      `did not run its function: ${reason}`,
    );
  });

  it("may be a WebSocket API, beside HTTP APIs that are deployed", async () => {
    const ApiId = { Ref: "Socket" };
    const outputs = await outputsOf(
      {
        Socket: {
          Type: "AWS::ApiGatewayV2::Api",
          Properties: {
            Name: "socket",
            ProtocolType: "WEBSOCKET",
            RouteSelectionExpression: "$request.body.action",
          },
        },
        Route: { Type: "AWS::ApiGatewayV2::Route", Properties: { ApiId, RouteKey: "$connect" } },
        Stage: { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId, StageName: "live" } },
        Http: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "http", ProtocolType: "HTTP" } },
      },
      { Endpoint: { "Fn::GetAtt": ["Socket", "ApiEndpoint"] }, Stage: { Ref: "Stage" } },
    );
    expect(outputs).toEqual({
      Endpoint: expect.stringMatching(
        /^wss:\/\/[\da-z]{10}\.execute-api\.us-east-1\.amazonaws\.com$/,
      ) as string,
      Stage: "live",
    });
    expect(fixture.listening.size).toBe(1);
    expect(warnings).toEqual([
      "cloudformation test recorded only: AWS::ApiGatewayV2::Api, AWS::ApiGatewayV2::Route, AWS::ApiGatewayV2::Stage",
    ]);
  });

  it("does not take a name that another has, until that one is deleted", async () => {
    const template = { Resources: queue({ QueueName: "jobs" }) };
    await fixture.deploy(template);
    const other = await fixture.deploy(template, { stackName: "other" });
    expect(other.resources.get("R")?.statusReason).toBe("AWS::SQS::Queue jobs already exists.");
    await fixture.stacks.remove("test", [], undefined);
    await fixture.stacks.settled();
    expect((await fixture.deploy(template, { stackName: "third" })).status).toBe("CREATE_COMPLETE");
  });

  it.each(["AWS::SQS::Nothing", "AWS::CloudFormation::StackSet", "AWS::Serverless::Api"])(
    "%s fails by its name",
    async (type) => {
      const stack = await fixture.deploy({ Resources: { R: { Type: type } } });
      expect(stack.resources.get("R")?.statusReason).toBe(
        `The local cloud does not support the resource type ${type}.`,
      );
    },
  );

  it("has a Ref and attributes of the right types, for each of the schemas", async () => {
    const recorder = createRecorder({ account, endpoint });
    const context = { stackName: "test", stackId: "id", logicalId: "R", type: "" };
    const types = schemaTypes().filter((type) => !type.startsWith("AWS::ApiGatewayV2::"));
    expect(types.length).toBeGreaterThan(1500);
    for (const type of types) {
      const schema = findSchema(type);
      const values = Object.fromEntries(
        Object.entries(schema?.properties ?? {}).flatMap(([name, { type: kind, required }]) =>
          required ? [[name, examples[kind]]] : [],
        ),
      );
      const instance = await recorder(type, values, false)?.create(new Properties(values), context);
      expect(instance?.physicalId, type).toMatch(/^[ -~]+$/);
      for (const [name, kind] of Object.entries(schema?.attributeTypes ?? {})) {
        expect(coerceType(instance?.attributes[name], kind), `${type} ${name}`).toBeDefined();
      }
    }
  });
});

const examples = {
  string: "text",
  integer: 1,
  number: 1,
  boolean: true,
  list: [],
  object: {},
  json: {},
};
