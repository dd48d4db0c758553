import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type LocalCloud, startLocalCloud } from "@api-auth-twitter/local-cloud";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { quickNpmPath } from "@api-auth-twitter/test-support/quick-npm";
import { untilSettled } from "@api-auth-twitter/test-support/replay-stack";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { copySstApp, type SstApp, type SstDev } from "@api-auth-twitter/test-support/sst-app";
import { AwsClient } from "aws4fetch";
import { type ByteProxy, byteFaultNames, startByteProxy } from "./byte-proxy.ts";
import { type Campaign, type Case, type Random, runCases } from "./campaign.ts";
import { checkReport } from "./chaos.ts";
import { chaosFaultNames, type ChaosProxy, startChaosProxy } from "./chaos-proxy.ts";

type Variables = Record<string, string | undefined>;

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/* ── The world: a local cloud, and deployers and functions that know its proxies only ────────────────────────── */

interface World {
  cloud: LocalCloud;
  /** What it has logged since the last case. */
  lines: string[];
  aws: ChaosProxy;
  iot: ByteProxy;
  /** Secrets of the deployer and of the roles that tools have assumed. */
  secrets: Set<string>;
  /** Of the CDK and the aws CLI. */
  folder: string;
  sst: SstApp;
  live: SstApp;
  /** Logs in and calls. */
  cli: AuthCli;
  dev: { process: SstDev; url: string } | undefined;
  /** Of the last deploy. Each has its own. */
  version: number;
  /** The queries of requests to live functions. */
  asked: Set<string>;
  /** What each tool has deployed. */
  deployed: Map<string, string>;
  sizes: Record<string, number>;
}

async function startWorld(): Promise<World> {
  const lines: string[] = [];
  const secrets = new Set<string>();
  // Read at each start of a function.
  const serviceEndpoints: Record<string, string> = {};
  const cloud = await startLocalCloud({
    awsPort: 0,
    twitterPort: 0,
    log: (line) => lines.push(line),
    serviceEndpoints,
  });
  const { AWS_SECRET_ACCESS_KEY, TWITTER_CONSUMER_SECRET } = cloud.environment;
  for (const secret of [AWS_SECRET_ACCESS_KEY, TWITTER_CONSUMER_SECRET]) secrets.add(secret ?? "");
  const iot = await startByteProxy();
  const aws = await startChaosProxy(cloud.awsUrl, (path, body) => {
    const text = body.toString("latin1");
    for (const [, secret = ""] of text.matchAll(/<(?:SecretAccessKey|SessionToken)>([^<]+)/g))
      secrets.add(secret);
    if (!path.startsWith("/endpoint")) return body;
    return Buffer.from(
      text.replace(/127\.0\.0\.1:\d+/, (address) => {
        iot.target = address;
        return iot.address;
      }),
    );
  });
  // `sst dev` and its bridges meet in AWS IoT: both behind the proxy.
  serviceEndpoints["AWS_ENDPOINT_URL_IOT"] = aws.url;
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-deploy-"));
  await writeCdkApp(folder, cloud);
  const [sst, live] = [await copySstApp(), await copySstApp()];
  await writeFile(join(live.folder, publicFile), liveHandler);
  const cli = await createAuthCli(sst.folder, cloud.environment);
  const shared = { cloud, lines, aws, iot, secrets, folder, sst, live, cli };
  return { ...shared, dev: undefined, version: 0, asked: new Set(), deployed: new Map(), sizes: {} };
}

async function closeWorld({ cloud, aws, iot, folder, sst, live, cli, dev }: World): Promise<void> {
  await dev?.process.stop("SIGKILL");
  await Promise.all([aws.close(), iot.close()]);
  await cloud.close();
  await Promise.all([
    sst.remove(),
    live.remove(),
    cli.remove(),
    rm(folder, { recursive: true, force: true }),
  ]);
}

/** Of the tools: the cloud itself, or its proxy. */
const variablesFor = ({ cloud, sst }: World, endpoint: string): Variables => ({
  ...cloud.environment,
  AWS_ENDPOINT_URL: endpoint,
  PATH: process.env["PATH"],
  HOME: sst.folder,
  CI: "1",
  NO_COLOR: "1",
  CDK_DISABLE_CLI_TELEMETRY: "true",
  NODE_NO_WARNINGS: "1",
});

const publicFile = "packages/functions/src/public.ts";

/** Answers with its query, after as many milliseconds as that says. */
const liveHandler = `export async function handler({ rawQueryString, queryStringParameters = {} }) {
  await new Promise((resolve) => setTimeout(resolve, Number(queryStringParameters.ms ?? 0)));
  return { statusCode: 200, body: rawQueryString };
}
`;

const cdkApp = `
import { App, CfnOutput, CfnParameter, Stack } from "aws-cdk-lib";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
const stack = new Stack(new App(), "Chaos");
const { valueAsString: VERSION } = new CfnParameter(stack, "Version");
const handler = new Function(stack, "Function", {
  runtime: Runtime.NODEJS_22_X, handler: "index.handler", environment: { VERSION },
  code: Code.fromInline("exports.handler = async () => ({ statusCode: 200, body: process.env.VERSION });"),
});
const api = new HttpApi(stack, "Api");
api.addRoutes({ path: "/public", integration: new HttpLambdaIntegration("Public", handler) });
new CfnOutput(stack, "ApiEndpoint", { value: api.apiEndpoint });
`;

/** Synthesized once: deploys differ by a parameter. */
async function writeCdkApp(folder: string, { environment }: LocalCloud): Promise<void> {
  await symlink(modules, join(folder, "node_modules"), "junction");
  await writeFile(join(folder, "app.mjs"), cdkApp);
  const { code, stderr } = await runProcess(process.execPath, ["app.mjs"], {
    cwd: folder,
    env: { ...environment, PATH: process.env["PATH"], CDK_OUTDIR: join(folder, "cdk.out") },
  });
  if (code !== 0) throw new Error(stderr);
}

/* ── One run of a tool, and what has to hold after it ────────────────────────────────────────────────────────── */

interface Ran {
  /** Null when it had to be ended. */
  code: number | null;
  output: string;
}

/** Runs a program with its children until it ends or the time is over. */
async function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: Variables; timeoutMs: number },
): Promise<Ran> {
  try {
    const { code, stdout, stderr } = await runProcess(program, args, options);
    return { code, output: stdout + stderr };
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    if (!output.includes("still running after")) throw error;
    return { code: null, output };
  }
}

interface Tool {
  stack: string;
  /** How many requests a deploy has, about. */
  requests: number;
  deploy(world: World, endpoint: string, timeoutMs: number): Promise<Ran>;
  remove(world: World, endpoint: string, timeoutMs: number): Promise<Ran>;
  /** Of what the last deploy has deployed. */
  url(world: World): Promise<string>;
}

const stage = "chaos";

async function endpointIn(file: string): Promise<string> {
  const stacks = JSON.parse(await readFile(file, "utf8")) as Record<string, Record<string, string>>;
  return Object.values(stacks)[0]?.["ApiEndpoint"] ?? "";
}

const runSst = async (
  world: World,
  args: readonly string[],
  endpoint: string,
  timeoutMs: number,
): Promise<Ran> => {
  const { folder } = world.sst;
  const env = {
    ...variablesFor(world, endpoint),
    PATH: await quickNpmPath(join(folder, "tmp/bin")),
    TMPDIR: join(folder, "tmp"),
  };
  return run(process.execPath, [join(modules, "sst/cli/sst.js"), ...args, "--stage", stage], {
    cwd: folder,
    env,
    timeoutMs,
  });
};

const runCdk = (world: World, args: readonly string[], endpoint: string, timeoutMs: number): Promise<Ran> =>
  run(process.execPath, [join(modules, "aws-cdk/bin/cdk"), ...args, "--app", "cdk.out", "--no-notices"], {
    cwd: world.folder,
    env: variablesFor(world, endpoint),
    timeoutMs,
  });

const runAws = (world: World, args: readonly string[], endpoint: string, timeoutMs: number): Promise<Ran> =>
  run(findPeer("aws") ?? "", ["--endpoint-url", endpoint, ...args], {
    cwd: world.folder,
    env: variablesFor(world, endpoint),
    timeoutMs,
  });

const tools = {
  "sst deploy": {
    stack: `${stage}-api-auth-twitter-ExampleStack`,
    requests: 100,
    async deploy(world, endpoint, timeoutMs) {
      const source = `export const handler = async () => ({ statusCode: 200, body: "${world.version}" });\n`;
      await writeFile(join(world.sst.folder, publicFile), source);
      // Its outputs may be lost in a direct deploy too.
      if (endpoint !== world.cloud.awsUrl) return runSst(world, ["deploy"], endpoint, timeoutMs);
      const { PATH: _path, ...variables } = variablesFor(world, endpoint);
      const { code, stdout, stderr } = await world.sst.sst(["deploy", "--stage", stage], variables);
      return { code, output: stdout + stderr };
    },
    remove: (world, endpoint, timeoutMs) => runSst(world, ["remove"], endpoint, timeoutMs),
    url: ({ sst }) => endpointIn(join(sst.folder, ".sst/outputs.json")),
  },
  "cdk deploy": {
    stack: "Chaos",
    requests: 20,
    deploy(world, endpoint, timeoutMs) {
      const flags = ["--require-approval", "never", "--outputs-file", "outputs.json"];
      const args = ["deploy", ...flags, "--parameters", `Version=${world.version}`];
      return runCdk(world, args, endpoint, timeoutMs);
    },
    remove: (world, endpoint, timeoutMs) => runCdk(world, ["destroy", "--force"], endpoint, timeoutMs),
    url: ({ folder }) => endpointIn(join(folder, "outputs.json")),
  },
  "aws cloudformation deploy": {
    stack: "ChaosAws",
    requests: 10,
    deploy(world, endpoint, timeoutMs) {
      const args = ["--template-file", "cdk.out/Chaos.template.json", "--capabilities", "CAPABILITY_IAM"];
      const parameters = ["--parameter-overrides", `Version=${world.version}`];
      const command = ["cloudformation", "deploy", "--stack-name", "ChaosAws", ...args, ...parameters];
      return runAws(world, command, endpoint, timeoutMs);
    },
    remove: (world, endpoint, timeoutMs) =>
      runAws(world, ["cloudformation", "delete-stack", "--stack-name", "ChaosAws"], endpoint, timeoutMs),
    async url(world) {
      const query = "Stacks[0].Outputs[?OutputKey=='ApiEndpoint'].OutputValue";
      const args = ["describe-stacks", "--stack-name", "ChaosAws", "--output", "text", "--query", query];
      const { output } = await runAws(world, ["cloudformation", ...args], world.cloud.awsUrl, 60_000);
      return output.trim();
    },
  },
} satisfies Record<string, Tool>;

/** @throws Error when the local cloud failed, or a secret shows, or a process is left */
async function checkCloud({ lines, secrets, folder, sst }: World, output: string): Promise<void> {
  const seen = lines.splice(0);
  // Those of functions are theirs.
  const fault = seen.find((line) => !line.startsWith("lambda ") && /fault: |\\n +at .*:\d+:\d+/.test(line));
  if (fault !== undefined) throw new Error(`the local cloud fails: ${fault}`);
  for (const [what, text] of [
    ["the log of the local cloud", seen.join("\n")],
    ["the output", output],
  ] as const)
    for (const secret of secrets)
      if (text.includes(secret)) throw new Error(`${what} has a secret: ${text.replaceAll(secret, "****")}`);
  const left = await processesIn([folder, sst.folder]);
  if (left.length > 0) throw new Error(`left running: ${left.join(", ")}`);
}

/** Command lines of the processes whose working directory is below one of these. None where there is no /proc. */
async function processesIn(folders: readonly string[]): Promise<string[]> {
  const ids = await readdir("/proc").catch(() => []);
  const found = await Promise.all(
    ids.map(async (id) => {
      const cwd = await readlink(`/proc/${id}/cwd`).catch(() => "");
      if (!folders.some((folder) => cwd === folder || cwd.startsWith(`${folder}/`))) return [];
      return [await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => id)];
    }),
  );
  return found.flat();
}

/** @throws Error when it takes longer */
async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const end = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: end.signal }).then(() => {
    throw new Error(`${what} takes longer than ${seconds} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    end.abort();
    late.catch(() => {});
  }
}

/* ── The cases ───────────────────────────────────────────────────────────────────────────────────────────────── */

type Run = Case<World>["run"];

/** How long a tool may take: SST waits for ever for an answer that never comes. */
const patienceMs = 60_000;

/** Breaks the network for a command. @returns how, and after which time the command is ended */
function breakNetwork({ aws }: World, random: Random, requests: number): { how: string; timeoutMs: number } {
  const nth = (): number => random.below(random.pick([4, requests, 2 * requests]));
  const weather = random.pick(["a fault", "a fault", "faults", "an outage", "a kill"] as const);
  if (weather === "a kill") {
    const timeoutMs = 300 + random.below(random.pick([3000, 8000]));
    return { how: `killed after ${timeoutMs} ms`, timeoutMs };
  }
  if (weather === "an outage") {
    const [first, length] = [nth(), 2 + random.below(12)];
    for (let index = 0; index < length; index += 1)
      aws.arm("resets the connection before the request", first + index, random);
    return { how: `requests ${first} to ${first + length - 1} are reset`, timeoutMs: patienceMs };
  }
  const how = Array.from({ length: weather === "a fault" ? 1 : 2 + random.below(8) }, () => {
    const [fault, index] = [random.pick(chaosFaultNames), nth()];
    aws.arm(fault, index, random);
    return `${fault}, request ${index}`;
  });
  return { how: `the proxy ${how.join(", ")}`, timeoutMs: patienceMs };
}

interface Answer {
  status: number;
  body: string;
}

/** @returns undefined without an answer */
async function get(url: string, seconds: number, signal?: AbortSignal): Promise<Answer | undefined> {
  const limit = AbortSignal.timeout(seconds * 1000);
  try {
    const reply = await fetch(url, { signal: AbortSignal.any([limit, ...(signal ? [signal] : [])]) });
    return { status: reply.status, body: await reply.text() };
  } catch {
    if (limit.aborted) throw new Error(`GET ${url} takes longer than ${seconds} s`);
    return undefined;
  }
}

/** Deploys or removes behind the broken network, then deploys in a direct way. */
const deployWith =
  (name: keyof typeof tools): Run =>
  async (world, random, say) => {
    const tool: Tool = tools[name];
    const { cloud, aws, deployed } = world;
    const before = deployed.get(name);
    const url = before === undefined ? undefined : `${await tool.url(world)}/public`;
    world.version += 1;
    const version = String(world.version);
    const isRemoval = before !== undefined && random.below(5) === 0;
    const { how, timeoutMs } = breakNetwork(world, random, tool.requests);
    say(`${name}${isRemoval ? ", the removal" : ""}: ${how}`);
    const ran = await tool[isRemoval ? "remove" : "deploy"](world, aws.url, timeoutMs);
    aws.disarm();
    count(world, ran.code === 0 ? "succeeded" : ran.code === null ? "ended from outside" : "failed");
    await within(30, `the operation of ${tool.stack}`, untilSettled(tool.stack, cloud.environment));
    await checkCloud(world, ran.output);
    const between = url === undefined ? undefined : await get(url, 10);
    if (between?.status === 200 && ![before, version].includes(between.body))
      throw new Error(`afterwards, the API answers ${between.body}, not ${before} or ${version}`);

    const again = await tool.deploy(world, cloud.awsUrl, 120_000);
    if (again.code !== 0)
      throw new Error(`a deploy afterwards ends with ${again.code}: ${again.output}\nBefore: ${ran.output}`);
    await checkCloud(world, again.output);
    deployed.set(name, version);
    const answer = await get(`${await tool.url(world)}/public`, 10);
    if (answer?.body !== version)
      throw new Error(`after version ${version}, the API answers ${JSON.stringify(answer)}`);
    if (name === "sst deploy") await checkLogin(world);
  };

/** @throws Error unless a user who has logged in gets an answer of `/private` */
async function checkLogin({ cli }: World): Promise<void> {
  const call = ["call", "/private", "--json", "--stage", stage];
  const first = await cli.run(call);
  // The pool may be another one.
  if (first.code === 4) await cli.logIn("alice", ["--stage", stage]);
  const { code, stdout, stderr } = first.code === 4 ? await cli.run(call) : first;
  if (code !== 0 || !/"body": ?"Hello us-east-1:[0-9a-f-]{36}!"/.test(stdout))
    throw new Error(`auth-cli call /private ends with ${code}: ${stdout}${stderr}`);
}

/** Copies a file to a bucket behind the broken network: the object is the old one or the new one. */
const copyObject: Run = async (world, random, say) => {
  const { cloud, aws, folder } = world;
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
    cloud.environment;
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    region: "us-east-1",
    service: "s3",
    retries: 0,
  });
  const url = `${cloud.awsUrl}/chaos-files/file`;
  const read = async (): Promise<Buffer> => Buffer.from(await (await client.fetch(url)).arrayBuffer());
  await client.fetch(`${cloud.awsUrl}/chaos-files`, { method: "PUT" });
  const before = await read();
  // From 8 MB on, in parts.
  const content = randomBytes(random.pick([10, 100_000, 9_000_000, 18_000_000]));
  await writeFile(join(folder, "file"), content);
  const { how, timeoutMs } = breakNetwork(world, random, 3);
  say(`aws s3 cp of ${content.length} bytes: ${how}`);
  const command = ["s3", "cp", "--no-progress", "file", "s3://chaos-files/file"];
  const ran = await runAws(world, command, aws.url, timeoutMs);
  aws.disarm();
  count(world, ran.code === 0 ? "succeeded" : ran.code === null ? "ended from outside" : "failed");
  await checkCloud(world, ran.output);
  const after = await read();
  if (!after.equals(content) && !after.equals(before))
    throw new Error(`the object is neither the old one nor the new one: ${after.length} bytes`);
  const again = await runAws(world, command, cloud.awsUrl, 60_000);
  if (again.code !== 0 || !(await read()).equals(content))
    throw new Error(`aws s3 cp afterwards ends with ${again.code}: ${again.output}`);
};

const spawnDev = (world: World): SstDev => {
  const { PATH: _path, ...variables } = variablesFor(world, world.aws.url);
  return world.live.dev("live", { ...variables, HOME: world.live.folder });
};

/** Starts `sst dev` unless it runs. @returns the URL of `/public` */
async function startDev(world: World): Promise<string> {
  if (world.dev?.process.hasEnded() === true) count(world, "ends of sst dev");
  if (world.dev === undefined || world.dev.process.hasEnded()) {
    const process = spawnDev(world);
    const [, endpoint = ""] = await process.printed(/ApiEndpoint: (\S+)/);
    world.dev = { process, url: `${endpoint}/public` };
  }
  return world.dev.url;
}

/** Of the API, for a function that fails, and for one that does not answer in 30 s. The first is SST's too. */
const isRefusal = ({ status, body }: Answer): boolean =>
  (status === 500 &&
    /^\{"message":"Internal Server Error"\}$|^This function is in live debug mode/.test(body)) ||
  (status === 503 && body === '{"message":"Service Unavailable"}');

/** Requests to live functions while the bytes between `sst dev`, the functions and AWS IoT are disturbed. */
const liveRequests: Run = async (world, random, say) => {
  const { iot } = world;
  const url = await startDev(world);
  const fault = random.pick(byteFaultNames);
  const [after, lasts] = [random.below(1500), 100 + random.below(random.pick([1000, 9000]))];
  const requests = Array.from({ length: 1 + random.below(5) }, (_, index) => ({
    query: `ms=${random.below(random.pick([10, 3000]))}&id=${world.asked.size + index}`,
    leavesAfter: random.below(5) === 0 ? random.below(2000) : undefined,
  }));
  const queries = requests
    .map(({ query, leavesAfter }) => `${query}${leavesAfter ? " left" : ""}`)
    .join(", ");
  say(`sst dev: ${queries}. After ${after} ms, the proxy before AWS IoT ${fault} for ${lasts} ms`);
  for (const { query } of requests) world.asked.add(query);
  const answers = requests.map(async ({ query, leavesAfter }) => {
    const signal = leavesAfter === undefined ? undefined : AbortSignal.timeout(leavesAfter);
    return { query, answer: await get(`${url}?${query}`, 60, signal), isLeft: signal?.aborted === true };
  });
  const call = random.below(3) === 0 ? callLive(world) : undefined;
  // Awaited below.
  call?.catch(() => {});
  await sleep(after);
  iot.arm(fault, random);
  await sleep(lasts);
  iot.heal();
  for (const { query, answer, isLeft } of await Promise.all(answers)) {
    if (isLeft && answer === undefined) continue;
    if (answer === undefined) throw new Error(`${query} gets no answer`);
    count(world, outcomeOf(world, query, answer));
  }
  if (call !== undefined) await call;
  // After several losses, the SDK of AWS IoT in SST waits for up to 128 s before it connects again.
  await within(150, "the next answer after the network heals", untilAnswered(world, url));
  await checkCloud(world, world.dev?.process.output() ?? "");
};

/** @throws Error for an answer that is neither the function's nor a documented 5xx */
function outcomeOf(
  { asked }: World,
  query: string,
  answer: Answer,
): "answered" | "refused" | "answered late" {
  if (isRefusal(answer)) return "refused";
  if (answer.status !== 200 || !asked.has(answer.body))
    throw new Error(`${query} gets ${answer.status} ${answer.body}`);
  // The bridge of SST 2.49.8 does not compare request ids: an answer that is late goes to the next request.
  return answer.body === query ? "answered" : "answered late";
}

/** @throws Error unless `auth-cli call` prints the answer, or an error that fits it */
async function callLive({ asked, live, cloud, dev }: World): Promise<void> {
  const query = `id=${asked.size}`;
  asked.add(query);
  const endpoint = new URL(dev?.url ?? "").origin;
  const cli = await createAuthCli(live.folder, cloud.environment);
  try {
    const args = [
      "call",
      `/public?${query}`,
      "--unsigned",
      "--json",
      "--endpoint",
      endpoint,
      "--stage",
      "live",
    ];
    const ran = await cli.run(args);
    checkReport({ args, ...ran }, false);
    const { body = "" } = (ran.stdout === "" ? {} : JSON.parse(ran.stdout)) as { body?: string };
    const isUnanswered = body.startsWith("This function is in live debug mode");
    const saysUnanswered = ran.stderr.includes('"reason": "live-unanswered"');
    if ((ran.code === 0 && !asked.has(body)) || isUnanswered !== saysUnanswered)
      throw new Error(`auth-cli call ends with ${ran.code}: ${ran.stdout}${ran.stderr}`);
  } finally {
    await cli.remove();
  }
}

/**
 * Pauses between requests. After a lost connection, SST's bridge sends the requests that wait, and each new one behind them, 250 ms
 * apart. A new request at each late answer would keep that queue at its length, and every answer late.
 */
async function untilAnswered(world: World, url: string): Promise<void> {
  for (;;) {
    const query = `id=${world.asked.size}`;
    world.asked.add(query);
    const answer = await get(`${url}?${query}`, 60);
    if (answer === undefined) throw new Error("afterwards, the API does not answer");
    if (outcomeOf(world, query, answer) === "answered") return;
    // Garbage may end it, as any of its users would see.
    await startDev(world);
    await sleep(1000);
  }
}

/** Starts `sst dev` behind the broken network, then in a direct way. */
const devStart: Run = async (world, random, say) => {
  const { aws, iot, live, cloud } = world;
  await world.dev?.process.stop();
  world.dev = undefined;
  const { how, timeoutMs } = breakNetwork(world, random, 80);
  const fault = random.below(2) === 0 ? random.pick(byteFaultNames) : undefined;
  if (fault !== undefined) iot.arm(fault, random);
  say(`the start of sst dev: ${how}${fault === undefined ? "" : `. The proxy before AWS IoT ${fault}`}`);
  const broken = spawnDev(world);
  const isStarted = broken.printed(/ApiEndpoint: /).then(
    () => true,
    () => false,
  );
  const started = await Promise.race([isStarted, sleep(Math.min(timeoutMs, 30_000), false)]);
  count(world, started ? "starts" : "starts that failed");
  aws.disarm();
  iot.heal();
  await broken.stop();
  const stack = "live-api-auth-twitter-ExampleStack";
  await within(30, `the operation of ${stack}`, untilSettled(stack, cloud.environment));
  const left = await processesIn([live.folder]);
  if (left.length > 0) throw new Error(`left running: ${left.join(", ")}`);
  await within(
    60,
    "the first answer",
    startDev(world).then((url) => untilAnswered(world, url)),
  );
  await checkCloud(world, broken.output());
};

const count = ({ sizes }: World, unit: string): void => void (sizes[unit] = (sizes[unit] ?? 0) + 1);

const cases: Readonly<Record<string, Case<World>>> = {
  sst: { run: deployWith("sst deploy"), weight: 3 },
  cdk: { run: deployWith("cdk deploy"), weight: 4 },
  aws: { run: deployWith("aws cloudformation deploy"), weight: 4 },
  object: { run: copyObject, weight: 3 },
  live: { run: liveRequests, weight: 8 },
  "dev-start": { run: devStart, weight: 1 },
};

/** `sst deploy`, `cdk deploy`, the aws CLI and `sst dev` behind a broken network, in front of the local cloud. */
export const deploy: Campaign = {
  name: "deploy",
  share: 4,
  leastMinutes: 10,
  async run(assignment) {
    const world = await startWorld();
    try {
      const defects = await runCases(assignment, cases, world, (unit) => count(world, unit));
      return { sizes: world.sizes, defects };
    } finally {
      await closeWorld(world);
    }
  },
};
