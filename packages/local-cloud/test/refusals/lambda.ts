import { strToU8, zipSync } from "fflate";
import { createAccount } from "../../src/account.ts";
import {
  type functionRefusals,
  limits,
  type permissionRefusals,
  type urlRefusals,
} from "../../src/cloudformation/resource-types/lambda-refusals.ts";
import { createSessions } from "../../src/iam/sessions.ts";
import { createLambda } from "../../src/lambda/lambda.ts";
import { type invocationRefusals, maximumEventBytes } from "../../src/lambda/lambda-refusals.ts";
import { storeObject } from "../../src/s3/objects.ts";
import { deployFunction } from "../account-fixture.ts";
import { refusedTemplate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

const trust = (service: string) => ({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } },
});
const role = {
  Type: "AWS::IAM::Role",
  Properties: { AssumeRolePolicyDocument: trust("lambda.amazonaws.com") },
};
const properties = {
  Code: { ZipFile: "exports.handler = async () => 1" },
  Handler: "index.handler",
  Runtime: "nodejs22.x",
  Role: { "Fn::GetAtt": ["Role", "Arn"] },
};
const lambda = (more: object = {}) => ({
  Type: "AWS::Lambda::Function",
  Properties: { ...properties, ...more },
});

const refused = (says: string, more: object, roleResource: object = role): RefusalCase =>
  refusedTemplate(says, { Role: roleResource, Function: lambda(more) });

/** Code in the object `bucket/key`. */
const refusedCode = (says: string, body?: Uint8Array): RefusalCase => {
  const resources = { Role: role, Function: lambda({ Code: { S3Bucket: "bucket", S3Key: "key" } }) };
  return refusedTemplate(says, resources, ({ buckets }) => {
    const bucket = buckets.create("bucket", "us-east-1");
    if (body === undefined) return;
    storeObject(bucket, { key: "key", body, etag: "", lastModified: new Date(0), headers: {} });
  });
};

/** An archive whose directory says that its only file is this large. */
function archiveOf(bytes: number): Uint8Array {
  const archive = zipSync({ "index.js": strToU8("") }, { level: 0 });
  const view = new DataView(archive.buffer, archive.byteOffset);
  // The central directory starts with PK\1\2, and holds the size 24 bytes later.
  for (let i = 0; i + 28 < archive.length; i++) {
    if (view.getUint32(i, true) === 0x02014b50) view.setUint32(i + 24, bytes, true);
  }
  return archive;
}

export const functionCases: RefusalCases<typeof functionRefusals> = {
  name: refused(
    "Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern",
    { FunctionName: "a b" },
  ),
  nameTaken: refusedTemplate("f already exists.", {
    Role: role,
    First: lambda({ FunctionName: "f" }),
    Second: { ...lambda({ FunctionName: "f" }), DependsOn: "First" },
  }),
  unknownRuntime: refused(
    "Value nodejs23.x at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs24.x, nodejs22.x,",
    { Runtime: "nodejs23.x" },
  ),
  retiredRuntime: refused(
    "The runtime parameter of nodejs14.x is no longer supported for creating or updating AWS Lambda functions.",
    { Runtime: "nodejs14.x" },
  ),
  runtimeAndHandler: refused(
    "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    { Handler: "" },
  ),
  handler: refused(
    String.raw`at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\s]+`,
    { Handler: "index. handler" },
  ),
  memory: refused(
    "Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
    { MemorySize: 64 },
  ),
  timeout: refused(
    "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
    { Timeout: 901 },
  ),
  variableNames: refused("Map keys must satisfy constraint: [Member must satisfy regular expression", {
    Environment: { Variables: { A: "one character" } },
  }),
  environmentSize: refused('exceeded the 4KB limit. String measured: {"AB":"xxx', {
    // With braces, quotes, colon and name one byte too long.
    Environment: { Variables: { AB: "x".repeat(limits.environmentBytes - 8) } },
  }),
  reservedVariables: refused("Reserved keys used in this request: AWS_REGION", {
    Environment: { Variables: { AWS_REGION: "eu-west-1" } },
  }),
  roleArn: refused("Value 'Role' at 'role' failed to satisfy constraint: Member must satisfy regular", {
    Role: "Role",
  }),
  roleTrust: refused(
    "The role defined for the function cannot be assumed by Lambda.",
    {},
    { ...role, Properties: { AssumeRolePolicyDocument: trust("ec2.amazonaws.com") } },
  ),
  noCode: refused("Please provide a source for function code.", { Code: { S3Bucket: "bucket" } }),
  missingCode: refusedCode("Error occurred while GetObject. S3 Error Code: NoSuchKey."),
  notAnArchive: refusedCode("Could not unzip uploaded file.", strToU8("text")),
  unzippedSize: refusedCode(
    `Unzipped size must be smaller than ${limits.unzippedBytes} bytes`,
    archiveOf(limits.unzippedBytes),
  ),
  inlineSize: refused("#/Code/ZipFile: expected maxLength: 4194304", {
    Code: { ZipFile: "x".repeat(limits.inlineBytes + 1) },
  }),
  inlineRuntime: refused("The ZipFile attribute is not supported for the runtime 'java21'", {
    Runtime: "java21",
  }),
  image: refused("does not support functions from container images", { PackageType: "Image" }),
  layers: refused("does not support Lambda layers", { Layers: ["arn:aws:lambda:us-east-1:0:layer:l:1"] }),
};

export const permissionCases: RefusalCases<typeof permissionRefusals> = {
  noFunction: refusedTemplate("Function not found: arn:aws:lambda:us-east-1:000000000000:function:f", {
    Permission: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: "f",
        Principal: "apigateway.amazonaws.com",
      },
    },
  }),
};

const url = (more: object = {}) => ({
  Type: "AWS::Lambda::Url",
  Properties: { TargetFunctionArn: { "Fn::GetAtt": ["Function", "Arn"] }, AuthType: "AWS_IAM", ...more },
});
const refusedUrl = (says: string, more: object, others: object = {}): RefusalCase =>
  refusedTemplate(says, { Role: role, Function: lambda(), Url: url(more), ...others });

export const urlCases: RefusalCases<typeof urlRefusals> = {
  authType: refusedUrl("Value 'JWT' at 'authType' failed to satisfy constraint", { AuthType: "JWT" }),
  noFunction: refusedUrl("Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody", {
    TargetFunctionArn: "nobody",
  }),
  exists: refusedUrl(
    "FunctionUrlConfig exists for this Lambda function",
    {},
    {
      Another: { ...url(), DependsOn: "Url" },
    },
  ),
  qualifier: refusedUrl("does not support URLs of aliases", { Qualifier: "live" }),
  streaming: refusedUrl("does not support response streaming", { InvokeMode: "RESPONSE_STREAM" }),
};

const now = (): Date => new Date();

const refusedInvocation = (says: string, runtime: string, event: unknown): RefusalCase => ({
  says,
  async run() {
    const account = createAccount("000000000000", "us-east-1");
    const service = createLambda({ account, sessions: createSessions({ now }), now, log: () => {} });
    try {
      const called = deployFunction(account, "f", "export const handler = async () => 1;", { runtime });
      const result = await service.invoke(called, event);
      return result.ok ? "" : `${result.errorType}: ${result.errorMessage}`;
    } finally {
      await service.close();
    }
  },
});

export const invocationCases: RefusalCases<typeof invocationRefusals> = {
  eventSize: refusedInvocation(
    "RequestEntityTooLargeException: Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    "nodejs22.x",
    "x".repeat(maximumEventBytes - 1),
  ),
  runtime: refusedInvocation(
    "InvalidRuntimeException: The local cloud runs only functions for Node.js, not for python3.13.",
    "python3.13",
    {},
  ),
};
