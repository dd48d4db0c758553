import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { listen } from "@api-auth-twitter/test-support/listen";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

let world: DeployedWorld;
/** A folder of somebody else, with a copy of the outputs. */
let folder: string;
let logger: Logger;

/** A server that records what it gets. */
interface Logger {
  url: string;
  requests: string[];
  close: () => void;
}

async function startLogger(): Promise<Logger> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(500).end();
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, requests, close: () => server.close().closeAllConnections() };
}

beforeAll(async () => {
  world = await deployWorld("prod");
  await world.cli.logIn("alice");
});
afterAll(() => world.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-elsewhere-"));
  await writeFile(join(folder, "package.json"), "{}");
  await mkdir(join(folder, ".sst"));
  await cp(join(world.app.folder, ".sst/outputs.json"), join(folder, ".sst/outputs.json"));
  logger = await startLogger();
});
afterEach(async () => {
  logger.close();
  await rm(folder, { recursive: true });
});

/** Runs a command in the folder, in a terminal that names no address. */
function runThere(args: readonly string[], variables: Record<string, string> = {}): Promise<ProcessResult> {
  const { PATH, HOME, XDG_CONFIG_HOME, XDG_CACHE_HOME, AUTH_CLI_STORE } = world.cli.variables;
  const env = { PATH, HOME, XDG_CONFIG_HOME, XDG_CACHE_HOME, AUTH_CLI_STORE, ...variables };
  return runProcess(process.execPath, [authCliPath, ...args], { cwd: folder, env });
}

const dotenv = (text: string): Promise<void> => writeFile(join(folder, ".env"), text);
const emptyCache = (): Promise<void> =>
  rm(join(world.cli.home, "cache/auth-cli"), { recursive: true, force: true });

describe("a stored login in the folder of somebody else", () => {
  test("goes to the addresses that it was made with", async () => {
    await emptyCache();
    const { code, stdout, stderr } = await runThere(["call", "/private"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Hello /);
  });

  test.each(["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY"])(
    "goes nowhere when the folder's .env file sets %s, unless the environment does",
    async (name) => {
      await dotenv(`${name}=${logger.url}\n`);
      await emptyCache();
      const { code, stderr } = await runThere(["call", "/private"]);
      expect(code).toBe(2);
      expect(stderr).toContain(`${join(folder, ".env")} sets ${name} to ${logger.url}/`);
      expect(stderr).toContain(`${name}=${logger.url} auth-cli …`);
      expect(logger.requests).toEqual([]);
      await runThere(["call", "/private"], { [name]: logger.url });
      expect(logger.requests).not.toEqual([]);
    },
  );

  test("signs no request to an API that only the folder's outputs file names", async () => {
    const text = `{"prod-app-Stack":{"ApiEndpoint":"${logger.url}","IdentityPoolId":"${(await world.outputs()).IdentityPoolId}"}}`;
    await writeFile(join(folder, ".sst/outputs.json"), text);
    for (const args of [["call", "/private"], ["smoke"]]) {
      const { code, stdout, stderr } = await runThere(args);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain(`names the API ${logger.url}`);
    }
    expect(logger.requests.filter((request) => request.includes("/private")).length).toBeLessThanOrEqual(1);
    await runThere(["call", "/private", "--endpoint", logger.url]);
    expect(logger.requests.at(-1)).toContain("GET /");
  });
});

describe("a .env file", () => {
  test("names no proxy", async () => {
    const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    await dotenv(
      proxies.map((name) => `${name}=${logger.url}\n${name.toLowerCase()}=${logger.url}\n`).join(""),
    );
    await emptyCache();
    const { code, stderr } = await runThere(["call", "/private"], { NO_PROXY: "<-loopback>" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(logger.requests).toEqual([]);
    await runThere(["call", "/private"], { NO_PROXY: "<-loopback>", HTTP_PROXY: logger.url });
    expect(logger.requests).not.toEqual([]);
  });

  test("does not exempt a host from the proxy", async () => {
    await dotenv("NO_PROXY=*\nno_proxy=*\n");
    await runThere(["call", "/private"], { NO_PROXY: "<-loopback>", HTTP_PROXY: logger.url });
    expect(logger.requests).not.toEqual([]);
  });

  test("names no authority to trust", async () => {
    await dotenv("NODE_EXTRA_CA_CERTS=/nonexistent/authority.pem\n");
    const authority = join(folder, "authority.pem");
    await writeFile(authority, rootCertificates[0] ?? "");
    const args = [
      "call",
      "/x",
      "--unsigned",
      "--cacert",
      authority,
      "--endpoint",
      logger.url.replace("http", "https"),
    ];
    const [ignored, honoured] = [
      await runThere(args),
      await runThere(args, { NODE_EXTRA_CA_CERTS: "/nonexistent/authority.pem" }),
    ];
    expect([ignored.code, honoured.code]).toEqual([3, 2]);
  });

  test("names no folder for logins", async () => {
    await dotenv(`AUTH_CLI_CONFIG_DIR=${folder}\nXDG_CONFIG_HOME=${folder}\nXDG_CACHE_HOME=${folder}\n`);
    expect((await runThere(["call", "/private"])).code).toBe(0);
    expect((await readdir(folder)).toSorted()).toEqual([".env", ".sst", "package.json"]);
  });
});

describe("a logout during a call", () => {
  test("leaves no AWS credentials", async () => {
    for (let round = 0; round < 6; round += 1) {
      expect((await world.cli.logIn("alice")).code).toBe(0);
      await emptyCache();
      await Promise.all([world.cli.run(["call", "/private"]), world.cli.run(["logout"])]);
      expect(await readdir(join(world.cli.home, "cache/auth-cli")).catch(() => [])).toEqual([]);
    }
  });
});
