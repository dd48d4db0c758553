import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healthyDescription } from "../src/settings.ts";
import { type CanaryWorld, startCanaryWorld } from "./canary-world.ts";

interface Alarm {
  state: string;
  description: string;
}

function createClient(accessKeyId = "", secretAccessKey = "", sessionToken?: string): AwsClient {
  const token = sessionToken === undefined ? {} : { sessionToken };
  return new AwsClient({ accessKeyId, secretAccessKey, ...token, region: "us-east-1", retries: 0 });
}

/** One healthy stage and four broken ones, a canary that the real cdk deploys, and time that passes on request. */
describe("the canary in the local cloud", () => {
  let world: CanaryWorld;
  /** Of the last run. */
  const logged: string[] = [];
  /** Everything that the function has printed and that alarms have said. */
  const shown: string[] = [];
  const secrets = new Set<string>();

  beforeAll(async () => {
    const stages = {
      healthy: {},
      open: { open: true },
      revoked: {},
      otherApp: { otherApp: true },
      unpermitted: { unpermitted: true },
      gone: { gone: true },
    };
    world = await startCanaryWorld(stages, (line) => {
      logged.push(line);
      if (/^(lambda|cloudwatch) /.test(line)) shown.push(line);
    });
    const alice = await world.logIn("alice", "healthy");
    const bob = await world.logIn("bob", "revoked");
    await json("secretsmanager", "CreateSecret", {
      Name: "notes/canary",
      SecretString: keepSecret({ ...alice, stages: { revoked: bob } }),
    });
    const { code, stderr } = await world.cli.run(["logout", "--stage", "revoked", "--revoke"]);
    if (code !== 0) throw new Error(stderr);
    await world.deploy();
  });
  afterAll(() => world.close());

  /** @returns a value for the secret, whose texts must not be shown */
  function keepSecret(value: string | Record<string, unknown>): string {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    secrets.add(text);
    for (const [, name, each] of text.matchAll(/"(\w+)":"([^"]+)"/g))
      if (name !== "consumerKey") secrets.add(each ?? "");
    return text;
  }

  const deployer = (): AwsClient =>
    createClient(
      world.cloud.environment["AWS_ACCESS_KEY_ID"],
      world.cloud.environment["AWS_SECRET_ACCESS_KEY"],
    );

  /** A call in AWS's JSON protocol. */
  async function json(service: string, operation: string, input: object, as = deployer()): Promise<string> {
    const response = await as.fetch(world.cloud.awsUrl, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${service}.${operation}` },
      body: JSON.stringify(input),
      aws: { service },
    });
    return response.text();
  }

  /** A call in AWS's query protocol. */
  async function query(
    service: string,
    version: string,
    parameters: Record<string, string>,
    as = deployer(),
  ): Promise<string> {
    const response = await as.fetch(world.cloud.awsUrl, {
      method: "POST",
      body: new URLSearchParams({ Version: version, ...parameters }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      aws: { service },
    });
    return response.text();
  }

  const put = (text: string): Promise<string> =>
    json("secretsmanager", "PutSecretValue", { SecretId: "notes/canary", SecretString: text });
  const cloudFormation = (parameters: Record<string, string>, as?: AwsClient): Promise<string> =>
    query("cloudformation", "2010-05-15", { StackName: "Notes", ...parameters }, as);
  const cloudWatch = (parameters: Record<string, string>, as?: AwsClient): Promise<string> =>
    query("monitoring", "2010-08-01", parameters, as);

  /** Lets five minutes pass. @returns the alarms by stage */
  async function nextRun(): Promise<Record<string, Alarm>> {
    logged.length = 0;
    await world.cloud.fastForward(300);
    const described = await cloudWatch({ Action: "DescribeAlarms" });
    return Object.fromEntries(
      described
        .split("<AlarmName>")
        .slice(1)
        .map((alarm) => [
          /^Notes-Canary-(\w+)</.exec(alarm)?.[1],
          {
            state: /<StateValue>(\w+)</.exec(alarm)?.[1] ?? "",
            description: unescaped(/<AlarmDescription>(.*?)</s.exec(alarm)?.[1] ?? ""),
          },
        ]),
    );
  }

  /** All of an alarm but its description and its state. */
  const settingsOf = async (stage: string): Promise<string> =>
    (await cloudWatch({ Action: "DescribeAlarms", "AlarmNames.member.1": `Notes-Canary-${stage}` }))
      .replaceAll(/<(AlarmDescription|State\w+|\w+Timestamp|RequestId)>.*?<\/\1>/gs, "")
      .replaceAll(stage, "…");

  /** Changes the stack of the canary without cdk. */
  async function update(edit: (template: Template) => void): Promise<void> {
    const template = JSON.parse(
      await readFile(join(world.folder, "cdk.out/Notes.template.json"), "utf8"),
    ) as Template;
    edit(template);
    const updated = await cloudFormation({
      Action: "UpdateStack",
      TemplateBody: JSON.stringify(template),
      "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
    });
    expect(updated).toContain("<UpdateStackResponse");
    await expect
      .poll(() => cloudFormation({ Action: "DescribeStacks" }), { timeout: 20_000 })
      .toContain("<StackStatus>UPDATE_COMPLETE<");
  }

  it("raises an alarm for each broken stage, whose text names the cause and the fix", async () => {
    const { healthy, open, revoked, otherApp, unpermitted, gone } = await nextRun();
    expect(healthy).toEqual({ state: "OK", description: healthyDescription("healthy", { every: 5 }) });
    for (const broken of [open, revoked, otherApp, unpermitted, gone]) expect(broken?.state).toBe("ALARM");
    expect(open?.description).toMatch(
      /^The stage open is broken\. private\.unsigned of GET \/notes: .* Cause: the route is open.* Fix: set `authorizer/,
    );
    expect(revoked?.description).toMatch(
      /^The stage revoked is broken\. cognito\.get-id: .* Cause: the user or X revoked the access token.* Fix: run `auth-cli login --stage revoked` and put the new token into the secret notes\/canary\./,
    );
    expect(otherApp?.description).toMatch(
      /^The stage otherApp is broken\. cognito\.get-id: .* Cause: .*the identity pool has the wrong consumer key or secret.* Fix: run `npx cdk deploy/,
    );
    expect(gone?.description).toMatch(
      /^The stage gone is broken\. \S+ of GET \/notes: cannot reach .* Fix: check that/,
    );
    // Without the deployer's credentials, a handler that refuses looks the same.
    expect(unpermitted?.description).toMatch(
      /^The stage unpermitted is broken\. private\.signed of GET \/notes: .* Cause: .*the role's policy.* Fix: .*`auth-cli doctor --deep --stage unpermitted`/,
    );
  });

  it("leaves the other settings of an alarm as they are", async () => {
    const changed = await settingsOf("open");
    expect(changed).toContain("arn:aws:sns:us-east-1:000000000000:alerts");
    expect(changed).toBe(await settingsOf("healthy"));
  });

  it("writes a line for each check", () => {
    expect(logged.join("\n")).toContain('"Check":"private.signed"');
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "is not JSON",
      () => put(keepSecret("plain-token;plain-secret")),
      /the secret notes\/canary is not a JSON object\. .*--format canary/,
    ],
    [
      "has no token secret",
      () => put(keepSecret({ accessToken: "12-lonelyToken" })),
      /no login in the secret notes\/canary\. Cause: a login has accessToken and accessTokenSecret/,
    ],
    [
      "has a wrong token secret",
      async () =>
        put(
          keepSecret({ ...(await world.logIn("alice", "healthy")), accessTokenSecret: "wrongTokenSecret" }),
        ),
      /Cause: the access token secret does not belong to the access token\. Fix: .* into the secret notes\/canary/,
    ],
    [
      "has a wrong consumer key",
      async () =>
        put(keepSecret({ ...(await world.logIn("alice", "healthy")), consumerKey: "wrongConsumerKey" })),
      /Fix: copy API Key and API Key Secret .* into consumerKey and consumerSecret of the secret notes\/canary/,
    ],
    [
      "is deleted",
      () => json("secretsmanager", "DeleteSecret", { SecretId: "notes/canary" }),
      /the secret notes\/canary is deleted\. .*restore-secret/,
    ],
  ])("names the problem of a secret that %s", async (_name, spoil, description) => {
    await spoil();
    const { healthy } = await nextRun();
    expect(healthy?.state).toBe("ALARM");
    expect(healthy?.description).toMatch(description);
    await json("secretsmanager", "RestoreSecret", { SecretId: "notes/canary" });
  });

  it("names X while it cannot be reached", async () => {
    await update(({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type !== "AWS::Lambda::Function") continue;
        const { Variables } = Properties["Environment"] as { Variables: Record<string, unknown> };
        Variables["TWITTER_API_URL"] = "http://127.0.0.1:9";
      }
    });
    await put(keepSecret(await world.logIn("alice", "healthy")));
    expect((await nextRun())["healthy"]?.description).toMatch(
      /^The stage healthy is broken\. twitter\.token: cannot reach 127\.0\.0\.1:9\./,
    );
    await update(() => {});
  });

  it("is silent again once the token is replaced", async () => {
    await put(keepSecret(await world.logIn("alice", "healthy")));
    const { revoked, open } = await nextRun();
    expect(revoked).toEqual({ state: "OK", description: healthyDescription("revoked", { every: 5 }) });
    expect(open?.state).toBe("ALARM");
  });

  it("may do what its role names, and nothing else", async () => {
    await update(({ Resources }) => {
      const [canary] = Object.values(Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
      Resources["Probe"] = {
        Type: "AWS::Lambda::Function",
        Properties: {
          ...canary?.Properties,
          FunctionName: "probe",
          Environment: undefined,
          Code: { ZipFile: "exports.handler = async () => process.env;" },
        },
      };
    });
    const invoked = await deployer().fetch(`${world.cloud.awsUrl}/2015-03-31/functions/probe/invocations`, {
      method: "POST",
      aws: { service: "lambda" },
    });
    const keys = (await invoked.json()) as Record<string, string>;
    const role = createClient(
      keys["AWS_ACCESS_KEY_ID"],
      keys["AWS_SECRET_ACCESS_KEY"],
      keys["AWS_SESSION_TOKEN"],
    );
    await json("secretsmanager", "CreateSecret", { Name: "notes/other", SecretString: "x" });
    const asked = { Action: "DescribeAlarms", "AlarmNames.member.1": "Notes-Canary-open" };
    expect(await json("secretsmanager", "GetSecretValue", { SecretId: "notes/canary" }, role)).toContain(
      "SecretString",
    );
    expect(await cloudWatch(asked, role)).toContain("Notes-Canary-open");
    const refused = {
      "another secret": json("secretsmanager", "GetSecretValue", { SecretId: "notes/other" }, role),
      "a change of the secret": json(
        "secretsmanager",
        "PutSecretValue",
        { SecretId: "notes/canary", SecretString: "x" },
        role,
      ),
      "all alarms": cloudWatch({ Action: "DescribeAlarms" }, role),
      "another alarm": cloudWatch({ ...asked, "AlarmNames.member.1": "Other" }, role),
      "removing an alarm": cloudWatch(
        { Action: "DeleteAlarms", "AlarmNames.member.1": "Notes-Canary-open" },
        role,
      ),
      "the stacks": cloudFormation({ Action: "DescribeStacks" }, role),
    };
    for (const [name, reply] of Object.entries(refused)) expect(await reply, name).toMatch(/AccessDenied/);
  });

  it.each<[string, (alarms: Record<string, Alarm>) => void | Promise<void>]>([
    [
      "secretsmanager:GetSecretValue",
      ({ healthy }) => {
        expect(healthy?.state).toBe("ALARM");
        expect(healthy?.description).toMatch(
          /^The stage healthy is broken\. twitter\.token: .*secretsmanager:GetSecretValue.*Fix: .*deploy the canary again/,
        );
      },
    ],
    [
      "cloudwatch:DescribeAlarms",
      ({ open }) => {
        // The alarms still rise, without the cause.
        expect(open?.state).toBe("ALARM");
        expect(logged.join("\n")).toMatch(/cannot write the cause into the alarm: .*DescribeAlarms/);
      },
    ],
    [
      "cloudwatch:PutMetricAlarm",
      ({ healthy }) => {
        expect(healthy?.state).toBe("OK");
        expect(healthy?.description).toContain("is broken");
        expect(logged.join("\n")).toMatch(/cannot write the cause into the alarm: .*PutMetricAlarm/);
      },
    ],
    [
      "logs:CreateLogStream",
      () => expect(logged.join("\n")).toContain("its role lacks logs:CreateLogStream"),
    ],
    [
      "logs:PutLogEvents",
      async () => {
        // Without metrics, an alarm rises after three periods.
        await nextRun();
        const { healthy } = await nextRun();
        expect(healthy).toEqual({ state: "ALARM", description: healthyDescription("healthy", { every: 5 }) });
      },
    ],
  ])("without %s loses exactly that", async (action, check) => {
    await update(({ Resources }) => {
      const [{ Properties } = { Properties: {} }] = Object.values(Resources).filter(
        ({ Type }) => Type === "AWS::IAM::Role",
      );
      const [policy] = (Properties as Record<string, unknown>)["Policies"] as {
        PolicyDocument: { Statement: { Action: string | string[] }[] };
      }[];
      if (policy === undefined) throw new Error("the role has no policy");
      const { Statement } = policy.PolicyDocument;
      policy.PolicyDocument.Statement = Statement.flatMap((statement) => {
        const actions = [statement.Action].flat().filter((each) => each !== action);
        return actions.length === 0 ? [] : [{ ...statement, Action: actions }];
      });
      expect(JSON.stringify(policy)).not.toContain(action);
    });
    await check(await nextRun());
  });

  it("has shown no secret in any of these states", async () => {
    secrets.add(world.cloud.environment["AWS_SECRET_ACCESS_KEY"] ?? "");
    secrets.add(world.cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "");
    const text = unescaped(shown.join("\n")).replaceAll('\\"', '"');
    expect(text).toContain("The stage healthy is broken");
    for (const [index, secret] of [...secrets].entries())
      expect(text.includes(secret), `secret ${index}`).toBe(false);
    // Temporary credentials: access keys and session tokens.
    expect(text).not.toMatch(/ASIA[A-Z0-9]{16}|[A-Za-z0-9+/=]{120}/);
    for (const file of ["Notes.template.json", "Notes.assets.json"]) {
      const written = await readFile(join(world.folder, "cdk.out", file), "utf8");
      for (const secret of secrets) expect(written.includes(secret), file).toBe(false);
    }
  });
});

describe("the package of the canary", () => {
  it("has the construct with its types, and one bundle below 1 MB", async () => {
    const { stdout } = await runProcess("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
      cwd: join(import.meta.dirname, ".."),
      env: process.env,
    });
    const [{ files } = { files: [] }] = JSON.parse(stdout) as { files: { path: string; size: number }[] }[];
    expect(files.map(({ path }) => path).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dist/THIRD-PARTY-LICENSES.txt",
      "dist/canary.d.ts",
      "dist/canary.js",
      "dist/handler/index.js",
      "dist/package.json",
      "package.json",
    ]);
    expect(files.find(({ path }) => path === "dist/handler/index.js")?.size).toBeLessThanOrEqual(1_000_000);
  });
});

interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

function unescaped(xml: string): string {
  return xml
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
