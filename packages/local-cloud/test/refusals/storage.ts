import { createBuckets } from "../../src/s3/buckets.ts";
import { createS3 } from "../../src/s3/s3.ts";
import type { s3Refusals } from "../../src/s3/s3-refusals.ts";
import type { secretRefusals } from "../../src/secrets-manager/secret-refusals.ts";
import type { parameterRefusals } from "../../src/ssm/parameter-refusals.ts";
import { createStacksFixture } from "../stacks-fixture.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

type Json = Record<string, unknown>;

/** The last of some requests is refused. */
const refusedSecret = (says: string, ...requests: [operation: string, body: Json][]): RefusalCase => ({
  says,
  async run() {
    const { secretsManager } = createStacksFixture();
    let answer = {};
    for (const [operation, body] of requests) answer = await secretsManager.handle(operation, body);
    return JSON.stringify(answer);
  },
});
const create: [string, Json] = ["CreateSecret", { Name: "x", SecretString: "one" }];
const remove: [string, Json] = ["DeleteSecret", { SecretId: "x" }];
const versionOf = (value: string): [string, Json] => [
  "PutSecretValue",
  { SecretId: "x", SecretString: value, ClientRequestToken: "t" },
];

export const secretCases: RefusalCases<typeof secretRefusals> = {
  missing: refusedSecret("can't find the specified secret.", ["DescribeSecret", { SecretId: "x" }]),
  deleted: refusedSecret("it was marked for deletion", create, remove, ["GetSecretValue", { SecretId: "x" }]),
  name: refusedSecret("Invalid name.", ["CreateSecret", { Name: "a b" }]),
  nameDeleted: refusedSecret("already scheduled for deletion", create, remove, create),
  nameTaken: refusedSecret("because the secret x already exists", create, create),
  version: refusedSecret("can't find the specified secret value for staging label: NONE", create, [
    "GetSecretValue",
    { SecretId: "x", VersionStage: "NONE" },
  ]),
  noValue: refusedSecret("You must provide either SecretString or SecretBinary.", create, [
    "PutSecretValue",
    { SecretId: "x" },
  ]),
  twoValues: refusedSecret("both a binary secret value and a string secret value", [
    "CreateSecret",
    { Name: "x", SecretString: "one", SecretBinary: "b25l" },
  ]),
  valueLength: refusedSecret("length less than or equal to 65536", [
    "CreateSecret",
    { Name: "x", SecretString: "x".repeat(65_537) },
  ]),
  token: refusedSecret("You can't use ClientRequestToken t", create, ...["one", "two"].map(versionOf)),
  moveStage: refusedSecret("The parameter RemoveFromVersionId can't be empty.", create, versionOf("one"), [
    "UpdateSecretVersionStage",
    { SecretId: "x", VersionStage: "AWSCURRENT" },
  ]),
  recovery: refusedSecret("between 7 and 30 days", create, [
    "DeleteSecret",
    { SecretId: "x", RecoveryWindowInDays: 1 },
  ]),
  policy: refusedSecret("This resource policy contains a syntax error.", create, [
    "PutResourcePolicy",
    { SecretId: "x", ResourcePolicy: '{"Statement":{"Effect":"Maybe"}}' },
  ]),
  passwordLength: refusedSecret("between 1 and 4096 characters", [
    "GetRandomPassword",
    { PasswordLength: 5000 },
  ]),
  passwordCharacters: refusedSecret("leave no characters", [
    "GetRandomPassword",
    { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true },
  ]),
  passwordTypes: refusedSecret("a character of each included type", [
    "GetRandomPassword",
    { PasswordLength: 3 },
  ]),
};

const refusedParameter = (says: string, ...requests: [operation: string, body: Json][]): RefusalCase => ({
  says,
  async run() {
    const { parameterStore } = createStacksFixture();
    let answer = {};
    for (const [operation, body] of requests) answer = await parameterStore.handle(operation, body);
    return JSON.stringify(answer);
  },
});
const put = (body: Json = {}): [string, Json] => [
  "PutParameter",
  { Name: "/x", Type: "String", Value: "one", ...body },
];

export const parameterCases: RefusalCases<typeof parameterRefusals> = {
  name: refusedParameter("Parameter name: a b is not a valid parameter name.", put({ Name: "a b" })),
  empty: refusedParameter("The value of parameter /x must not be empty.", put({ Value: "" })),
  type: refusedParameter("Text is not a parameter type.", put({ Type: "Text" })),
  nameTaken: refusedParameter("The parameter already exists.", put(), put()),
  missing: refusedParameter("Parameter /x not found.", ["GetParameter", { Name: "/x" }]),
};

interface S3Request {
  method: string;
  path: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string;
}

const now = (): Date => new Date(0);

const refusedObject = (says: string, ...requests: S3Request[]): RefusalCase => ({
  says,
  async run() {
    const buckets = createBuckets({ now });
    buckets.create("bucket-in-europe", "eu-west-1");
    const s3 = createS3({ buckets, accountId: "000000000000", region: "us-east-1", now });
    let uploadId = "";
    let answer = "";
    for (const { method, path, query = "", headers = {}, body = "" } of requests) {
      const response = await s3.handle({
        method,
        path,
        query: query.replace("UPLOAD", uploadId),
        headers: { host: "localhost", ...headers },
        body: Buffer.from(body),
        rawUrl: path,
        rawHeaders: [],
        requestId: "",
      });
      answer = Buffer.from(response.body).toString();
      uploadId = /<UploadId>(.*)<\/UploadId>/.exec(answer)?.[1] ?? uploadId;
    }
    return answer;
  },
});
const bucket: S3Request = { method: "PUT", path: "/bucket" };
const object: S3Request = { method: "PUT", path: "/bucket/key", body: "text" };
const upload: S3Request = { method: "POST", path: "/bucket/key", query: "uploads" };

export const s3Cases: RefusalCases<typeof s3Refusals> = {
  noBucket: refusedObject("The specified bucket does not exist", { method: "GET", path: "/bucket" }),
  region: refusedObject("the region 'us-east-1' is wrong; expecting 'eu-west-1'", {
    method: "GET",
    path: "/bucket-in-europe",
  }),
  bucketName: refusedObject("The specified bucket is not valid.", { method: "PUT", path: "/BUCKET" }),
  bucketTaken: refusedObject("and you already own it", bucket, bucket),
  notEmpty: refusedObject("The bucket you tried to delete is not empty", bucket, object, {
    method: "DELETE",
    path: "/bucket",
  }),
  noKey: refusedObject("The specified key does not exist.", bucket, { method: "GET", path: "/bucket/key" }),
  keyLength: refusedObject("Your key is too long", bucket, {
    ...object,
    path: `/bucket/${"k".repeat(1025)}`,
  }),
  ifNoneMatch: refusedObject("At least one of the pre-conditions", bucket, object, {
    ...object,
    headers: { "if-none-match": "*" },
  }),
  range: refusedObject("The requested range is not satisfiable", bucket, object, {
    method: "GET",
    path: "/bucket/key",
    headers: { range: "bytes=9-" },
  }),
  checksum: refusedObject("The SHA256 you specified did not match the calculated checksum.", bucket, {
    ...object,
    headers: { "x-amz-checksum-sha256": "AAAA" },
  }),
  length: refusedObject("You did not provide the number of bytes", bucket, {
    ...object,
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "5",
    },
    body: "4\r\ntext\r\n0\r\n\r\n",
  }),
  partNumber: refusedObject("Part number must be an integer between 1 and 10000", bucket, upload, {
    ...object,
    query: "partNumber=0&uploadId=UPLOAD",
  }),
  part: refusedObject("One or more of the specified parts could not be found.", bucket, upload, {
    method: "POST",
    path: "/bucket/key",
    query: "uploadId=UPLOAD",
    body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
  }),
  noUpload: refusedObject("The specified upload does not exist.", bucket, {
    ...object,
    query: "partNumber=1&uploadId=gone",
  }),
  signedChunks: refusedObject("does not support signed chunks", bucket, {
    ...object,
    headers: { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" },
    body: "4;chunk-signature=0\r\ntext\r\n0;chunk-signature=0\r\n\r\n",
  }),
};
