import { deepEqual, equal, match } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CloudFormation, type Stack } from "@aws-sdk/client-cloudformation";
import { AwsClient } from "aws4fetch";
import { expect, test } from "vitest";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { isLongRun } from "@api-auth-twitter/test-support/test-runs";
import { httpApi, lambdaFunction, lambdaRole, resource } from "@api-auth-twitter/test-support/templates";
import { logInHere } from "../../../cli/test/run-here.ts";

const hashKey = (name: string) => [{ AttributeName: name, KeyType: "HASH" }];

/** An API that answers with its version, a table with an index in odd versions, and a pool for users of Twitter. */
function templateOf(stage: string, version: number, environment: Record<string, string>): string {
  const index = { IndexName: "by-text", KeySchema: hashKey("text"), Projection: { ProjectionType: "ALL" } };
  const isOdd = version % 2 === 1;
  const { TWITTER_CONSUMER_KEY, TWITTER_CONSUMER_SECRET } = environment;
  return JSON.stringify({
    Resources: {
      Role: lambdaRole(),
      Function: lambdaFunction(`exports.handler = async () => "${stage} ${version}"; //${"-".repeat(5000)}`),
      ...httpApi({ "GET /": "Function" }),
      Table: resource("DynamoDB::Table", {
        // SST's tables have names of their own, too.
        TableName: `${stage}-notes`,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: hashKey("id"),
        AttributeDefinitions: ["id", ...(isOdd ? ["text"] : [])].map((AttributeName) => ({
          AttributeName,
          AttributeType: "S",
        })),
        ...(isOdd && { GlobalSecondaryIndexes: [index] }),
      }),
      Pool: resource("Cognito::IdentityPool", {
        AllowUnauthenticatedIdentities: false,
        SupportedLoginProviders: {
          "api.twitter.com": `${TWITTER_CONSUMER_KEY};${TWITTER_CONSUMER_SECRET}`,
        },
      }),
      Users: resource("IAM::Role", {
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: "sts:AssumeRoleWithWebIdentity",
              Principal: { Federated: "cognito-identity.amazonaws.com" },
              Condition: { StringEquals: { "cognito-identity.amazonaws.com:aud": { Ref: "Pool" } } },
            },
          ],
        },
      }),
      Roles: resource("Cognito::IdentityPoolRoleAttachment", {
        IdentityPoolId: { Ref: "Pool" },
        Roles: { authenticated: { "Fn::GetAtt": ["Users", "Arn"] } },
      }),
    },
    Outputs: {
      Url: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } },
      Pool: { Value: { Ref: "Pool" } },
      Version: { Value: String(version) },
    },
  });
}

interface RunningCloud {
  child: ChildProcess;
  environment: Record<string, string>;
}

/** `auth-cli local --state`, in a process of its own. */
function start(cli: AuthCli, state: string): Promise<RunningCloud> {
  const args = [authCliPath, "local", "--json", "--quiet", "--port", "0", "--twitter-port", "0"];
  const child = spawn(process.execPath, [...args, "--state", state], { cwd: cli.home, env: cli.variables });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.endsWith("}\n"))
        resolve({ ...(JSON.parse(printed) as Omit<RunningCloud, "child">), child });
    });
    child.once("close", (code) => reject(new Error(`exit code ${code}: ${output}`)));
  });
}

async function kill({ child }: RunningCloud): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await closed;
}

/** Clients that do not try again: the cloud is killed under them. */
function clientsOf(environment: Record<string, string>) {
  const {
    AWS_ENDPOINT_URL: endpoint = "",
    AWS_ACCESS_KEY_ID: accessKeyId = "",
    AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
  } = environment;
  const credentials = { accessKeyId, secretAccessKey };
  const cloudFormation = new CloudFormation({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  const signer = new AwsClient({ ...credentials, region: "us-east-1", service: "dynamodb", retries: 0 });
  const ask = async <T>(target: string, input: object, send: typeof fetch): Promise<T> => {
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
    const reply = await send(endpoint, { method: "POST", headers, body: JSON.stringify(input) });
    const body: unknown = await reply.json();
    if (!reply.ok) throw new Error(`${target}: ${JSON.stringify(body)}`);
    return body as T;
  };
  return {
    cloudFormation,
    dynamoDb: <T>(operation: string, input: object) =>
      ask<T>(`DynamoDB_20120810.${operation}`, input, (url, init) => signer.fetch(url, init)),
    getId: async (pool: string, login: string) =>
      (
        await ask<{ IdentityId: string }>(
          "AWSCognitoIdentityService.GetId",
          { IdentityPoolId: pool, Logins: { "api.twitter.com": login } },
          fetch,
        )
      ).IdentityId,
  };
}

type Clients = ReturnType<typeof clientsOf>;

const output = ({ Outputs: outputs = [] }: Stack, key: string): string =>
  outputs.find(({ OutputKey: name }) => name === key)?.OutputValue ?? "";

/** Mulberry32: the same seed has the same kills. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const seed = Number(process.env["TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const kills = isLongRun ? 200 : 5;

/** What must be there at the next start. */
interface Known {
  environment: Record<string, string> | undefined;
  /** Versions by the ARN of each stack that was there and that nothing has changed since. */
  stacks: Map<string, string>;
  /** Ids of the items that each stack's table has taken. */
  items: Map<string, Set<string>>;
  /** By login. */
  identities: Map<string, { pool: string; identity: string }>;
}

/** Compares everything with what is known, and learns what else is there. */
async function check(clients: Clients, environment: Record<string, string>, known: Known): Promise<Stack[]> {
  deepEqual(environment, known.environment ?? environment);
  known.environment = environment;
  const { Stacks: all = [] } = await clients.cloudFormation.describeStacks({});
  const stacks = all.filter(({ StackName: name = "" }) => name.startsWith("stage-"));
  const found = new Map(stacks.map((stack) => [stack.StackId ?? "", output(stack, "Version")]));
  for (const [id, version] of known.stacks) equal(found.get(id), version, `the version of ${id}`);
  known.stacks = found;

  const { TableNames: tables } = await clients.dynamoDb<{ TableNames: string[] }>("ListTables", {});
  deepEqual(tables, stacks.map(({ StackName: name }) => `${name}-notes`).toSorted());
  for (const stack of stacks) {
    const { StackName: name = "", StackId: id = "", StackStatus: status = "" } = stack;
    match(status, /^(CREATE|UPDATE)_COMPLETE$/);
    const version = output(stack, "Version");
    equal(await (await fetch(output(stack, "Url"))).text(), `${name} ${version}`);
    const TableName = `${name}-notes`;
    const { Table: table } = await clients.dynamoDb<{
      Table: { TableName: string; GlobalSecondaryIndexes?: unknown[] };
    }>("DescribeTable", { TableName });
    equal(table.TableName, TableName);
    const { GlobalSecondaryIndexes: indexes = [] } = table;
    equal(indexes.length, Number(version) % 2, `indexes of ${name} ${version}`);
    const { Items: items } = await clients.dynamoDb<{ Items: { id: { S: string } }[] }>("Scan", {
      TableName,
    });
    const ids = new Set(items.map((item) => item.id.S));
    deepEqual(
      [...(known.items.get(id) ?? [])].filter((item) => !ids.has(item)),
      [],
      `items that ${name} has lost`,
    );
  }
  for (const [login, { pool, identity }] of known.identities) {
    if (stacks.some((stack) => output(stack, "Pool") === pool)) {
      equal(await clients.getId(pool, login), identity);
    } else known.identities.delete(login);
  }
  return stacks;
}

/** @returns what was done before the kills */
async function killAgainAndAgain(cli: AuthCli, state: string): Promise<ReadonlySet<string>> {
  const random = randomOf(seed);
  const known: Known = { environment: undefined, stacks: new Map(), items: new Map(), identities: new Map() };
  const done = new Set<string>();
  for (let round = 0; ; round += 1) {
    const cloud = await start(cli, state);
    try {
      const { environment } = cloud;
      const clients = clientsOf(environment);
      const stacks = await check(clients, environment, known);
      if (round === kills) return done;
      const [first] = stacks;
      if (first !== undefined && random(isLongRun ? 8 : 2) === 0) {
        const pool = output(first, "Pool");
        const login = await logIn(cli, environment, `user${round}`, pool);
        const identity = await clients.getId(pool, login);
        while (!(await readFile(join(state, "state"))).includes(identity)) await delay(20);
        known.identities.set(login, { pool, identity });
        done.add("login");
      }
      const name = `stage-${random(3)}`;
      const work: Promise<unknown>[] = stacks.flatMap(({ StackName: other = "", StackId: id = "" }) =>
        other === name ? [] : [putItem(clients, other, String(round), known.items, id)],
      );
      const existing = stacks.find(({ StackName: other }) => other === name);
      known.stacks.delete(existing?.StackId ?? "");
      const change = existing === undefined ? "create" : random(3) === 0 ? "delete" : "update";
      done.add(change);
      const { cloudFormation } = clients;
      const input = {
        StackName: name,
        TemplateBody: templateOf(name, round, environment),
        Capabilities: ["CAPABILITY_IAM" as const],
      };
      if (change === "create") work.push(cloudFormation.createStack(input));
      else if (change === "update") work.push(cloudFormation.updateStack(input));
      else work.push(cloudFormation.deleteStack(input));
      const settled = Promise.allSettled(work);
      // Most kills hit the deploy and the save after it.
      await delay(random(random(4) === 0 ? 1500 : 300));
      await kill(cloud);
      await settled;
    } finally {
      await kill(cloud);
    }
  }
}

async function putItem(
  clients: Clients,
  stage: string,
  id: string,
  items: Known["items"],
  stackId: string,
): Promise<void> {
  await clients.dynamoDb("PutItem", {
    TableName: `${stage}-notes`,
    Item: { id: { S: id }, text: { S: "x".repeat(1000) } },
  });
  items.set(stackId, (items.get(stackId) ?? new Set()).add(id));
}

/** @returns the login as Cognito takes it */
async function logIn(
  cli: AuthCli,
  environment: Record<string, string>,
  user: string,
  pool: string,
): Promise<string> {
  Object.assign(cli.variables, environment);
  const { AWS_ENDPOINT_URL: endpoint = "" } = environment;
  const { code, stderr } = await logInHere(cli, user, ["--endpoint", endpoint, "--identity-pool-id", pool]);
  equal(code, 0, stderr);
  const { token, secret } = (await cli.storedTokens()).at(-1) ?? { token: "", secret: "" };
  return `${token};${secret}`;
}

test(`each of ${kills} kills leaves every stage whole or not at all, and the same keys (TEST_SEED=${seed})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "local-cloud-kills-"));
  const cli = await createAuthCli(folder, {});
  try {
    const done = await killAgainAndAgain(cli, join(folder, "state"));
    expect([...done]).toContain("create");
  } finally {
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  }
}, 1_200_000);
