import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { makeCertificate } from "@api-auth-twitter/test-support/certificate";
import { startConnectProxy } from "@api-auth-twitter/test-support/connect-proxy";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import {
  type RecordedServices,
  startRecordedServices,
} from "@api-auth-twitter/test-support/recorded-services";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "./run-here.ts";

const identityPoolId = "eu-west-1:00000000-0000-4000-8000-000000000000";
const openssl = findPeer("openssl");

let folder: string;
let cli: AuthCli;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-network-"));
  cli = await createAuthCli(folder, {
    TWITTER_CONSUMER_KEY: "consumer-key",
    TWITTER_CONSUMER_SECRET: "consumer-secret-value",
  });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await cli.remove();
  await rm(folder, { recursive: true, force: true });
});

const started = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const server = await starting;
  closing.push(() => server.close());
  return server;
};

const target = ({ url }: RecordedServices): string[] => [
  "--endpoint",
  url,
  "--identity-pool-id",
  identityPoolId,
];
const variablesOf = ({ url }: RecordedServices): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  TWITTER_API_URL: url,
});

/** A new certificate of a private authority. */
const certificate = () => makeCertificate(folder, ["IP:127.0.0.1", "DNS:localhost"]);

describe.skipIf(openssl === undefined)("a proxy", () => {
  it("with a password carries all three services, and no output contains the password", async () => {
    const { file, ...tls } = await certificate();
    const services = await started(startRecordedServices({ tls }));
    const proxy = await started(startConnectProxy());
    const variables = {
      ...variablesOf(services),
      HTTPS_PROXY: proxy.url,
      // Loopback bypasses proxies by default.
      NO_PROXY: "<-loopback>",
    };
    const flags = ["--cacert", file, "--debug", "--trace", ...target(services)];
    const login = await cli.run(["login", "--no-browser", "--force", ...flags], {
      stdin: "1234567\n",
      variables,
    });
    expect(login.code, login.stderr).toBe(0);
    const called = await cli.run(["call", "/x", "-v", ...flags], { variables });
    expect([called.code, called.stdout], called.stderr).toEqual([0, "from the API\n"]);

    const authority = new URL(services.url).host;
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${authority}`]));
    // Consecutive requests share a connection.
    expect(services.connections()).toBeLessThanOrEqual(3);
    expect(proxy.tunnelled()).not.toMatch(/oauth_token|Credential=|GET \/x/);
    expect(login.stderr).toContain("# twitter.request_token: signature base string\nPOST&https");
    const printed = login.stdout + login.stderr + called.stdout + called.stderr;
    for (const secret of [
      proxy.password,
      encodeURIComponent(proxy.password),
      services.credentials.sessionToken,
    ]) {
      expect(printed).not.toContain(secret);
    }
  });

  it.each([
    ["a missing password", undefined, 407],
    ["a forbidden host", 403, 403],
  ])("that refuses %s causes a network error, not one of the API", async (_name, refuse, status) => {
    const { file, ...tls } = await certificate();
    const services = await started(startRecordedServices({ tls }));
    const proxy = await started(startConnectProxy(refuse));
    const ran = await runHere(
      cli,
      ["call", "/x", "--unsigned", "--json", "--cacert", file, ...target(services)],
      {
        variables: { HTTPS_PROXY: proxy.anonymousUrl, NO_PROXY: "<-loopback>" },
      },
    );
    expect([ran.code, ran.stdout]).toEqual([3, ""]);
    const { error } = JSON.parse(ran.stderr) as { error: Record<string, string> };
    expect(error).toMatchObject({ code: "proxy-refused", step: "api.call", fix: expect.any(String) });
    expect(error["message"]).toContain(`HTTP ${status}`);
    expect(services.connections()).toBe(0);
  });

  it("for plain HTTP gets the whole URL, and loopback requests only with <-loopback>", async () => {
    const services = await started(startRecordedServices());
    const proxy = await started(startConnectProxy());
    const args = ["call", "/x?a=1", "--unsigned", ...target(services)];
    const byDefault = await runHere(cli, args, { variables: { HTTP_PROXY: proxy.url } });
    expect([byDefault.code, proxy.requests]).toEqual([0, []]);
    const included = await runHere(cli, args, {
      variables: { HTTP_PROXY: proxy.url, NO_PROXY: "<-loopback>" },
    });
    expect([included.code, included.stdout]).toEqual([0, "from the API\n"]);
    expect(proxy.requests).toEqual([`GET ${services.url}/x?a=1`]);
  });

  it("that is unreachable is named", async () => {
    const proxy = await startConnectProxy();
    await proxy.close();
    const ran = await runHere(
      cli,
      ["call", "/x", "--unsigned", "--endpoint", "https://api.example", "--identity-pool-id", identityPoolId],
      {
        variables: { HTTPS_PROXY: proxy.url },
      },
    );
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain(`the proxy ${new URL(proxy.url).host} cannot be reached`);
    expect(ran.stderr).not.toContain("p%40ss");
  });
});

describe.skipIf(openssl === undefined)("TLS", () => {
  it("accepts a private authority only with --cacert, even with NODE_TLS_REJECT_UNAUTHORIZED=0", async () => {
    const { file, ...tls } = await certificate();
    const services = await started(startRecordedServices({ tls }));
    const args = ["call", "/x", "--unsigned", ...target(services)];
    const refused = await cli.run(args, { variables: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toContain("--cacert");
    expect(services.requests).toEqual([]);
    expect((await runHere(cli, [...args, "--cacert", file])).stdout).toBe("from the API\n");
    const verbose = await runHere(cli, [...args, "-v", "--cacert", file]);
    expect(verbose.stderr).toMatch(
      /^\* Connected to 127\.0\.0\.1 port \d+\n\* TLSv1\.3, \S+; certificate of private authority/m,
    );
  });

  it.each(["missing.pem", "not-a-certificate.pem"])("names an invalid --cacert %s", async (name) => {
    await writeFile(join(folder, "not-a-certificate.pem"), "hello");
    const ran = await runHere(cli, [
      "call",
      "/x",
      "--unsigned",
      "--cacert",
      name,
      "--endpoint",
      "https://127.0.0.1:1",
      "--identity-pool-id",
      identityPoolId,
    ]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(name);
  });
});

it("connects to an IPv6 address", async () => {
  const services = await started(startRecordedServices({ host: "::1" }));
  const ran = await runHere(cli, ["call", "/x", "--unsigned", ...target(services)]);
  expect([ran.code, ran.stdout], ran.stderr).toEqual([0, "from the API\n"]);
  expect(services.requests[0]?.headers[0]).toEqual(["Host", new URL(services.url).host]);
});

describe("--compressed", () => {
  const text = "compressed ".repeat(1000);
  it.each([
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["deflate, gzip", gzipSync(deflateSync(text))],
    ["identity", Buffer.from(text)],
  ])("decodes %s only with the flag", async (coding, body) => {
    const services = await started(
      startRecordedServices({
        api: (_incoming, outgoing) => outgoing.setHeader("Content-Encoding", coding).end(body),
      }),
    );
    const args = ["call", "/x", "--unsigned", ...target(services)];
    expect((await runHere(cli, [...args, "--compressed"])).stdout).toBe(text);
    await runHere(cli, [...args, "-o", "raw.bin"]);
    expect((await readFile(join(folder, "raw.bin"))).equals(body)).toBe(true);
    expect(
      services.requests.map(({ headers }) => headers.find(([name]) => name === "Accept-Encoding")?.[1]),
    ).toEqual(["gzip, deflate, br", undefined]);
  });

  it.each([
    ["gzip", gzipSync(text).subarray(0, 20)],
    ["gzip", Buffer.from(text)],
    ["zstd", Buffer.from(text)],
  ])("rejects an invalid %s body", async (coding, body) => {
    const services = await started(
      startRecordedServices({
        api: (_incoming, outgoing) => outgoing.setHeader("Content-Encoding", coding).end(body),
      }),
    );
    const ran = await runHere(cli, ["call", "/x", "--unsigned", "--compressed", ...target(services)]);
    expect(ran.code, ran.stderr).toBe(1);
    expect(ran.stderr).toMatch(/^error: api\.call: cannot decode the reply/m);
  });

  it("accepts the reply to HEAD", async () => {
    const services = await started(
      startRecordedServices({
        api: (_incoming, outgoing) => outgoing.setHeader("Content-Encoding", "gzip").end(),
      }),
    );
    const ran = await runHere(cli, ["call", "-I", "/x", "--unsigned", "--compressed", ...target(services)]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

const shell = (script: string, services: RecordedServices) =>
  runProcess("/bin/bash", ["-c", script], {
    cwd: folder,
    env: {
      ...cli.variables,
      CALL: `${process.execPath} ${authCliPath} call /x --unsigned ${target(services).join(" ")}`,
    },
  });

const long = (lines: number) =>
  startRecordedServices({
    api: (_incoming, outgoing) => outgoing.end("a line of the response\n".repeat(lines)),
  });

describe("standard output", () => {
  it("that is closed early ends the program with 141 and no message", async () => {
    const services = await started(long(1_000_000));
    const ran = await shell('$CALL | head -1; echo "${PIPESTATUS[0]}"', services);
    expect([ran.stdout, ran.stderr]).toEqual(["a line of the response\n141\n", ""]);
  });

  it("still works when standard error is closed early", async () => {
    const services = await started(long(10));
    const ran = await shell('$CALL -v 2> >(exec true) | wc -l; echo "${PIPESTATUS[0]}"', services);
    expect(ran.stdout).toBe("10\n0\n");
  });

  it("on a full disk causes an error", async () => {
    const services = await started(long(10));
    const ran = await shell("$CALL > /dev/full", services);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("error: cannot write standard output\ncause: the disk is full\n");
  });

  it("may be closed, and standard input too", async () => {
    const services = await started(long(10));
    expect((await shell("$CALL <&- >&-", services)).code).toBe(0);
  });
});

describe("--output", () => {
  it("on a full disk causes an error", async () => {
    const services = await started(long(10));
    const ran = await shell("$CALL -o /dev/full", services);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("cause: the disk is full");
  });

  it("writes to the target of a symbolic link and keeps the mode of the file", async () => {
    const services = await started(long(10));
    await writeFile(join(folder, "real.txt"), "before", { mode: 0o640 });
    await symlink("real.txt", join(folder, "link.txt"));
    expect((await shell("$CALL -o link.txt", services)).code).toBe(0);
    expect(await readFile(join(folder, "real.txt"), "utf8")).toMatch(/^a line/);
    expect((await stat(join(folder, "real.txt"))).mode & 0o777).toBe(0o640);
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
  });

  it("keeps the old file after an interruption and leaves no other file", async () => {
    const services = await started(
      startRecordedServices({ api: (_incoming, outgoing) => void outgoing.write("the beginning") }),
    );
    await writeFile(join(folder, "kept.txt"), "before");
    const child = spawn(
      process.execPath,
      [authCliPath, "call", "/x", "--unsigned", "-o", "kept.txt", ...target(services)],
      { cwd: folder, env: cli.variables, stdio: "ignore" },
    );
    while (!(await readdir(folder)).some((name) => name.endsWith(".part"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([130, null]);
    expect(await readFile(join(folder, "kept.txt"), "utf8")).toBe("before");
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
  });
});
