import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./common.ts";

const program = join(root, "cli/bin/auth-cli.cjs");
const identityId = "us-east-1:00000000-0000-4000-8000-000000000000";

/** Code with a stamp that changes with it, by which cli/bin/auth-cli.cjs knows the cache that was made of it. */
export function stamped(code: string): string {
  return `${code}//${createHash("sha256").update(code).digest("hex").slice(0, 16)}`;
}

/**
 * Goes each way into the program once, as users do: a start that finds no cache leaves what V8 has made of the program
 * for the next one.
 */
export async function writeCodeCaches(folder: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "auth-cli-build-"));
  const services = await startServices();
  try {
    const url = `http://127.0.0.1:${(services.address() as AddressInfo).port}`;
    const run = promisify(execFile);
    const token = { TWITTER_ACCESS_TOKEN: "warm-up", TWITTER_ACCESS_TOKEN_SECRET: "warm-up" };
    const options = { cwd: home, env: { HOME: home, AWS_ENDPOINT_URL: url, ...token }, timeout: 30_000 };
    const target = ["/", "--endpoint", url, "--identity-pool-id", identityId];
    // To obtain and to cache the credentials takes code that later calls have no use for.
    await run(process.execPath, [program, "call", ...target], options);
    for (const [cache, args] of [
      ["main-complete", ["complete", "--", "smoke", "--stage", ""]],
      ["main-call", ["call", ...target]],
      // A flag before the command is one of the things that commander has to read.
      ["main", ["--json", "call", ...target]],
    ] as const) {
      const file = join(folder, `${cache}.cache`);
      await rm(file, { force: true });
      await run(process.execPath, [program, ...args], options);
      await access(file);
    }
  } finally {
    services.close();
    services.closeAllConnections();
    await rm(home, { recursive: true, force: true });
  }
}

/** As little of Cognito Identity, and of an API, as a call needs. */
async function startServices(): Promise<Server> {
  const credentials = {
    AccessKeyId: "warm-up",
    SecretKey: "warm-up",
    SessionToken: "warm-up",
    Expiration: Date.now() / 1000 + 3600,
  };
  const server = createServer((request, response) => {
    const isCognito = request.headers["x-amz-target"] !== undefined;
    request.resume();
    response.setHeader("content-type", isCognito ? "application/x-amz-json-1.1" : "text/plain");
    response.end(isCognito ? JSON.stringify({ IdentityId: identityId, Credentials: credentials }) : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
