import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, type IncomingMessage, request as openRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { notesTemplate } from "@api-auth-twitter/test-support/any-project";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { deployTemplate } from "@api-auth-twitter/test-support/replay-stack";
import type { AwsCredentials } from "../src/aws/sigv4.ts";
import { signSigV4 } from "../src/aws/sigv4.ts";
import { signOAuth1 } from "../src/twitter/oauth1.ts";
import { type Campaign, type Defect, type Random, randomOf } from "./campaign.ts";

/** At the size that `--batches 100` has: 200 connections, 100,000 requests, 10,000 logins, 1,000 users. */
const perBatch = { requests: 1000, logins: 100, users: 10 };
const connections = 200;

/** Cognito gives X five seconds, and a busy machine needs them for more. */
const loginsAtOnce = 50;

type Variables = Record<string, string>;

interface Cloud {
  child: ChildProcess;
  environment: Variables;
  outputs: Variables;
  /** In bytes, after a collection. */
  memory(): Promise<{ heapUsed: number }>;
}

/** The built program, as users start it. */
async function startCloud(folder: string): Promise<Cloud> {
  const preload = join(import.meta.dirname, "heap-on-demand.cjs");
  const flags = ["--expose-gc", "--require", preload];
  const args = [...flags, authCliPath, "local", "--json", "--port", "0", "--twitter-port", "0"];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder },
    stdio: ["ignore", "pipe", "ignore", "ipc"],
  });
  let output = "";
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    output += chunk.toString();
    if (output.endsWith("}\n")) break;
  }
  const { environment } = JSON.parse(output) as { environment: Variables };
  const outputs = await deployTemplate("notes", withSlowRoute(notesTemplate(environment)), environment);
  return {
    child,
    environment,
    outputs,
    async memory() {
      child.send("memory");
      const [memory] = (await once(child, "message")) as [{ heapUsed: number }];
      return memory;
    },
  };
}

/** Adds a route that takes a second. */
function withSlowRoute(template: object): object {
  const { Resources, ...others } = template as { Resources: Record<string, { Properties: object }> };
  const ZipFile = `exports.handler = async ({ rawPath, requestContext }) => {
    if (rawPath === "/slow") await new Promise((resolve) => setTimeout(resolve, 1000));
    return { statusCode: 200, body: "Hello " + requestContext.authorizer?.iam.cognitoIdentity.identityId + "!" };
  };`;
  const Notes = {
    ...Resources["Notes"],
    Properties: { ...Resources["Notes"]?.Properties, Code: { ZipFile } },
  };
  const slow = { RouteKey: "GET /slow", AuthorizationType: "NONE" };
  const Slow = {
    ...Resources["NotesRoute"],
    Properties: { ...Resources["NotesRoute"]?.Properties, ...slow },
  };
  return { ...others, Resources: { ...Resources, Notes, Slow } };
}

interface User {
  screenName: string;
  identityId: string;
  credentials: AwsCredentials;
}

/** What the user's second login must give again. */
const expectSame = (what: string, found: string, expected: string | undefined): void => {
  if (expected !== undefined && found !== expected)
    throw new Error(`another ${what} than at the first login`);
};

class Load {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections });
  readonly #cloud: Cloud;
  readonly #users = new Map<string, User>();
  readonly #names: string[] = [];
  nonces = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  end(): void {
    this.#agent.destroy();
  }

  async #send(
    url: URL,
    method: string,
    headers: Variables,
    body: string | Buffer = "",
  ): Promise<{ status: number; body: string }> {
    const outgoing = openRequest(url, { method, headers, agent: this.#agent });
    outgoing.end(body);
    try {
      const [response] = (await once(outgoing, "response")) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: await text(response) };
    } catch (error) {
      // The server closed the idle connection at this moment: https://nodejs.org/api/http.html#requestreusedsocket
      if (!outgoing.reusedSocket || (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
      return this.#send(url, method, headers, body);
    }
  }

  async #twitter(
    path: string,
    tokenCredentials: { token: string; secret: string } | undefined,
    protocolParameters: Variables,
  ): Promise<URLSearchParams> {
    const { environment } = this.#cloud;
    const url = new URL(path, environment["TWITTER_API_URL"]);
    const clientCredentials = {
      key: environment["TWITTER_CONSUMER_KEY"] ?? "",
      secret: environment["TWITTER_CONSUMER_SECRET"] ?? "",
    };
    const { authorization } = signOAuth1(
      { method: "POST", url, protocolParameters },
      {
        clientCredentials,
        ...(tokenCredentials === undefined ? {} : { tokenCredentials }),
        nonce: `n${(this.nonces += 1)}`,
        timestamp: Math.floor(Date.now() / 1000),
      },
    );
    const { status, body } = await this.#send(url, "POST", { [authorization[0]]: authorization[1] });
    if (status !== 200) throw new Error(`${path}: HTTP ${status} ${body}`);
    return new URLSearchParams(body);
  }

  async #cognito<Answer>(operation: string, parameters: object): Promise<Answer> {
    const url = new URL(this.#cloud.environment["AWS_ENDPOINT_URL"] ?? "");
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityService.${operation}`,
    };
    const { status, body } = await this.#send(url, "POST", headers, JSON.stringify(parameters));
    if (status !== 200) throw new Error(`${operation}: HTTP ${status} ${body}`);
    return JSON.parse(body) as Answer;
  }

  /** The whole login by PIN, and the identity. */
  async logIn(screenName: string): Promise<void> {
    const temporary = await this.#twitter("/oauth/request_token", undefined, { oauth_callback: "oob" });
    const token = temporary.get("oauth_token") ?? "";
    const page = `${this.#cloud.environment["TWITTER_API_URL"]}/oauth/authorize?oauth_token=${token}`;
    const { pin = "" } = await answerAuthorizePage(page, { screenName });
    const access = await this.#twitter(
      "/oauth/access_token",
      { token, secret: temporary.get("oauth_token_secret") ?? "" },
      { oauth_verifier: pin },
    );
    if (access.get("screen_name") !== screenName)
      throw new Error(`${screenName} is ${access.get("screen_name")}`);
    const Logins = { "api.twitter.com": `${access.get("oauth_token")};${access.get("oauth_token_secret")}` };
    const IdentityPoolId = this.#cloud.outputs["PoolId"];
    const { IdentityId } = await this.#cognito<{ IdentityId: string }>("GetId", { IdentityPoolId, Logins });
    expectSame("identity", IdentityId, this.#users.get(screenName)?.identityId);
    const { Credentials } = await this.#cognito<{
      Credentials: { AccessKeyId: string; SecretKey: string; SessionToken: string; Expiration: number };
    }>("GetCredentialsForIdentity", { IdentityId, Logins });
    const credentials = {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretKey,
      sessionToken: Credentials.SessionToken,
      expiration: new Date(Credentials.Expiration * 1000).toISOString(),
    };
    if (!this.#users.has(screenName)) this.#names.push(screenName);
    this.#users.set(screenName, { screenName, identityId: IdentityId, credentials });
  }

  /** A request of one user, now and then with a mistake that must be refused. */
  async call(random: Random): Promise<void> {
    const [user, other] = [random.pick(this.#names), random.pick(this.#names)].map((name) =>
      this.#users.get(name),
    );
    if (user === undefined || other === undefined) throw new Error("nobody is logged in");
    const query = `a=${random.below(1000)}&b=%C3%A9%20${random.below(10)}`;
    const url = new URL(`/notes?${query}`, this.#cloud.outputs["HttpApiUrl"]);
    const mistake = random.pick([
      "token",
      "key",
      "query",
      "unsigned",
      "late",
      ...Array.from({ length: 35 }, () => "none"),
    ]);
    const isOther = user !== other;
    const credentials = {
      ...user.credentials,
      ...(mistake === "token" && isOther && { sessionToken: other.credentials.sessionToken }),
      ...(mistake === "key" && isOther && { secretAccessKey: other.credentials.secretAccessKey }),
    };
    const nowMs = Date.now() - (mistake === "late" ? 400_000 : 0);
    const signing = { credentials, region: "us-east-1", service: "execute-api", nowMs };
    const { headers } = await signSigV4({ method: "GET", url, headers: [] }, signing);
    if (mistake === "query") url.search += "&c=1";
    const sent = mistake === "unsigned" ? {} : Object.fromEntries(headers);
    const { status, body } = await this.#send(url, "GET", sent);
    const mustPass = mistake === "none" || ((mistake === "token" || mistake === "key") && !isOther);
    const expected = mustPass ? [200, `Hello ${user.identityId}!`] : [403, '{"message":"Forbidden"}'];
    if (status !== expected[0] || body !== expected[1])
      throw new Error(
        `a request of ${user.screenName} (${mistake}): HTTP ${status} ${body}, not ${expected.join(" ")}`,
      );
  }
}

/** Runs so many jobs, so many of them at once. */
async function atOnce(count: number, limit: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await job(next++);
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
}

/** Writes to a connection and reads until it ends. @returns the status, or undefined without one */
async function talk(url: string, ...parts: (string | Buffer)[]): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  for (const part of parts) if (!socket.destroyed) socket.write(part);
  // A reset after the answer is no fault.
  await new Promise((resolve) => void socket.once("close", resolve));
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
}

const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, "Host: h", "Connection: close", ...headers, "", ""].join("\r\n");
const post = (path: string, bytes: number): [string, Buffer] => [
  head(`POST ${path}`, "Content-Type: application/x-www-form-urlencoded", `Content-Length: ${bytes}`),
  Buffer.alloc(bytes, "a"),
];
const get = (length: number): string => head("GET /notes", `X: ${"x".repeat(length)}`);

async function checkOversized({ environment, outputs }: Cloud): Promise<void> {
  const [api = "", aws = "", twitter = ""] = [
    outputs["HttpApiUrl"],
    environment["AWS_ENDPOINT_URL"],
    environment["TWITTER_API_URL"],
  ];
  const found = {
    "a body of 11 MB, to an API": [await talk(api, ...post("/notes", 11 * 1024 * 1024)), "413"],
    "a head of 11 kB, to an API": [await talk(api, get(11_000)), "431"],
    "a head of 1 MB, to an API": [await talk(api, get(1024 * 1024)), "431"],
    "a body of 2 MB, to AWS": [await talk(aws, ...post("/", 2 * 1024 * 1024)), "413"],
    "a body of 2 MB, to Twitter": [
      await talk(twitter, ...post("/oauth/request_token", 2 * 1024 * 1024)),
      "413",
    ],
    "a request that is no HTTP": [await talk(api, "\0\0\r\n\r\n"), "400"],
  };
  for (const [what, [status, expected]] of Object.entries(found))
    if (status !== expected) throw new Error(`${what}: ${status ?? "no answer"}, not ${expected}`);
}

/** What was asked is answered, nothing listens any more, and the exit code is 0. */
async function checkStop({ child, environment, outputs }: Cloud): Promise<void> {
  const url = outputs["HttpApiUrl"] ?? "";
  const { hostname, port } = new URL(url);
  // A head that is not complete, which must not hold the others up, and a request that takes a while.
  const silent = connect(Number(port), hostname);
  silent.on("error", () => {});
  silent.write("GET /notes HTTP/1.1\r\nHost: h\r\n");
  const slow = openRequest(`${outputs["HttpApiUrl"]}/slow`, { agent: false });
  slow.end();
  const answered = once(slow, "response").then(([response]) => (response as IncomingMessage).statusCode);
  await sleep(300);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const status = await answered.catch((error: Error) => error.message);
  const [code, signal] = (await exited) as [number | null, string | null];
  clearTimeout(limit);
  silent.destroy();
  if (status !== 200) throw new Error(`a request during the stop: ${status}`);
  if (code !== 0) throw new Error(`the local cloud ends with ${code ?? signal}`);
  for (const each of [url, environment["AWS_ENDPOINT_URL"] ?? "", environment["TWITTER_API_URL"] ?? ""])
    if (
      await fetch(each).then(
        () => true,
        () => false,
      )
    )
      throw new Error(`${each} still listens`);
}

/** The local cloud under load: nobody gets another's identity, memory stays flat, and a stop is graceful. */
export const load: Campaign = {
  name: "load",
  share: 3,
  async run({ seed, budgetMs, batches }) {
    const sizes = { requests: 0, logins: 0, users: 0, connections, "MB of heap": 0, "% of growth": 0 };
    const defects: Defect[] = [];
    const random = randomOf(seed);
    const folder = await mkdtemp(join(tmpdir(), "auth-cli-load-"));
    let cloud: Cloud | undefined;
    let begun = 1;
    try {
      cloud = await startCloud(folder);
      const work = new Load(cloud);
      const started = performance.now();
      const heaps: number[] = [];
      // Slow clients, from the start to the end.
      const slow = Array.from({ length: 20 }, () =>
        talk(cloud?.outputs["HttpApiUrl"] ?? "", "GET /notes HTTP/1.1\r\nHo"),
      );
      for (let batch = 0; ; batch += 1) {
        begun = batch + 1;
        await atOnce(perBatch.logins, loginsAtOnce, (index) =>
          work.logIn(`user${batch * perBatch.users + (index % perBatch.users)}`),
        );
        await atOnce(perBatch.requests, connections, () => work.call(random));
        sizes.logins += perBatch.logins;
        sizes.requests += perBatch.requests;
        sizes.users += perBatch.users;
        heaps.push((await cloud.memory()).heapUsed);
        const isOver = batches === undefined ? performance.now() - started >= budgetMs : batch + 1 >= batches;
        if (isOver) break;
      }
      work.end();
      // Node looks for them every half minute, and gives them a minute.
      if (performance.now() - started > 100_000) {
        const statuses = await Promise.all(slow);
        if (statuses.some((status) => status !== "408"))
          throw new Error(`slow requests: ${statuses.join(", ")}`);
      }
      checkGrowth(heaps, sizes);
      await checkOversized(cloud);
      await checkStop(cloud);
    } catch (error) {
      defects.push({
        seed,
        batches: begun,
        input: JSON.stringify(sizes),
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      cloud?.child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    }
    return { sizes, defects };
  },
};

/** Users and tokens are kept. What requests leave behind is not. */
function checkGrowth(heaps: readonly number[], sizes: Record<string, number>): void {
  const half = heaps[Math.floor(heaps.length / 2)] ?? 0;
  const last = heaps.at(-1) ?? 0;
  sizes["MB of heap"] = Math.round(last / 1e6);
  sizes["% of growth"] = Math.round((last / half - 1) * 100);
  // A run of few batches is all warm-up.
  if (heaps.length >= 10 && last > half * 1.5 + 10e6)
    throw new Error(
      `the heap grows from ${Math.round(half / 1e6)} to ${Math.round(last / 1e6)} MB in the second half`,
    );
}
