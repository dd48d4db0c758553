import { setTimeout as delay } from "node:timers/promises";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { AwsClient } from "aws4fetch";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { lambdaFunction, lambdaRole } from "@api-auth-twitter/test-support/templates";
import { type LocalCloud, startLocalCloud } from "../../index.ts";

let cloud: LocalCloud;
let client: CloudFormationClient;
let aws: AwsClient;
const lines: string[] = [];
const warnings: string[] = [];

beforeAll(async () => {
  cloud = await startLocalCloud({
    awsPort: 0,
    twitterPort: 0,
    log: (line) => lines.push(line),
    warn: (line) => warnings.push(line),
  });
  const credentials = {
    accessKeyId: cloud.environment["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
  client = new CloudFormationClient({ endpoint: cloud.awsUrl, region: "us-east-1", credentials });
  aws = new AwsClient({ ...credentials, region: "us-east-1", service: "lambda", retries: 0 });
});
afterAll(() => cloud.close());
afterEach(() => {
  lines.length = 0;
  warnings.length = 0;
});

const role = (...actions: string[]) =>
  lambdaRole({
    Policies: actions.map((Action) => ({
      PolicyName: "p",
      PolicyDocument: { Statement: { Effect: "Allow", Action, Resource: "*" } },
    })),
  });

const lambda = (code: string, environment: object = {}) =>
  lambdaFunction(code, { Timeout: 20, Environment: { Variables: environment } });

/** Answers as cfn-response does: with the host and the path of the URL. */
const cfnResponse = `
const https = require("https");
const respond = (event, response) => new Promise((resolve, reject) => {
  const body = JSON.stringify({ Status: "SUCCESS", StackId: event.StackId, RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId, ...response });
  const { hostname, pathname, search } = new URL(event.ResponseURL);
  const options = { hostname, port: 443, path: pathname + search, method: "PUT", headers: { "content-type": "", "content-length": Buffer.byteLength(body) } };
  const request = https.request(options, (reply) => (reply.resume(), resolve(reply.statusCode)));
  request.on("error", reject);
  request.end(body);
});
`;

const custom = (properties: object = {}) => ({
  Type: "Custom::Seed",
  Properties: { ServiceToken: { "Fn::GetAtt": ["Provider", "Arn"] }, ...properties },
});

/** Creates or updates a stack, and waits. */
async function deploy(StackName: string, template: object, isUpdate = false): Promise<Stack> {
  const input = {
    StackName,
    TemplateBody: JSON.stringify(template),
    Capabilities: ["CAPABILITY_IAM" as const],
  };
  await client.send(isUpdate ? new UpdateStackCommand(input) : new CreateStackCommand(input));
  return settled(StackName);
}

async function settled(StackName: string): Promise<Stack> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- polls
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    if (stack?.StackStatus?.endsWith("_IN_PROGRESS") === false) return stack;
    // oxlint-disable-next-line no-await-in-loop -- polls
    await delay(20);
  }
}

const outputsOf = ({ Outputs = [] }: Stack): Record<string, string | undefined> =>
  Object.fromEntries(Outputs.map(({ OutputKey = "", OutputValue }) => [OutputKey, OutputValue]));

async function reasonsOf(StackName: string): Promise<string> {
  const { StackEvents: events = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  return events.map(({ ResourceStatusReason }) => ResourceStatusReason).join("\n");
}

/** The events that a function has printed, without what is random. */
const eventsOf = (): Record<string, unknown>[] =>
  lines.flatMap((line) => {
    const json = /^lambda [^ ]+: EVENT (.*)$/.exec(line)?.[1];
    return json === undefined ? [] : [JSON.parse(json) as Record<string, unknown>];
  });

describe("a custom resource", () => {
  const provider = `${cfnResponse}
    exports.handler = async (event) => {
      console.log("EVENT " + JSON.stringify(event));
      const { RequestType, PhysicalResourceId, ResourceProperties: { Name, Fail, NoEcho } } = event;
      if (Fail === RequestType) await respond(event, { Status: "FAILED", Reason: "no " + Name, PhysicalResourceId: "broken" });
      else await respond(event, { PhysicalResourceId: RequestType === "Delete" ? PhysicalResourceId : "id-" + Name, NoEcho: NoEcho === "true", Data: { Name, "a.b": 1 } });
    };`;
  const template = (properties: object, more: object = {}) => ({
    Resources: { Role: role(), Provider: lambda(provider), Seed: custom(properties), ...more },
    Outputs: {
      Id: { Value: { Ref: "Seed" } },
      Name: { Value: { "Fn::GetAtt": ["Seed", "Name"] } },
      Nested: { Value: { "Fn::Sub": "<${Seed.a.b}>" } },
    },
  });

  it("runs its function when it is created, updated, replaced and deleted", async () => {
    const created = await deploy("life", template({ Name: "one", Size: 1, List: [true, { deep: 2 }] }));
    expect(outputsOf(created)).toEqual({ Id: "id-one", Name: "one", Nested: "<1>" });
    await deploy("life", template({ Name: "one", Size: 2 }), true);
    const replaced = await deploy("life", template({ Name: "two", Size: 2 }), true);
    expect(outputsOf(replaced)).toMatchObject({ Id: "id-two" });
    await client.send(new DeleteStackCommand({ StackName: "life" }));
    await settled(created.StackId ?? "");

    const [create, update, replace, remove, last] = eventsOf();
    const token = create?.["ServiceToken"];
    expect(create).toEqual({
      RequestType: "Create",
      ServiceToken: expect.stringMatching(/^arn:aws:lambda:.*:function:life-Provider-/) as string,
      ResponseURL: expect.stringMatching(
        /^http:\/\/127\.0\.0\.1:\d+\/cloudformation-custom-resource-response-useast1\/arn%3Aaws.*%7CSeed%7C.*X-Amz-Signature=/,
      ) as string,
      StackId: created.StackId,
      RequestId: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      LogicalResourceId: "Seed",
      ResourceType: "Custom::Seed",
      ResourceProperties: { ServiceToken: token, Name: "one", Size: "1", List: ["true", { deep: "2" }] },
    });
    expect(update).toMatchObject({
      RequestType: "Update",
      PhysicalResourceId: "id-one",
      ResourceProperties: { Size: "2" },
      OldResourceProperties: { Size: "1", List: ["true", { deep: "2" }] },
    });
    expect(replace).toMatchObject({ RequestType: "Update", PhysicalResourceId: "id-one" });
    expect(remove).toMatchObject({
      RequestType: "Delete",
      PhysicalResourceId: "id-one",
      ResourceProperties: { Name: "one", Size: "2" },
    });
    expect(last).toMatchObject({ RequestType: "Delete", PhysicalResourceId: "id-two" });
    expect(warnings.filter((line) => line.startsWith("cloudformation"))).toEqual([]);
  });

  it("fails with the function's reason, and what it has begun is deleted", async () => {
    const stack = await deploy("fails", template({ Name: "x", Fail: "Create" }));
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(await reasonsOf("fails")).toMatch(
      /Received response status \[FAILED\] from custom resource\. Message returned: no x \(RequestId: [\da-f-]{36}\)/,
    );
    expect(
      eventsOf().map(({ RequestType, PhysicalResourceId }) => [RequestType, PhysicalResourceId]),
    ).toEqual([
      ["Create", undefined],
      ["Delete", "broken"],
    ]);
  });

  it("is updated back when a later resource fails, or its own update", async () => {
    await deploy("back", template({ Name: "x", Size: 1 }));
    const broken = {
      Type: "AWS::SSM::Parameter",
      DependsOn: "Seed",
      Properties: { Type: "Bad", Value: "v" },
    };
    const stack = await deploy("back", template({ Name: "x", Size: 2 }, { Broken: broken }), true);
    expect(stack.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
    const replaced = await deploy("back", template({ Name: "y" }, { Broken: broken }), true);
    expect(outputsOf(replaced)).toMatchObject({ Id: "id-x", Name: "x" });
    await deploy("back", template({ Name: "x", Fail: "Update" }), true);
    expect(
      eventsOf().map(({ RequestType, PhysicalResourceId, ResourceProperties }) => {
        const { Name, Size } = ResourceProperties as Record<string, unknown>;
        return [RequestType, PhysicalResourceId, Name, Size];
      }),
    ).toEqual([
      ["Create", undefined, "x", "1"],
      ["Update", "id-x", "x", "2"],
      ["Update", "id-x", "x", "1"],
      ["Update", "id-x", "y", undefined],
      ["Delete", "id-y", "y", undefined],
      ["Update", "id-x", "x", undefined],
      ["Update", "id-x", "x", "1"],
    ]);
  });

  it("hides what NoEcho marks, in outputs alone", async () => {
    const more = {
      Copy: {
        Type: "AWS::SSM::Parameter",
        Properties: { Type: "String", Name: "/copy", Value: { "Fn::GetAtt": ["Seed", "Name"] } },
      },
    };
    const stack = await deploy("secret", template({ Name: "hush", NoEcho: true }, more));
    expect(outputsOf(stack)).toEqual({ Id: "id-hush", Name: "*****", Nested: "<*****>" });
    expect(
      JSON.stringify(await (await call("ssm", "AmazonSSM.GetParameter", { Name: "/copy" })).json()),
    ).toContain("hush");
  });

  it("fails at once when its function throws", async () => {
    const code = "exports.handler = async () => { throw new Error('boom'); };";
    const stack = await deploy("throws", {
      Resources: { Role: role(), Provider: lambda(code), Seed: custom() },
    });
    // As at AWS, the function must answer to the deletion too.
    expect(stack.StackStatus).toBe("ROLLBACK_FAILED");
    expect(await reasonsOf("throws")).toMatch(/because throws-Provider-\w+ failed: Error: boom/);
  });

  it("waits for a response that another program sends, and says so", async () => {
    const code = 'exports.handler = async (event) => console.log("EVENT " + JSON.stringify(event));';
    const deployed = deploy("waits", {
      Resources: { Role: role(), Provider: lambda(code), Seed: custom() },
    });
    await expect
      .poll(() => warnings, { timeout: 20_000 })
      .toEqual([
        expect.stringMatching(
          /^cloudformation waits Seed \(Custom::Seed\): waits-Provider-\w+ has ended and sent no response to its ResponseURL\. If none comes within 60 seconds \(AWS: an hour\), the deploy fails\.$/,
        ),
      ]);
    const [{ ResponseURL: url } = {}] = eventsOf();
    await fetch(String(url), { method: "PUT", body: '{"Status":"SUCCESS","PhysicalResourceId":"late"}' });
    expect((await deployed).StackStatus).toBe("CREATE_COMPLETE");
  });

  it("fails when no response comes within its ServiceTimeout", async () => {
    const stack = await deploy("timeout", {
      Resources: {
        Role: role(),
        Provider: lambda("exports.handler = async () => {};"),
        Seed: { ...custom({ ServiceTimeout: 1 }), DeletionPolicy: "Retain" },
      },
    });
    expect(stack.StackStatus).toBe("ROLLBACK_COMPLETE");
    expect(await reasonsOf("timeout")).toContain(
      "CloudFormation did not receive a response from your Custom Resource. Please check",
    );
  });

  it("is recorded when its function needs what the local cloud lacks, and the warning names it", async () => {
    const code = `${cfnResponse}
      exports.handler = async (event) => {
        try {
          if (event.ResourceProperties.Name === "module") require("@aws-sdk/client-nothing-of-that-name");
          const { request } = require("http");
          const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL);
          const headers = { "x-amzn-trace-id": process.env._X_AMZN_TRACE_ID, authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/sns/aws4_request", "content-type": "application/x-www-form-urlencoded" };
          await new Promise((resolve) => request({ hostname, port, method: "POST", path: "/", headers }, (r) => (r.resume(), r.on("end", resolve))).end("Action=Publish&Version=2010-03-31"));
          throw new Error("cannot publish");
        } catch (error) {
          await respond(event, { Status: "FAILED", Reason: error.message, PhysicalResourceId: "x" });
        }
      };`;
    const stack = await deploy("lacks", {
      Resources: {
        Role: role(),
        Provider: lambda(code),
        Module: custom({ Name: "module" }),
        Seed: custom(),
      },
    });
    expect(stack.StackStatus).toBe("CREATE_COMPLETE");
    expect(warnings.filter((line) => line.startsWith("cloudformation")).toSorted()).toEqual([
      "cloudformation lacks did not run Custom::Seed: its function needs @aws-sdk/client-nothing-of-that-name, which Lambda's Node.js has and this folder lacks: npm install --save-dev @aws-sdk/client-nothing-of-that-name",
      "cloudformation lacks did not run Custom::Seed: its function was refused: The local cloud does not have the service sns, so it cannot run Publish.",
      "cloudformation lacks recorded only: Custom::Seed (2)",
    ]);
  });

  it("fails in a strict local cloud when its function cannot run", async () => {
    const code = "exports.handler = async () => require('@aws-sdk/client-nothing-of-that-name');";
    const failing = { Resources: { Role: role(), Provider: lambda(code), Seed: custom() } };
    const strict = await startLocalCloud({ awsPort: 0, twitterPort: 0, strict: true });
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      strict.environment;
    const usual = client;
    client = new CloudFormationClient({
      endpoint: strict.awsUrl,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey },
    });
    try {
      await deploy("strict", failing);
      expect(await reasonsOf("strict")).toContain(
        "npm install --save-dev @aws-sdk/client-nothing-of-that-name",
      );
    } finally {
      client = usual;
      await strict.close();
    }
  });

  it("takes a response from its function alone", async () => {
    const path = "/cloudformation-custom-resource-response-useast1/arn%7CSeed%7C1?X-Amz-Signature=0";
    const reply = await fetch(cloud.awsUrl + path, { method: "PUT", body: "{}" });
    expect([reply.status, await reply.text()]).toEqual([403, expect.stringContaining("AccessDenied")]);
  });
});

function call(service: string, target: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  return aws.fetch(cloud.awsUrl, { method: "POST", headers, body: JSON.stringify(body), aws: { service } });
}

const invoke = (name: string, body = "", headers: Record<string, string> = {}) =>
  aws.fetch(`${cloud.awsUrl}/2015-03-31/functions/${name}/invocations`, { method: "POST", headers, body });

describe("Invoke", () => {
  const echo = `
    exports.handler = async (event) => {
      console.log("EVENT " + JSON.stringify(event));
      if (event.fail) throw new TypeError("boom");
      return { event };
    };`;
  beforeAll(async () => {
    await deploy("invoke", {
      Resources: {
        Role: role(),
        Echo: { ...lambda(echo), Properties: { ...lambda(echo).Properties, FunctionName: "echo" } },
      },
    });
  });

  it("runs a function, and answers with its result or its error", async () => {
    const reply = await invoke("echo", '{"a":1}');
    expect([reply.status, reply.headers.get("x-amz-executed-version"), await reply.json()]).toEqual([
      200,
      "$LATEST",
      { event: { a: 1 } },
    ]);
    expect(await (await invoke("echo")).json()).toEqual({ event: {} });
    const failed = await invoke("echo", '{"fail":true}');
    expect([failed.status, failed.headers.get("x-amz-function-error"), await failed.json()]).toEqual([
      200,
      "Unhandled",
      {
        errorType: "TypeError",
        errorMessage: "boom",
        trace: expect.arrayContaining(["TypeError: boom"]) as string[],
      },
    ]);
  });

  it("runs a function in the background, or not at all", async () => {
    expect((await invoke("echo", '{"dry":true}', { "x-amz-invocation-type": "DryRun" })).status).toBe(204);
    expect((await invoke("echo", '{"background":true}', { "x-amz-invocation-type": "Event" })).status).toBe(
      202,
    );
    await expect.poll(eventsOf).toEqual([{ background: true }]);
  });

  it("refuses a function that does not exist, and an event that is not JSON", async () => {
    expect((await invoke("ghost")).status).toBe(404);
    const reply = await invoke("echo", "{");
    expect([reply.status, reply.headers.get("x-amzn-errortype")]).toEqual([
      400,
      "InvalidRequestContentException",
    ]);
  });

  it.each([
    ["its role's policy", ["lambda:InvokeFunction"], {}, "200"],
    ["the function's own policy", [], { Principal: { "Fn::GetAtt": ["Role", "Arn"] } }, "200"],
    ["nothing", [], { Principal: "sns.amazonaws.com" }, "403"],
  ])("lets a caller invoke by %s", async (what, actions, permission, status) => {
    const name = `caller-${what.replace(/\W/g, "-")}`;
    const code = `${cfnResponse}
      const { createHash, createHmac } = require("crypto");
      const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
      exports.handler = async (event) => {
        const env = process.env, url = new URL(env.AWS_ENDPOINT_URL + "/2015-03-31/functions/echo/invocations");
        const time = new Date().toISOString().replace(/[-:]|\\.\\d+/g, ""), scope = time.slice(0, 8) + "/us-east-1/lambda/aws4_request";
        const sha = createHash("sha256").update("{}").digest("hex"), signed = "host;x-amz-date;x-amz-security-token";
        const canonical = ["POST", url.pathname, "", "host:" + url.host, "x-amz-date:" + time, "x-amz-security-token:" + env.AWS_SESSION_TOKEN, "", signed, sha].join("\\n");
        const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(canonical).digest("hex")].join("\\n");
        const key = scope.split("/").reduce(hmac, "AWS4" + env.AWS_SECRET_ACCESS_KEY);
        const authorization = "AWS4-HMAC-SHA256 Credential=" + env.AWS_ACCESS_KEY_ID + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hmac(key, text).toString("hex");
        const reply = await fetch(url, { method: "POST", body: "{}", headers: { authorization, "x-amz-date": time, "x-amz-security-token": env.AWS_SESSION_TOKEN } });
        await respond(event, { PhysicalResourceId: "x", Data: { Status: String(reply.status) } });
      };`;
    const stack = await deploy(name, {
      Resources: {
        Role: role(...actions),
        Provider: lambda(code),
        Permission: {
          Type: "AWS::Lambda::Permission",
          Properties: {
            Action: "lambda:InvokeFunction",
            FunctionName: "echo",
            Principal: "sns.amazonaws.com",
            ...permission,
          },
        },
        Seed: { ...custom(), DependsOn: "Permission" },
      },
      Outputs: { Status: { Value: { "Fn::GetAtt": ["Seed", "Status"] } } },
    });
    expect(outputsOf(stack)).toEqual({ Status: status });
    await client.send(new DeleteStackCommand({ StackName: name }));
    await settled(stack.StackId ?? "");
  });
});
