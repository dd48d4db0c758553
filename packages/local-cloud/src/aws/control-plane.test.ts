import { connect } from "node:net";
import { Readable } from "node:stream";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../index.ts";

let cloud: LocalCloud;
/** Milliseconds that the cloud's clock is ahead of the machine's. */
let ahead = 0;
beforeAll(async () => {
  cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, now: () => new Date(Date.now() + ahead) });
});
afterEach(() => {
  ahead = 0;
});
afterAll(() => cloud.close());

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const deployer = (): Credentials => ({
  accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
  secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
});

const configuration = (credentials: Credentials = deployer()) => ({
  endpoint: cloud.awsUrl,
  region: "us-east-1",
  credentials,
  maxAttempts: 1,
});

const whoAmI = (credentials?: Credentials) =>
  new STSClient(configuration(credentials)).send(new GetCallerIdentityCommand({}));
const cloudFormation = () => new CloudFormationClient(configuration());
const s3 = () => new S3Client(configuration());

describe("authentication", () => {
  it("accepts the deployer, a user of the account", async () => {
    expect(await whoAmI()).toMatchObject({
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:user/deployer",
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/) as string,
    });
  });

  it("accepts an assumed role until its credentials expire", async () => {
    const { Credentials: issued, AssumedRoleUser: user } = await new STSClient(configuration()).send(
      new AssumeRoleCommand({
        RoleArn: "arn:aws:iam::000000000000:role/cdk-hnb659fds-deploy-role-000000000000-us-east-1",
        RoleSessionName: "me",
        DurationSeconds: 900,
      }),
    );
    const credentials = {
      accessKeyId: issued?.AccessKeyId ?? "",
      secretAccessKey: issued?.SecretAccessKey ?? "",
      sessionToken: issued?.SessionToken ?? "",
    };
    expect(await whoAmI(credentials)).toMatchObject({ Arn: user?.Arn, UserId: user?.AssumedRoleId });
    await expect(whoAmI({ ...credentials, sessionToken: "other" })).rejects.toMatchObject({
      name: "InvalidClientTokenId",
      $metadata: { httpStatusCode: 403 },
    });
    ahead = 901_000;
    const late = new STSClient({ ...configuration(credentials), systemClockOffset: 901_000 });
    await expect(late.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: "ExpiredToken",
    });
  });

  it("rejects assuming an unknown role, or one that does not trust the caller", async () => {
    for (const name of ["cdk-hnb659fds-cfn-exec-role-000000000000-us-east-1", "ghost"]) {
      const roleArn = `arn:aws:iam::000000000000:role/${name}`;
      await expect(
        new STSClient(configuration()).send(
          new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "me" }),
        ),
      ).rejects.toMatchObject({
        name: "AccessDenied",
        message: `User: arn:aws:iam::000000000000:user/deployer is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      });
    }
  });

  it.each([
    ["an unknown key", { accessKeyId: "AKIAAAAAAAAAAAAAAAAA" }, "InvalidClientTokenId"],
    ["a wrong secret", { secretAccessKey: "wrong" }, "SignatureDoesNotMatch"],
  ])("not %s", async (_name, wrong, error) => {
    await expect(whoAmI({ ...deployer(), ...wrong })).rejects.toMatchObject({ name: error });
  });

  it("gives no reason for an invalid token that AWS does not give", async () => {
    await expect(whoAmI({ ...deployer(), accessKeyId: "AKIAAAAAAAAAAAAAAAAA" })).rejects.toMatchObject({
      message: "The security token included in the request is invalid.",
    });
  });

  it("rejects a stale signature", async () => {
    const stale = new STSClient({ ...configuration(), systemClockOffset: -6 * 60_000 });
    await expect(stale.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
      message: expect.stringMatching(
        /^Signature expired: \w{16} is now earlier than \w{16} \(\w{16} - 5 min\.\)$/,
      ) as string,
    });
  });

  it("rejects an unsigned request", async () => {
    const reply = await fetch(cloud.awsUrl, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Action=GetCallerIdentity&Version=2011-06-15",
    });
    expect(reply.status).toBe(403);
    expect(reply.headers.get("date")).not.toBeNull();
    const text = await reply.text();
    expect(text).toContain('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">');
    expect(text).toContain("<Code>MissingAuthenticationToken</Code>");
    expect(text).toMatch(/<RequestId>[0-9a-f-]{36}<\/RequestId>/);
  });
});

describe("an unsupported request", () => {
  it("names the action", async () => {
    const reply = await fetch(cloud.awsUrl, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Action=ListQueues&Version=2012-11-05",
    });
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining("action ListQueues")]);
  });

  it("lists the zones of the region, and names another action of EC2", async () => {
    const { AwsClient } = await import("aws4fetch");
    const ask = async (action: string): Promise<string> => {
      const aws = new AwsClient({ ...deployer(), service: "ec2", region: "us-east-1", retries: 0 });
      const reply = await aws.fetch(cloud.awsUrl, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `Action=${action}&Version=2016-11-15`,
      });
      return reply.text();
    };
    const zones = (await ask("DescribeAvailabilityZones")).match(/(?<=<zoneName>)[^<]+/g);
    expect(zones).toEqual(["us-east-1a", "us-east-1b", "us-east-1c"]);
    expect(await ask("DescribeVpcs")).toContain("does not support DescribeVpcs of EC2");
  });

  it("names the target", async () => {
    const reply = await fetch(cloud.awsUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AmazonSQS.ListQueues",
      },
      body: "{}",
    });
    expect(reply.status).toBe(400);
    expect(reply.headers.get("x-amzn-errortype")).toBe("UnknownOperationException:");
    expect(await reply.json()).toMatchObject({
      __type: "UnknownOperationException",
      message: expect.stringContaining("AmazonSQS.ListQueues") as string,
    });
  });

  it("names the operation of S3", async () => {
    const client = new S3Client(configuration());
    await client.send(new CreateBucketCommand({ Bucket: "with-an-acl" }));
    await expect(client.send(new GetBucketAclCommand({ Bucket: "with-an-acl" }))).rejects.toMatchObject({
      name: "NotImplemented",
      message: "The local cloud does not support GET of a bucket's acl in S3.",
    });
  });
});

describe("CloudFormation", () => {
  const template = {
    Resources: {
      A: { Type: "AWS::SSM::Parameter", Properties: { Name: "/wire/a", Type: "String", Value: "<&>\"'" } },
    },
    Outputs: { Value: { Value: { "Fn::GetAtt": ["A", "Value"] } } },
  };

  it("reports an unknown stack in the words that sst and cdk match", async () => {
    await expect(
      cloudFormation().send(new DescribeStacksCommand({ StackName: "ghost" })),
    ).rejects.toMatchObject({
      name: "ValidationError",
      Code: "ValidationError",
      message: "Stack with id ghost does not exist",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("creates and describes a stack, and returns its template", async () => {
    const body = JSON.stringify(template);
    await cloudFormation().send(
      new CreateStackCommand({ StackName: "wire", TemplateBody: body, Tags: [{ Key: "a", Value: "b" }] }),
    );
    await waitUntilStackCreateComplete(
      { client: cloudFormation(), maxWaitTime: 10, minDelay: 1 },
      { StackName: "wire" },
    );
    const { Stacks: stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: "wire" }));
    expect(stacks).toMatchObject([
      {
        StackStatus: "CREATE_COMPLETE",
        Outputs: [{ OutputKey: "Value", OutputValue: "<&>\"'" }],
        Tags: [{ Key: "a", Value: "b" }],
        CreationTime: expect.any(Date) as Date,
      },
    ]);
    expect((await cloudFormation().send(new GetTemplateCommand({ StackName: "wire" }))).TemplateBody).toBe(
      body,
    );
    const { StackEvents: events } = await cloudFormation().send(
      new DescribeStackEventsCommand({ StackName: "wire" }),
    );
    expect(events?.[0]).toMatchObject({ LogicalResourceId: "wire", ResourceStatus: "CREATE_COMPLETE" });
    await expect(
      cloudFormation().send(new UpdateStackCommand({ StackName: "wire", TemplateBody: body })),
    ).rejects.toMatchObject({ name: "ValidationError", message: "No updates are to be performed." });
    await expect(
      cloudFormation().send(new CreateStackCommand({ StackName: "wire", TemplateBody: body })),
    ).rejects.toMatchObject({ name: "AlreadyExistsException" });
  });

  it("deploys the CDK's bootstrap stack", async () => {
    const { Stacks: stacks } = await cloudFormation().send(
      new DescribeStacksCommand({ StackName: "CDKToolkit" }),
    );
    expect(stacks?.[0]?.Outputs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          OutputKey: "BucketName",
          OutputValue: "cdk-hnb659fds-assets-000000000000-us-east-1",
        }),
      ]),
    );
  });

  it("accepts templates in YAML", async () => {
    const yaml = `
Parameters:
  Stage: { Type: String, Default: prod }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  A:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub "/yaml/\${Stage}"
      Type: String
      Value: !If [IsProd, !Join ["-", [!Select [0, !Split [",", "a,b"]], !Ref Stage]], no]
Outputs:
  Value: { Value: !GetAtt A.Value }
`;
    await cloudFormation().send(new CreateStackCommand({ StackName: "yaml", TemplateBody: yaml }));
    await waitUntilStackCreateComplete(
      { client: cloudFormation(), maxWaitTime: 10, minDelay: 1 },
      { StackName: "yaml" },
    );
    const { Stacks: stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: "yaml" }));
    expect(stacks?.[0]?.Outputs?.[0]?.OutputValue).toBe("a-prod");
  });
});

describe("S3", () => {
  it("stores objects with any name and content", async () => {
    const client = s3();
    await client.send(new CreateBucketCommand({ Bucket: "things" }));
    const keys = ["a.txt", "dir/b c+d.txt", "dir/ünï/%41 &?#.bin", "z"];
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    for (const key of keys) {
      await client.send(
        new PutObjectCommand({
          Bucket: "things",
          Key: key,
          Body: body,
          ContentType: "a/b",
          Metadata: { who: "me" },
        }),
      );
    }
    const got = await client.send(new GetObjectCommand({ Bucket: "things", Key: keys[2] }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(body);
    expect(got).toMatchObject({ ContentType: "a/b", Metadata: { who: "me" }, ContentLength: 256 });
    const part = await client.send(
      new GetObjectCommand({ Bucket: "things", Key: "z", Range: "bytes=10-12" }),
    );
    expect([...((await part.Body?.transformToByteArray()) ?? [])]).toEqual([10, 11, 12]);

    const listed = await client.send(new ListObjectsV2Command({ Bucket: "things" }));
    expect(listed.Contents?.map(({ Key: key }) => key)).toEqual(keys.toSorted());
    const first = await client.send(new ListObjectsV2Command({ Bucket: "things", MaxKeys: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 2 });
    const rest = await client.send(
      new ListObjectsV2Command({ Bucket: "things", ContinuationToken: first.NextContinuationToken }),
    );
    expect(rest.Contents).toHaveLength(2);
    const folders = await client.send(new ListObjectsV2Command({ Bucket: "things", Delimiter: "/" }));
    expect(folders.CommonPrefixes).toEqual([{ Prefix: "dir/" }]);
    expect(folders.Contents?.map(({ Key: key }) => key)).toEqual(["a.txt", "z"]);

    await expect(client.send(new DeleteBucketCommand({ Bucket: "things" }))).rejects.toMatchObject({
      name: "BucketNotEmpty",
      $metadata: { httpStatusCode: 409 },
    });
    await client.send(
      new DeleteObjectsCommand({ Bucket: "things", Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );
    await client.send(new DeleteBucketCommand({ Bucket: "things" }));
  });

  it("accepts streamed uploads and rejects a wrong checksum", async () => {
    const client = s3();
    await client.send(new CreateBucketCommand({ Bucket: "streams" }));
    // Sent as aws-chunked, with the checksum in a trailer.
    await client.send(
      new PutObjectCommand({
        Bucket: "streams",
        Key: "k",
        Body: Readable.from([Buffer.from("hel"), Buffer.from("lo")]),
        ContentLength: 5,
        ChecksumAlgorithm: "CRC32",
      }),
    );
    const stored = await client.send(new GetObjectCommand({ Bucket: "streams", Key: "k" }));
    expect(await stored.Body?.transformToString()).toBe("hello");
    expect((await client.send(new HeadObjectCommand({ Bucket: "streams", Key: "k" }))).ContentLength).toBe(5);
    await expect(
      client.send(
        new PutObjectCommand({
          Bucket: "streams",
          Key: "k",
          Body: "hello",
          ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==",
        }),
      ),
    ).rejects.toMatchObject({ name: "BadDigest" });
  });

  it("names a missing bucket or key", async () => {
    const client = s3();
    const Bucket = "cdk-hnb659fds-assets-000000000000-us-east-1";
    await expect(client.send(new GetObjectCommand({ Bucket, Key: "no" }))).rejects.toMatchObject({
      name: "NoSuchKey",
      $metadata: { httpStatusCode: 404 },
    });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: "no" }))).rejects.toMatchObject({
      name: "NotFound",
    });
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeUndefined();
    await expect(
      new S3Client(configuration({ ...deployer(), secretAccessKey: "x" })).send(
        new GetObjectCommand({ Bucket, Key: "no" }),
      ),
    ).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
  });
});

describe("SSM", () => {
  it("stores parameters, and sends errors as JSON", async () => {
    const client = new SSMClient(configuration());
    await client.send(new PutParameterCommand({ Name: "/p", Type: "String", Value: "v" }));
    expect((await client.send(new GetParameterCommand({ Name: "/p" }))).Parameter).toMatchObject({
      Value: "v",
      Version: 1,
      LastModifiedDate: expect.any(Date) as Date,
    });
    await expect(client.send(new GetParameterCommand({ Name: "/q" }))).rejects.toMatchObject({
      name: "ParameterNotFound",
    });
    await expect(
      new SSMClient(configuration({ ...deployer(), secretAccessKey: "x" })).send(
        new GetParameterCommand({ Name: "/p" }),
      ),
    ).rejects.toMatchObject({ name: "InvalidSignatureException" });
  });
});

it("a port that is taken fails with its port, and nothing keeps listening", async () => {
  const port = Number(new URL(cloud.awsUrl).port);
  await expect(startLocalCloud({ awsPort: port, twitterPort: 0 })).rejects.toMatchObject({
    code: "EADDRINUSE",
    port,
  });
});

/** The status for a request whose body never comes: it must not be waited for. */
const statusFor = (length: number, ...headers: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(cloud.awsUrl);
    const socket = connect(Number(port), hostname, () => {
      const head = [`PUT /bucket/key HTTP/1.1`, `host: ${host}`, `content-length: ${length}`, ...headers];
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
    });
    socket.once("data", (chunk: Buffer) => {
      resolve(chunk.toString().split(" ")[1] ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });

describe("a body that is too large", () => {
  const authorization = "authorization: AWS4-HMAC-SHA256 Credential=x";

  it.each<[string, number, string[]]>([
    ["unsigned", 1024 * 1024 + 1, []],
    ["for an operation", 1024 * 1024 + 1, [authorization, "x-amz-target: AmazonSSM.GetParameter"]],
    ["for an object", 512 * 1024 * 1024 + 1, [authorization]],
  ])("is refused before it arrives (%s)", async (_name, length, headers) => {
    expect(await statusFor(length, ...headers)).toBe("413");
  });

  it("is refused to a client that sends all of it first", async () => {
    const { status } = await fetch(cloud.awsUrl, { method: "POST", body: new Uint8Array(2 * 1024 * 1024) });
    expect(status).toBe(413);
  });

  it("is refused without a content-length too", async () => {
    const sent = fetch(`${cloud.awsUrl}/bucket/key`, {
      method: "PUT",
      body: new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
      }),
      duplex: "half",
    });
    // The client may see the connection close before it reads the reply.
    expect(await sent.then(({ status }) => status).catch(() => 413)).toBe(413);
  });

  it("is accepted up to an object's limit when it is signed", async () => {
    await s3().send(new CreateBucketCommand({ Bucket: "large" }));
    const Body = Buffer.alloc(3 * 1024 * 1024);
    await expect(s3().send(new PutObjectCommand({ Bucket: "large", Key: "k", Body }))).resolves.toMatchObject(
      {
        ETag: expect.any(String) as string,
      },
    );
  });
});

const getIdOfNoPool = (headers: Record<string, string>) =>
  fetch(cloud.awsUrl, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSCognitoIdentityService.GetId",
      ...headers,
    },
    body: JSON.stringify({ IdentityPoolId: "us-east-1:00000000-0000-0000-0000-000000000000" }),
  });

it.each(["GetId", "GetOpenIdToken", "GetCredentialsForIdentity", "UnlinkIdentity"])(
  "%s of Cognito Identity needs no signature",
  async (operation) => {
    const response = await fetch(cloud.awsUrl, {
      method: "POST",
      headers: { "x-amz-target": `AWSCognitoIdentityService.${operation}` },
      body: "{}",
    });
    expect(response.headers.get("x-amzn-errortype")).toBe("ValidationException:");
  },
);

it("UpdateIdentityPool of Cognito Identity needs a signature", async () => {
  const response = await fetch(cloud.awsUrl, {
    method: "POST",
    headers: { "x-amz-target": "AWSCognitoIdentityService.UpdateIdentityPool" },
    body: "{}",
  });
  expect(response.headers.get("x-amzn-errortype")).toBe("MissingAuthenticationTokenException:");
});

describe("CORS", () => {
  const origin = "https://app.example";
  const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date";

  it("answers a preflight to Cognito Identity as recorded", async () => {
    const response = await fetch(cloud.awsUrl, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "amz-sdk-request,content-type,x-amz-target",
      },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "amz-sdk-request,content-type,x-amz-target",
      "access-control-allow-methods": "POST",
      "access-control-expose-headers": exposed,
      "access-control-max-age": "172800",
      "x-amzn-requestid": expect.any(String) as string,
    });
  });

  it("lets a page read an error of Cognito Identity", async () => {
    const response = await getIdOfNoPool({ origin });
    expect(response.status).toBe(400);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": exposed,
      "x-amzn-errortype": "ResourceNotFoundException:",
      "x-amzn-errormessage": "IdentityPool 'us-east-1:00000000-0000-0000-0000-000000000000' not found.",
    });
    const other = await getIdOfNoPool({});
    expect(other.headers.has("access-control-allow-origin")).toBe(false);
    expect(other.headers.has("x-amzn-errormessage")).toBe(true);
  });

  it("lets a page read a response of STS, for the classic flow", async () => {
    const response = await fetch(cloud.awsUrl, {
      method: "POST",
      headers: { origin, "content-type": "application/x-www-form-urlencoded" },
      body: "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a&RoleSessionName=me&WebIdentityToken=x",
    });
    expect(await response.text()).toContain("<Code>InvalidIdentityToken</Code>");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });
});
