/**
 * `npm run bench`: the figures of the README. Medians of whole processes, in turns, and ratios within one run, because
 * only those carry over to another machine. `npm run bench -- --quick` makes fewer runs.
 */
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { type AwsCredentials, signSigV4 } from "../src/aws/sigv4.ts";
import { type Command, median, medians, timeRun } from "./measure.ts";
import { measureSigning, measureStreaming } from "./streaming.ts";
import { measureThroughput } from "./throughput.ts";
import { authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { readLoaded } from "@api-auth-twitter/test-support/loaded-modules";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { apiEndpoint, deploy, root, sst, stage, startWorld, type World } from "./world.ts";

const quick = process.argv.includes("--quick");

interface Row {
  name: string;
  figure: string;
  /** The bound that the project holds itself to. */
  bound: string;
  holds: boolean;
}

const rows: Row[] = [];

function report(name: string, figure: string, bound: string, holds: boolean): void {
  rows.push({ name, figure, bound, holds });
  console.log(`${holds ? "✓" : "✗"} ${name.padEnd(58)} ${figure.padStart(18)}   ${bound}`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

async function benchStart(): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < (quick ? 3 : 9); run += 1) {
    const world = await startWorld();
    times.push(world.readyMs);
    await world.close();
  }
  const ready = median(times);
  report("local cloud ready, from process start", seconds(ready), "≤ 0.6 s", ready <= 600);
}

async function benchDeploy(world: World): Promise<void> {
  const { variables } = world.cli;
  const command = process.execPath;
  const deployed = await deploy(world);
  // Building and synthesis without any deploying: what SST spends computing.
  const built = await timeRun({
    name: "sst build",
    command,
    args: [sst, "build", ...stage],
    variables,
    cwd: root,
  });
  report("sst deploy, a new stage", seconds(deployed), "≤ 8 s", deployed <= 8000);
  report(
    "  against sst build (no deploying)",
    `× ${(deployed / built).toFixed(2)}`,
    "≤ × 2",
    deployed <= 2 * built,
  );
}

async function benchCommands(world: World): Promise<void> {
  const { variables } = world.cli;
  const node = process.execPath;
  const url = await apiEndpoint();
  const commands: Command[] = [
    { name: "node -e 0", command: node, args: ["-e", "0"] },
    {
      name: "bare node:http GET",
      command: node,
      args: [join(root, "cli/bench/bare-get.cjs"), `${url}/public`],
    },
    { name: "fetch GET", command: node, args: [join(root, "cli/bench/fetch-get.mjs"), `${url}/public`] },
    { name: "auth-cli call", command: node, args: [authCliPath, "call", "/private", ...stage] },
    { name: "auth-cli smoke", command: node, args: [authCliPath, "smoke", ...stage] },
  ].map((each) => ({ ...each, variables, cwd: root }));
  const curl = findPeer("curl");
  if (curl !== undefined) commands.push(await curlSigned(curl, world));
  const times = await medians(commands, quick ? 5 : 41);
  const of = (name: string): number => times.get(name) ?? Number.NaN;
  for (const { name } of commands)
    console.log(`  ${name.padEnd(58)} ${`${of(name).toFixed(1)} ms`.padStart(18)}`);
  const ratio = of("auth-cli call") / of("bare node:http GET");
  report("warm call, against a bare node:http GET", `× ${ratio.toFixed(2)}`, "≤ × 1.25", ratio <= 1.25);
  const toFetch = of("auth-cli call") / of("fetch GET");
  report("warm call, against a fetch script", `× ${toFetch.toFixed(2)}`, "< × 1", toFetch < 1);
  report("the whole smoke", seconds(of("auth-cli smoke")), "≤ 1.0 s", of("auth-cli smoke") <= 1000);
}

/** The same call by curl, which is given the credentials that auth-cli has obtained. */
async function curlSigned(command: string, world: World): Promise<Command> {
  const { accessKeyId, secretAccessKey, sessionToken } = await cachedCredentials(world);
  return {
    name: "curl --aws-sigv4",
    command,
    args: [
      "--silent",
      "--fail",
      "--aws-sigv4",
      "aws:amz:us-east-1:execute-api",
      "--user",
      `${accessKeyId}:${secretAccessKey}`,
      "--header",
      `X-Amz-Security-Token: ${sessionToken}`,
      `${await apiEndpoint()}/private`,
    ],
    variables: world.cli.variables,
    cwd: root,
  };
}

/** A call that is refused because the stack gives the permission to nobody: until the cause is told. */
async function benchDiagnosis({ cli }: World): Promise<void> {
  const app = await copySstApp();
  try {
    await app.edit("stacks/ExampleStack.ts", /^.*attachPermissionsForAuthUsers.*$/m, "");
    const { code, stderr } = await app.sst(["deploy", "--stage", "refused"], cli.variables);
    if (code !== 0) throw new Error(`sst deploy: exit code ${code}\n${stderr}`);
    const other = await createAuthCli(app.folder, cli.variables);
    try {
      await other.logIn("alice");
      const times: number[] = [];
      for (let run = 0; run <= (quick ? 3 : 9); run += 1) {
        const started = performance.now();
        const refused = await other.run(["call", "/private", "--json"]);
        if (!refused.stderr.includes('"reason": "permission-missing"'))
          throw new Error(`the cause is not told:\n${refused.stderr}`);
        if (run > 0) times.push(performance.now() - started);
      }
      const time = median(times);
      report("a refusal's cause is found (permission missing)", seconds(time), "≤ 2 s", time <= 2000);
    } finally {
      await other.remove();
    }
  } finally {
    await app.remove();
  }
}

/** What a command reads of the program, and which public parts of Node it loads beside those of `node -e 0`. */
async function printMakeUp({ cli: { variables } }: World): Promise<void> {
  const options = { cwd: root, env: variables };
  const floor = await readLoaded(["-e", "0"], options);
  console.log("what each command loads");
  for (const args of [
    ["--version"],
    ["complete", "--", "smoke", ...stage],
    ["call", "/private", ...stage],
    ["credentials", ...stage],
    ["status", ...stage],
    ["smoke", ...stage],
  ]) {
    const { files, parts } = await readLoaded([authCliPath, ...args], options);
    const ofNode = parts.filter((part) => !floor.parts.includes(part) && !part.startsWith("internal/"));
    console.log(`  ${args.join(" ")}`);
    for (const { name, bytes } of files)
      console.log(`    ${name.padEnd(56)} ${kilobytes(bytes).padStart(18)}`);
    console.log(`    of Node: ${ofNode.join(" ") || "nothing"}`);
  }
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

/** What scripts and prompts wait for all day long. */
async function benchStartUp({ cli: { variables } }: World): Promise<void> {
  const node = process.execPath;
  const commands: Command[] = [
    { name: "node -e 0", args: ["-e", "0"] },
    { name: "auth-cli --version", args: [authCliPath, "--version"] },
    { name: "auth-cli complete", args: [authCliPath, "complete", "--", "smoke", "--stage", ""] },
  ].map((each) => ({ ...each, command: node, variables, cwd: root }));
  const times = await medians(commands, quick ? 7 : 31);
  const floor = times.get("node -e 0") ?? Number.NaN;
  for (const [name, time] of times) {
    if (name === "node -e 0") continue;
    report(`${name}, against node -e 0`, `× ${(time / floor).toFixed(2)}`, "≤ × 1.15", time <= 1.15 * floor);
  }
}

/** `login --with-token` against the two aws calls that it replaces. */
async function benchLogin({ cli }: World): Promise<void> {
  const aws = findPeer("aws");
  if (aws === undefined) return;
  const token = (await cli.storedTokens()).at(-1);
  const login = `${token?.token};${token?.secret}`;
  const { identityId, identityPoolId } = JSON.parse((await cli.run(["status", "--json"])).stdout) as Record<
    string,
    string
  >;
  const logins = [
    "--logins",
    `api.twitter.com=${login}`,
    "--endpoint-url",
    cli.variables["AWS_ENDPOINT_URL"] ?? "",
  ];
  const times = await medians(
    [
      {
        name: "login",
        command: process.execPath,
        args: [authCliPath, "login", "--with-token"],
        stdin: `${login}\n`,
      },
      {
        name: "get-id",
        command: aws,
        args: ["cognito-identity", "get-id", "--identity-pool-id", identityPoolId ?? "", ...logins],
      },
      {
        name: "get-credentials",
        command: aws,
        args: [
          "cognito-identity",
          "get-credentials-for-identity",
          "--identity-id",
          identityId ?? "",
          ...logins,
        ],
      },
    ].map((each) => ({ ...each, variables: cli.variables, cwd: root })),
    quick ? 3 : 7,
  );
  const of = (name: string): number => times.get(name) ?? Number.NaN;
  const ratio = of("login") / (of("get-id") + of("get-credentials"));
  report("login --with-token, against the two aws calls", `× ${ratio.toFixed(2)}`, "≤ × 0.35", ratio <= 0.35);
}

async function benchThroughput(): Promise<void> {
  const taskset = await access("/usr/bin/taskset").then(
    () => ["/usr/bin/taskset", "-c", "0"],
    () => [],
  );
  const world = await startWorld(taskset);
  try {
    await deploy(world);
    await world.cli.logIn("alice", stage);
    const url = new URL(`${await apiEndpoint()}/private`);
    const { headers } = await signSigV4(
      { method: "GET", url, headers: [] },
      {
        credentials: await cachedCredentials(world),
        region: "us-east-1",
        service: "execute-api",
        nowMs: Date.now(),
      },
    );
    const total = quick ? 10_000 : 100_000;
    const { requestsPerSecond, memoryMb } = await measureThroughput(
      url.href,
      Object.fromEntries(headers),
      world.cloud.pid ?? 0,
      total,
    );
    const cores = taskset.length > 0 ? "one core" : "all cores";
    report(
      `local cloud, verified signed requests on ${cores}`,
      `${Math.round(requestsPerSecond)} /s`,
      "≥ 1000 /s",
      requestsPerSecond >= 1000,
    );
    const [first = Number.NaN] = memoryMb;
    const last = memoryMb.at(-1) ?? Number.NaN;
    report(
      `  its memory over ${total} requests`,
      `${memoryMb.join(" ")} MB`,
      "flat (≤ × 1.2)",
      last <= 1.2 * first,
    );
  } finally {
    await world.close();
  }
}

async function cachedCredentials({ cli: { variables } }: World): Promise<AwsCredentials> {
  const folder = join(variables["XDG_CACHE_HOME"] ?? "", "auth-cli");
  const [file = ""] = await readdir(folder);
  const { credentials } = JSON.parse(await readFile(join(folder, file), "utf8")) as {
    credentials: AwsCredentials;
  };
  return credentials;
}

async function benchStreaming(): Promise<void> {
  const gigabyte = 1_000_000_000;
  const { throughputRatio, bytesPerSecond, peakMb, barePeakMb } = await measureStreaming(
    gigabyte,
    quick ? 1 : 5,
    process.env,
  );
  report(
    `a 1 GB response (${Math.round(bytesPerSecond / 1e6)} MB/s), of a bare node:http pipe`,
    `× ${throughputRatio.toFixed(2)}`,
    "≥ × 0.7",
    throughputRatio >= 0.7,
  );
  report(
    `  its peak memory (the bare pipe's: ${Math.round(barePeakMb)} MB)`,
    `${Math.round(peakMb)} MB`,
    "≤ 90 MB",
    peakMb <= 90,
  );
  const ratio = await measureSigning(10 * 1024 * 1024, quick ? 5 : 21);
  report("signing a 10 MB body, against hashing it", `× ${ratio.toFixed(2)}`, "≤ × 1.5", ratio <= 1.5);
}

async function benchNpmStart(): Promise<void> {
  const variables = { ...process.env };
  const time = await timeRun({ name: "npm start", command: "npm", args: ["start"], variables, cwd: root });
  report("npm start, after the install", seconds(time), "≤ 30 s", time <= 30_000);
}

await benchStart();
const world = await startWorld();
try {
  await benchDeploy(world);
  await world.cli.logIn("alice", stage);
  await printMakeUp(world);
  await benchStartUp(world);
  await benchCommands(world);
  await benchLogin(world);
  await benchDiagnosis(world);
} finally {
  await world.close();
}
await benchStreaming();
await benchThroughput();
await benchNpmStart();
const missed = rows.filter(({ holds }) => !holds);
console.log(`\n${rows.length - missed.length} of ${rows.length} bounds hold.`);
process.exitCode = missed.length === 0 ? 0 : 1;
