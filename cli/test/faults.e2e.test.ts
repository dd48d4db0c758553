import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthCli, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import {
  type FaultName,
  faults,
  type FaultServer,
  startFaultServer,
} from "@api-auth-twitter/test-support/fault-server";
import type { ProcessResult } from "@api-auth-twitter/test-support/run-process";
import { combinations, isLongRun } from "@api-auth-twitter/test-support/test-runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const secrets = { consumer: "consumer-secret-value", token: "access-token-secret" };
const identityPoolId = "us-east-1:00000000-0000-4000-8000-000000000000";
const target = (endpoint: string): string[] => ["--endpoint", endpoint, "--identity-pool-id", identityPoolId];

let folder: string;
let cli: AuthCli;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-faults-"));
  cli = await createAuthCli(folder, {
    TWITTER_CONSUMER_KEY: "consumer-key",
    TWITTER_CONSUMER_SECRET: secrets.consumer,
  });
});

afterAll(async () => {
  await cli.remove();
  await rm(folder, { recursive: true, force: true });
});

/** The services, each with a command whose first request goes to it. */
const hops = {
  twitter: ({ url }) =>
    cli.run(["login", "--no-browser", "--json", ...target(url)], {
      stdin: "1234567\n",
      variables: { TWITTER_API_URL: url },
    }),
  cognito: ({ url }) =>
    cli.run(["call", "/x", "--json", ...target(url)], {
      variables: {
        AWS_ENDPOINT_URL_COGNITO_IDENTITY: url,
        TWITTER_ACCESS_TOKEN: `token-of-${url.slice(-5)}`,
        TWITTER_ACCESS_TOKEN_SECRET: secrets.token,
      },
    }),
  api: ({ url }) => cli.run(["call", "/x", "--json", "--unsigned", "-m", "2", ...target(url)]),
} satisfies Record<string, (server: FaultServer) => Promise<ProcessResult>>;

type Hop = keyof typeof hops;
const steps: Record<Hop, string> = {
  twitter: "twitter.request_token",
  cognito: "cognito.get-id",
  api: "api.call",
};

/** The exit code and the error's code. `call` prints any body of the API and exits with 0. */
type Expected = readonly [exitCode: number, code?: string];
const lost = [3, "connection-lost"] as const;
const late = [3, "timeout"] as const;
const strange = [1, "unexpected-reply"] as const;
const done = [0] as const;

const table: Record<FaultName, Record<Hop, Expected>> = {
  "resets the connection": { twitter: lost, cognito: lost, api: lost },
  "closes the connection without a word": { twitter: lost, cognito: lost, api: lost },
  "closes the connection in the head": { twitter: lost, cognito: lost, api: lost },
  "sends half a body": { twitter: lost, cognito: lost, api: lost },
  "leaves out the last chunk": { twitter: lost, cognito: lost, api: lost },
  "sends two Content-Lengths": { twitter: strange, cognito: strange, api: strange },
  "sends more than its Content-Length": { twitter: strange, cognito: strange, api: done },
  "sends 100 MB": { twitter: strange, cognito: strange, api: strange },
  "sends 100 MB of head": { twitter: strange, cognito: strange, api: strange },
  "sends a page": { twitter: strange, cognito: strange, api: done },
  "sends invalid UTF-8": { twitter: strange, cognito: strange, api: done },
  "sends nothing as a body": { twitter: strange, cognito: strange, api: done },
  "redirects to itself": { twitter: strange, cognito: strange, api: done },
  "answers 503 with a page": {
    twitter: [1, "server-error"],
    cognito: [1, "server-error"],
    api: [22, "http-status"],
  },
  "speaks another protocol": { twitter: strange, cognito: strange, api: strange },
  "sends noise": { twitter: strange, cognito: strange, api: strange },
  "never answers": { twitter: late, cognito: late, api: late },
  "stops in the body": { twitter: late, cognito: late, api: late },
  "drips a byte at a time": { twitter: late, cognito: late, api: late },
};

const rows = combinations(Object.keys(table) as FaultName[], Object.keys(hops) as Hop[])
  // Only `call` has a limit that can be set. The others wait for half a minute.
  .map(([fault, hop]) => ({ fault, hop: table[fault][hop] === late && !isLongRun ? ("api" as const) : hop }))
  .map(({ fault, hop }) => ({ fault, hop, expected: table[fault][hop] }));

// Side by side, since several wait half a minute for a timeout.
describe.concurrent("a server that", () => {
  it.each(rows)(
    "$fault, instead of $hop: $expected",
    async ({ fault, hop, expected: [exitCode, code] }) => {
      const server = await startFaultServer(faults[fault]);
      try {
        const { code: exited, signal, stdout, stderr } = await hops[hop](server);
        expect([exited, signal], stderr).toEqual([exitCode, null]);
        for (const secret of Object.values(secrets)) expect(stdout + stderr).not.toContain(secret);
        if (code === undefined) return;
        const { error } = JSON.parse(stderr.slice(stderr.indexOf("{"))) as { error: Record<string, string> };
        expect(error).toMatchObject({ code, step: steps[hop], message: expect.any(String) });
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(hop === "api" ? "" : stdout).toBe("");
        // auth-cli follows no redirect, and repeats only idempotent requests.
        expect(server.requestLines.length).toBeLessThanOrEqual(hop === "cognito" ? 3 : 1);
      } finally {
        await server.close();
      }
    },
    60_000,
  );
});

describe("an output file", () => {
  it("keeps its content when the response is cut short", async () => {
    const server = await startFaultServer(faults["sends half a body"]);
    await writeFile(join(folder, "kept.txt"), "before");
    const { code } = await cli.run(["call", "/x", "--unsigned", "-o", "kept.txt", ...target(server.url)]);
    await server.close();
    expect(code).toBe(3);
    expect(await readFile(join(folder, "kept.txt"), "utf8")).toBe("before");
    expect((await readdir(folder)).filter((name) => name.includes("kept.txt"))).toEqual(["kept.txt"]);
  });
});
