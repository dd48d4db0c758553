import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { copySstApp, type SstApp, type SstDev } from "@api-auth-twitter/test-support/sst-app";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../src/index.ts";

const stackFile = "stacks/ExampleStack.ts";
const publicFile = "packages/functions/src/public.ts";

/** A handler that reads a `Config.Secret`. */
const secretHandler = `
import { Config } from "sst/node/config";
export async function handler() {
  return { statusCode: 200, body: Config.GREETING };
}
`;

/** Runs the unmodified `sst dev` against the local cloud, without a terminal. Each test continues from the one before. */
describe("sst dev", () => {
  let cloud: LocalCloud;
  let app: SstApp;
  let cli: AuthCli;
  let dev: SstDev;
  let endpoint: string;
  let lines: string[];
  let variables: Record<string, string>;

  beforeAll(async () => {
    lines = [];
    cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0, log: (line) => lines.push(line) });
    app = await copySstApp();
    await writeFile(
      join(app.folder, "packages/functions/src/daily.ts"),
      'export const handler = async (event: { time: string }) => console.log("daily at", event.time);\n',
    );
    await app.edit(stackFile, "import { Api, Cognito,", "import { Api, Cognito, Cron,");
    const job = "packages/functions/src/daily.handler";
    await app.edit(
      stackFile,
      "stack.addOutputs(",
      `new Cron(stack, "Daily", { schedule: "rate(1 day)", job: "${job}" });\n  stack.addOutputs(`,
    );
    cli = await createAuthCli(app.folder, cloud.environment);
    variables = { HOME: app.folder, NO_COLOR: "1", CI: "1", ...cloud.environment };
    dev = app.dev("live", variables);
  });
  afterAll(async () => {
    await dev.stop("SIGKILL");
    await cloud.close();
    await cli.remove();
    await app.remove();
  });

  async function get(path: string): Promise<[status: number, body: string]> {
    const reply = await fetch(endpoint + path);
    return [reply.status, await reply.text()];
  }

  /** SST says when a bundle is built, not when the next request gets it. */
  const patience = { timeout: 60_000 };

  it("deploys the stage and answers from this computer", async () => {
    const [, url = ""] = await dev.printed(/ApiEndpoint: (\S+)/);
    endpoint = url;
    await dev.printed(/IdentityPoolId: us-east-1:/);
    expect(await get("/public"), dev.output()).toEqual([200, "Hello stranger!"]);
    await dev.printed(/Invoked (packages\/functions\/src\/public\.handler)[^]*Built \1/);
    expect(await get("/private")).toEqual([403, '{"message":"Forbidden"}']);
  });

  it("runs a schedule on this computer", async () => {
    await cloud.fastForward();
    const [, time = ""] = await dev.printed(/daily at (\d{4}-\S+Z)/);
    expect(Date.parse(time)).toBeGreaterThan(Date.now());
  });

  it("passes the identity of a signed request on", async () => {
    const login = await cli.logIn("alice");
    expect(login.code, login.stderr).toBe(0);
    const { stdout, stderr } = await cli.run(["call", "/private"]);
    expect(stdout, stderr).toMatch(/^Hello us-east-1:[0-9a-f-]{36}!/);
  });

  it("answers with an edited handler, without a deploy", async () => {
    const deployments = deployed();
    await app.edit(publicFile, "Hello stranger!", "Hello again!");
    await dev.printed(/Built packages\/functions\/src\/public\.handler/);
    await expect.poll(() => get("/public"), patience).toEqual([200, "Hello again!"]);
    expect(deployed()).toEqual(deployments);
  });

  it("keeps the old code of a handler with a syntax error, and says what is wrong", async () => {
    await app.edit(publicFile, "return", "return }");
    await dev.printed(/Build failed packages\/functions\/src\/public\.handler/);
    expect(await get("/public")).toEqual([200, "Hello again!"]);
    await app.edit(publicFile, "return }", "return");
    await dev.printed(/Built packages\/functions\/src\/public\.handler/);
  });

  it("answers 500 for a handler that throws, and prints the error", async () => {
    await app.edit(
      publicFile,
      "return",
      'if (Date.now() > 0) throw new Error("out of greetings");\n  return',
    );
    await dev.printed(/Built packages\/functions\/src\/public\.handler/);
    await expect.poll(() => get("/public"), patience).toEqual([500, '{"message":"Internal Server Error"}']);
    await dev.printed(/out of greetings/);
  });

  it("ends a request whose connections to AWS IoT are cut, and answers the next", async () => {
    await app.edit(
      publicFile,
      /export function handler\(\)(.*\n).*throw.*\n/,
      'export async function handler(event)$1  if (event.rawQueryString === "slow") await new Promise((resolve) => setTimeout(resolve, 15_000));\n',
    );
    await dev.printed(/Built packages\/functions\/src\/public\.handler/);
    const cut = get("/public?slow");
    await dev.printed(/Invoked packages\/functions\/src\/public\.handler/);
    await cloud.disconnectIot();
    const [status, body] = await cut;
    const isLogged = lines.some((line) => line.includes("sst dev ended or lost its connection to AWS IoT"));
    // On a busy machine SST's bridge may not have the first message of sst dev yet. It answers itself then, after 10 s.
    expect(`${status} ${body} ${isLogged}`).toMatch(
      /^500 (\{"message":"Internal Server Error"\} true|This function is in live debug mode .*)$/,
    );
    await expect.poll(() => get("/public"), patience).toEqual([200, "Hello again!"]);
  });

  it("deploys an edited stack: a new route, whose function reads a secret", async () => {
    await putSecret("GREETING", "hello from the secret");
    await writeFile(join(app.folder, "packages/functions/src/secret.ts"), secretHandler);
    await app.edit(stackFile, "import { Api, Cognito,", "import { Api, Cognito, Config,");
    await app.edit(
      stackFile,
      '"GET /public":',
      `"GET /secret": {
        function: {
          handler: "packages/functions/src/secret.handler",
          bind: [new Config.Secret(stack, "GREETING")],
        },
        authorizer: "none",
      },
      "GET /public":`,
    );
    await dev.printed(/ApiEndpoint: (\S+)/);
    await expect.poll(() => get("/secret"), patience).toEqual([200, "hello from the secret"]);
    expect((await get("/private"))[0]).toBe(403);
  });

  it("runs a function again when its secret changes", async () => {
    const set = await app.sst(["secrets", "set", "GREETING", "hello again", "--stage", "live"], variables);
    expect(set.stdout, set.stderr).toContain("Reloaded 1 function");
    await expect.poll(() => get("/secret"), patience).toEqual([200, "hello again"]);
  });

  it("leaves a stage that sst remove removes", async () => {
    await dev.stop();
    const { code, stdout, stderr } = await app.sst(["remove", "--stage", "live"], variables);
    expect(code, stdout + stderr).toBe(0);
    await expect(get("/public")).rejects.toThrow("fetch failed");
  });

  /** What `sst secrets set` sends before a function reads the secret. */
  async function putSecret(name: string, Value: string): Promise<void> {
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = variables;
    const aws = new AwsClient({ accessKeyId, secretAccessKey, region: "us-east-1", service: "ssm" });
    const Name = `/sst/api-auth-twitter/live/Secret/${name}/value`;
    const { status } = await aws.fetch(cloud.awsUrl, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.PutParameter" },
      body: JSON.stringify({ Name, Value, Type: "SecureString" }),
    });
    expect(status).toBe(200);
  }

  /** How often CloudFormation has changed a stack. */
  function deployed(): string[] {
    return lines.filter((line) => /cloudformation \S+ \w+_COMPLETE/.test(line));
  }
});
