import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { answerAuthorizePage } from "@api-auth-twitter/test-support/authorize-page";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { findPerl } from "@api-auth-twitter/test-support/perl";
import { installPinned } from "@api-auth-twitter/test-support/pinned-packages";
import { findPython } from "@api-auth-twitter/test-support/python";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findUser } from "../../src/twitter/users.ts";
import { startTunnel, type Tunnel } from "./tunnel.ts";

const folder = import.meta.dirname;
const certificate = inject("certificate");

interface Client {
  /** Undefined when it is not installed. */
  program: string | undefined;
  args: string[];
  /** From npm, by the lock file of this folder. */
  npm?: boolean;
}

const inNode = (script: string): Client => ({
  program: process.execPath,
  args: ["--require", `${folder}/local-hosts.cjs`, `${folder}/${script}`],
  npm: true,
});
const inPython = (script: string, module: string): Client => ({
  program: findPython({ [module]: `python3-${module}` }),
  args: ["-s", `${folder}/${script}`],
});
const inPerl = (script: string, module: string, debianPackage: string): Client => ({
  program: findPerl(module, debianPackage),
  args: [`${folder}/${script}`],
});

const clients: Record<string, Client> = {
  "twitter-api-v2": inNode("twitter-api-v2.cjs"),
  xdk: inNode("xdk.cjs"),
  "twitter-lite": inNode("twitter-lite.cjs"),
  "node-twitter-api": inNode("node-twitter-api.cjs"),
  twython: inPython("twython_client.py", "twython"),
  tweepy: inPython("tweepy_client.py", "tweepy"),
  "Net::Twitter": inPerl("net-twitter.pl", "Net::Twitter", "libnet-twitter-perl"),
  "Twitter::API": inPerl("twitter-api.pl", "Twitter::API", "libtwitter-api-perl"),
};

interface Access {
  token: string;
  secret: string;
  screenName: string;
  userId: string;
}

/** The clients as they are published: the addresses of X that they have built in lead to the local Twitter. */
describe.skipIf(certificate === undefined)("the PIN flow of", () => {
  let world: DeployedWorld;
  let tunnel: Tunnel;

  beforeAll(async () => {
    const { file = "", cert = "", key = "" } = certificate ?? {};
    world = await deployWorld("prod", undefined, {
      tls: { cert, key },
      variables: { NODE_EXTRA_CA_CERTS: file },
    });
    tunnel = await startTunnel(Number(new URL(world.cloud.twitterUrl).port));
  });
  afterAll(async () => {
    await tunnel.close();
    await world.close();
  });

  /** @param pinOf answers the authorize page */
  async function run(
    { program = "", args, npm }: Client,
    pinOf: (url: string) => Promise<string>,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { PATH, TWITTER_CONSUMER_KEY, TWITTER_CONSUMER_SECRET } = world.variables;
    const child = spawn(program, args, {
      env: {
        PATH,
        TWITTER_CONSUMER_KEY,
        TWITTER_CONSUMER_SECRET,
        ...(npm
          ? {
              NODE_PATH: await installPinned(folder),
              NODE_EXTRA_CA_CERTS: certificate?.file,
              LOCAL_PORT: new URL(world.cloud.twitterUrl).port,
            }
          : {
              HTTPS_PROXY: tunnel.url,
              PYTHONDONTWRITEBYTECODE: "1",
              REQUESTS_CA_BUNDLE: certificate?.file,
              PERL_LWP_ENV_PROXY: "1",
              PERL_LWP_SSL_CA_FILE: certificate?.file,
            }),
      },
      timeout: 60_000,
    });
    const stderr = text(child.stderr);
    const printed: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      printed.push(line);
      if (line.startsWith("https://")) child.stdin.end(`${await pinOf(line)}\n`);
    }
    return { code: child.exitCode, stdout: printed.at(-1) ?? "", stderr: await stderr };
  }

  async function authorize(url: string, screenName: string): Promise<string> {
    const { search } = new URL(url);
    const page = `${world.cloud.twitterUrl}/oauth/authorize${search}`;
    return (await answerAuthorizePage(page, { screenName })).pin ?? "";
  }

  const installed = Object.entries(clients).filter(([, { program }]) => program !== undefined);

  it.each(installed)("%s ends with a token for the API", async (name, client) => {
    const screenName = name.replaceAll(/\W/g, "_").slice(0, 15);
    const { stdout, stderr } = await run(client, (url) => authorize(url, screenName));
    expect(stdout, stderr).toMatch(/^\{/);
    const access = JSON.parse(stdout) as Access;
    expect(access).toMatchObject({ screenName, userId: findUser(screenName)?.userId });
    const variables = { TWITTER_ACCESS_TOKEN: access.token, TWITTER_ACCESS_TOKEN_SECRET: access.secret };
    const login = await world.cli.run(["login", "--with-token", "--force"], { variables });
    expect(login.stdout, login.stderr).toContain(`as @${screenName}`);
    const call = await world.cli.run(["call", "/private", "--user", screenName]);
    expect(call.stdout, call.stderr).toMatch(/^Hello us-east-1:/);

    const wrong = await run(client, async (url) => {
      const pin = await authorize(url, screenName);
      return pin === "1234567" ? "7654321" : "1234567";
    });
    expect(wrong.stdout).not.toMatch(/^\{/);
    expect(wrong.stderr).not.toBe("");
  });
});
