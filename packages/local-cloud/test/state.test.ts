import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudFormation, waitUntilStackCreateComplete } from "@aws-sdk/client-cloudformation";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { SSM } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { httpApi, lambdaFunction, lambdaRole, resource } from "@api-auth-twitter/test-support/templates";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

/** An HTTP API that answers with its stage's name, padded so that its code is in a file of its own. */
function templateOf(stage: string): string {
  const code = `exports.handler = async () => "hello from ${stage}"; /* ${randomBytes(6000).toString("base64")} */`;
  return JSON.stringify({
    Resources: {
      Role: lambdaRole(),
      Function: lambdaFunction(code),
      ...httpApi({ "GET /": "Function" }),
    },
    Outputs: { Url: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
  });
}

let folder: string;
let cloud: LocalCloud | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-cloud-state-"));
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(stateFolder = folder): Promise<LocalCloud> {
  cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, stateFolder });
  return cloud;
}

async function stop(): Promise<void> {
  await cloud?.close();
  cloud = undefined;
}

function settingsOf({ environment, awsUrl }: LocalCloud) {
  return {
    endpoint: awsUrl,
    region: "us-east-1",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  };
}

/** @returns the address of its API */
async function deploy(on: LocalCloud, stage: string): Promise<string> {
  const client = new CloudFormation(settingsOf(on));
  await client.createStack({
    StackName: stage,
    TemplateBody: templateOf(stage),
    Capabilities: ["CAPABILITY_IAM"],
  });
  await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 20 }, { StackName: stage });
  const { Stacks: stacks } = await client.describeStacks({ StackName: stage });
  return stacks?.[0]?.Outputs?.[0]?.OutputValue ?? "";
}

describe("a local cloud with a state folder", () => {
  it("goes on after a restart: keys, ports, stages, parameters", async () => {
    const first = await start();
    const url = await deploy(first, "dev");
    expect(await (await fetch(url)).text()).toBe("hello from dev");
    await new SSM(settingsOf(first)).putParameter({ Name: "/a", Value: "1", Type: "String" });
    await stop();
    const second = await start();
    expect([second.id, second.environment]).toEqual([first.id, first.environment]);
    expect(await (await fetch(url)).text()).toBe("hello from dev");
    const { Parameter: parameter } = await new SSM(settingsOf(second)).getParameter({ Name: "/a" });
    expect(parameter?.Value).toBe("1");
    await new CloudFormation(settingsOf(second)).deleteStack({ StackName: "dev" });
    await expect.poll(() => fetch(url).catch(() => "gone")).toBe("gone");
  });

  it("continues its schedules and alarms at the time it had reached", async () => {
    const functionArn = { "Fn::GetAtt": ["Function", "Arn"] };
    const template = {
      Resources: {
        Role: lambdaRole(),
        Function: lambdaFunction("exports.handler = async () => {}"),
        Rule: resource("Events::Rule", {
          ScheduleExpression: "rate(10 minutes)",
          Targets: [{ Id: "t", Arn: functionArn }],
        }),
        Permission: resource("Lambda::Permission", {
          Action: "lambda:InvokeFunction",
          Principal: "events.amazonaws.com",
          FunctionName: functionArn,
        }),
        Alarm: resource("CloudWatch::Alarm", {
          AlarmName: "runs",
          Namespace: "AWS/Lambda",
          MetricName: "Invocations",
          Dimensions: [{ Name: "FunctionName", Value: { Ref: "Function" } }],
          Statistic: "Sum",
          Period: 1200,
          EvaluationPeriods: 1,
          Threshold: 2,
          ComparisonOperator: "GreaterThanOrEqualToThreshold",
        }),
      },
    };
    const alarm = async (on: LocalCloud): Promise<string | undefined> =>
      (await new CloudWatch(settingsOf(on)).describeAlarms({})).MetricAlarms?.[0]?.StateValue;
    const first = await start();
    const client = new CloudFormation(settingsOf(first));
    const stack = { StackName: "canary" };
    await client.createStack({
      ...stack,
      TemplateBody: JSON.stringify(template),
      Capabilities: ["CAPABILITY_IAM"],
    });
    await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 20 }, stack);
    await first.fastForward();
    expect(await alarm(first)).toBe("OK");
    await stop();
    const second = await start();
    expect(await alarm(second)).toBe("OK");
    await second.fastForward();
    expect(await alarm(second)).toBe("ALARM");
  });

  it("has each stage whole after the process was killed", async () => {
    const running = await start();
    const killed = await mkdtemp(join(tmpdir(), "local-cloud-killed-"));
    try {
      const url = await deploy(running, "one");
      await expect.poll(async () => (await readFile(join(folder, "state"))).includes(url)).toBe(true);
      const deployment = deploy(running, "two");
      // What a killed process leaves: at any moment the files as they are.
      await cp(folder, killed, { recursive: true, filter: (path) => !/\.tmp$|lock$/.test(path) });
      await deployment;
      await stop();
      const again = await start(killed);
      expect(await (await fetch(url)).text()).toBe("hello from one");
      const { Stacks: stacks = [] } = await new CloudFormation(settingsOf(again)).describeStacks({});
      for (const { StackStatus: status } of stacks) expect(status).toBe("CREATE_COMPLETE");
    } finally {
      await stop();
      await rm(killed, { recursive: true, force: true });
    }
  });

  it("belongs to one local cloud at a time", async () => {
    await start();
    const second = startLocalCloud({ awsPort: 0, twitterPort: 0, stateFolder: folder });
    await expect(second).rejects.toMatchObject({
      fault: "in-use",
      message: `process ${process.pid} uses it`,
    });
  });

  it.each([JSON.stringify({ id: "x", pid: 2 ** 22 + 1 }), ""])(
    "takes over from a process that has ended: %j",
    async (lock) => {
      await writeFile(join(folder, "lock"), lock);
      await start();
      expect(await readFile(join(folder, "lock"), "utf8")).toContain(`"pid":${process.pid}`);
    },
  );

  it("goes on when it cannot save, says so once, and keeps what it has saved", async () => {
    const warnings: string[] = [];
    cloud = await startLocalCloud({
      awsPort: 0,
      twitterPort: 0,
      stateFolder: folder,
      warn: (line) => warnings.push(line),
    });
    const saved = await readFile(join(folder, "state"));
    const client = new SSM(settingsOf(cloud));
    const failures = (): string[] => warnings.filter((line) => line.startsWith("cannot save the state in"));
    // As a full disk, a folder in place of the file refuses the last step of a write.
    await rename(join(folder, "state"), join(folder, "state.kept"));
    await mkdir(join(folder, "state", "full"), { recursive: true });
    await client.putParameter({ Name: "/a", Value: "1", Type: "String" });
    await expect.poll(failures).toHaveLength(1);
    await client.putParameter({ Name: "/b", Value: "1", Type: "String" });
    expect((await client.getParameter({ Name: "/b" })).Parameter?.Value).toBe("1");
    await stop();
    expect(failures()).toHaveLength(1);
    expect(await readFile(join(folder, "state.kept"))).toEqual(saved);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("refuses a folder of others, and leaves nothing in it", async () => {
    await writeFile(join(folder, "thesis.tex"), "");
    await expect(start()).rejects.toMatchObject({ fault: "foreign", message: 'it contains "thesis.tex"' });
    expect(await readdir(folder)).toEqual(["thesis.tex"]);
  });

  it.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 10), "damaged"],
    ["changed", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(1)]), "damaged"],
    ["empty", () => Buffer.alloc(0), "damaged"],
    [
      "a newer version's",
      (bytes: Buffer) =>
        Buffer.from(bytes.toString("latin1").replace('"version":1', '"version":2'), "latin1"),
      "newer",
    ],
  ])("refuses a state that is %s, and keeps it", async (_what, change, fault) => {
    await start();
    await stop();
    const path = join(folder, "state");
    const changed = change(await readFile(path));
    await writeFile(path, changed);
    await expect(start()).rejects.toMatchObject({ fault, folder });
    expect(await readFile(path)).toEqual(changed);
    expect(await readdir(folder)).not.toContain("lock");
  });

  it("refuses a state that lacks an object", async () => {
    const running = await start();
    await deploy(running, "dev");
    await stop();
    const [object = "none", ...others] = await readdir(join(folder, "objects"));
    expect(others).toEqual([]);
    await rm(join(folder, "objects", object));
    await expect(start()).rejects.toMatchObject({ fault: "damaged" });
  });
});
