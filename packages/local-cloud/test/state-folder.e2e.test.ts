import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import { AwsClient } from "aws4fetch";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";

/** Linux lets root mount, in a container only with the right. */
const canMount = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), "local-cloud-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  if (status === 0) execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true });
  return status === 0;
})();
if (!canMount)
  process.stderr.write("SKIPPED: a state folder on a full or read-only disk (mounting needs root)\n");

let folder: string;
let state: string;
let cli: AuthCli;
const running = new Set<Cloud>();
const patience = { timeout: 10_000 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-cloud-folder-"));
  state = join(folder, "state of mine");
  cli = await createAuthCli(folder, {});
});
afterEach(async () => {
  await Promise.all([...running].map((cloud) => end(cloud, "SIGKILL")));
  await cli.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Cloud {
  child: ChildProcess;
  environment: Record<string, string>;
  ssm: SSM;
  /** What it has printed on standard error. */
  printed: () => string;
}

const flags = ["local", "--json", "--quiet", "--port", "0", "--twitter-port", "0", "--state"];

function start(path = state): Promise<Cloud> {
  const child = spawn(process.execPath, [authCliPath, ...flags, path], { cwd: folder, env: cli.variables });
  let errors = "";
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.endsWith("}\n")) return;
      const { environment } = JSON.parse(output) as Pick<Cloud, "environment">;
      const { accessKeyId, secretAccessKey, endpoint } = keysOf(environment);
      const ssm = new SSM({ region: "us-east-1", endpoint, credentials: { accessKeyId, secretAccessKey } });
      const cloud = { child, environment, ssm, printed: () => errors };
      running.add(cloud);
      resolve(cloud);
    });
    child.once("close", (code) => reject(new Error(`exit code ${code}: ${errors}`)));
  });
}

async function end(cloud: Cloud, signal: NodeJS.Signals): Promise<void> {
  running.delete(cloud);
  const closed = new Promise((resolve) => cloud.child.once("close", resolve));
  if (cloud.child.kill(signal)) await closed;
}

function keysOf({
  AWS_ENDPOINT_URL: endpoint = "",
  AWS_ACCESS_KEY_ID: accessKeyId = "",
  AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
}: Record<string, string>) {
  return { endpoint, accessKeyId, secretAccessKey };
}

async function put({ ssm }: Cloud, name: string): Promise<void> {
  await ssm.putParameter({ Name: name, Value: "x".repeat(4000), Type: "String", Overwrite: true });
}

const isSaved = async (name: string): Promise<boolean> =>
  (await readFile(join(state, "state"))).includes(name);

async function names({ ssm }: Cloud): Promise<string[]> {
  const { Parameters: found = [] } = await ssm.getParametersByPath({ Path: "/mine" });
  return found.map(({ Name: name = "" }) => name).toSorted();
}

async function dynamoDb({ environment }: Cloud, operation: string, input: object): Promise<[number, string]> {
  const { endpoint, ...credentials } = keysOf(environment);
  const client = new AwsClient({ ...credentials, region: "us-east-1", service: "dynamodb", retries: 0 });
  const reply = await client.fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
    },
    body: JSON.stringify(input),
  });
  return [reply.status, await reply.text()];
}

const table = {
  TableName: "notes",
  BillingMode: "PAY_PER_REQUEST",
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
};

/** A table takes items when it is active. */
async function createTable(cloud: Cloud): Promise<void> {
  expect((await dynamoDb(cloud, "CreateTable", table))[0]).toBe(200);
  await expect
    .poll(() => dynamoDb(cloud, "DescribeTable", { TableName: table.TableName }), patience)
    .toEqual([200, expect.stringContaining('"TableStatus":"ACTIVE"')]);
}

const item = (id: string, size = 1) => ({
  TableName: "notes",
  Item: { id: { S: id }, text: { S: "x".repeat(size) } },
});

async function items(cloud: Cloud): Promise<string[]> {
  const [, body] = await dynamoDb(cloud, "Scan", { TableName: "notes" });
  const { Items: found } = JSON.parse(body) as { Items: { id: { S: string } }[] };
  return found.map(({ id }) => id.S).toSorted();
}

/** What auth-cli says of a folder that it cannot use. */
async function refusal(path = state): Promise<{ message: string; cause: string; fix: string }> {
  const { stderr, stdout } = await cli.run([...flags, path]);
  expect(stdout).toBe("");
  const { error } = JSON.parse(stderr) as { error: { message: string; cause: string; fix: string } };
  return { message: error.message, cause: error.cause, fix: error.fix };
}

describe.skipIf(!canMount)("a state folder on a disk of its own", () => {
  let disk: string;

  beforeEach(async () => {
    disk = join(folder, "disk");
    state = join(disk, "state of mine");
    await mkdir(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", disk]);
  });
  afterEach(() => {
    execFileSync("umount", ["--lazy", disk]);
  });

  const fillUp = async (): Promise<void> => {
    await expect(writeFile(join(disk, "filler"), Buffer.alloc(4 << 20))).rejects.toMatchObject({
      code: "ENOSPC",
    });
  };
  const freeUp = (): Promise<void> => rm(join(disk, "filler"));

  test("that is full: goes on, says so, and loses nothing that it had saved or has saved since", async () => {
    const first = await start();
    await put(first, "/mine/a");
    await createTable(first);
    expect((await dynamoDb(first, "PutItem", item("one")))[0]).toBe(200);
    await expect.poll(() => isSaved("/mine/a"), patience).toBe(true);
    await fillUp();
    await put(first, "/mine/b");
    await expect
      .poll(first.printed, patience)
      .toContain(`cannot save the state in ${state}: the disk is full. The state saved before is kept.`);
    const [status, refused] = await dynamoDb(first, "PutItem", item("two", 300_000));
    expect(status).toBe(500);
    expect(refused).toContain(`with the tables in ${state}/dynamodb: `);
    expect(refused).toContain("No space left on device. Free some space, then try again.");
    expect(await names(first)).toEqual(["/mine/a", "/mine/b"]);
    await freeUp();
    expect((await dynamoDb(first, "PutItem", item("three")))[0]).toBe(200);
    await expect.poll(() => isSaved("/mine/b"), patience).toBe(true);
    await fillUp();
    await put(first, "/mine/c");
    await end(first, "SIGKILL");
    const before = await readdir(state);
    expect(await refusal()).toEqual({
      message: `cannot save the state in ${state}`,
      cause: "the disk is full",
      fix: "free some space, or pass another folder with --state",
    });
    expect(await readdir(state)).toEqual(before);
    await freeUp();
    const again = await start();
    expect(again.environment).toEqual(first.environment);
    expect(await names(again)).toEqual(["/mine/a", "/mine/b"]);
    expect(await items(again)).toEqual(["one", "three"]);
  });

  test("that is read-only", async () => {
    await end(await start(), "SIGTERM");
    const saved = await readFile(join(state, "state"));
    execFileSync("mount", ["-o", "remount,ro", disk]);
    expect(await refusal()).toEqual({
      message: `cannot use the state folder ${state}`,
      cause: "the file system is read-only",
      fix: "check its path and permissions, or pass another folder with --state",
    });
    expect(await readFile(join(state, "state"))).toEqual(saved);
  });
});

test.each([
  ["a file", "a file exists in its place"],
  ["no/such/folder", "the folder above it does not exist"],
])("a state folder that is %s is refused", async (name, cause) => {
  const path = join(folder, name);
  await writeFile(join(folder, "a file"), "mine");
  expect(await refusal(path)).toMatchObject({ message: `cannot use the state folder ${path}`, cause });
  expect(await readFile(join(folder, "a file"), "utf8")).toBe("mine");
});

test("damaged tables are named, and all else works", async () => {
  const first = await start();
  await put(first, "/mine/a");
  await createTable(first);
  await end(first, "SIGTERM");
  await writeFile(join(state, "dynamodb", "CURRENT"), "MANIFEST-000002");
  const again = await start();
  const [status, refused] = await dynamoDb(again, "ListTables", {});
  expect(status).toBe(500);
  expect(refused).toContain(`with the tables in ${state}/dynamodb: Corruption: CURRENT`);
  expect(refused).toContain("move the state folder aside and deploy again");
  expect(await names(again)).toEqual(["/mine/a"]);
});
