import { createHash, randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { listen } from "@api-auth-twitter/test-support/listen";
import { lightCrypto } from "../src/aws/light-crypto.ts";
import { signSigV4 } from "../src/aws/sigv4.ts";
import { type Checkout, here } from "./checkout.ts";
import { exitCode, inTurns, median } from "./measure.ts";
import type { Report } from "./report.ts";

interface Run {
  seconds: number;
  peakMb: number;
}

const seconds = (measured: readonly Run[]): number => median(measured.map((run) => run.seconds));
const peak = (measured: readonly Run[]): number => Math.max(...measured.map(({ peakMb }) => peakMb));

const gnuTime = "/usr/bin/time";

const responseBytes = 1_000_000_000;

/** A response of 1 GB through `auth-cli call` and through a bare node:http pipe, in turns. */
export async function benchStreaming(
  report: Report,
  checkouts: readonly Checkout[],
  runs: number,
): Promise<void> {
  const server = createStream(responseBytes);
  const url = `http://127.0.0.1:${await listen(server)}`;
  const pool = "us-east-1:00000000-0000-4000-8000-000000000000";
  const target = ["/", "--unsigned", "--endpoint", url, "--identity-pool-id", pool];
  const commands = [
    [join(here.root, "cli/bench/bare-get.cjs"), `${url}/`],
    ...checkouts.map(({ program }) => [program, "call", ...target]),
  ];
  const [bare = [], ...calls] = await inTurns(commands, runs, (args) => readAll(args, responseBytes));
  server.close();
  const rates = calls.map((call) => seconds(bare) / seconds(call));
  report.row("a 1 GB response against a bare node:http pipe", "×", rates, { atLeast: 0.7 });
  report.row("  peak memory of the bare pipe", "MB", [peak(bare)]);
  report.row("  peak memory", "MB", calls.map(peak));
}

function createStream(bytes: number): Server {
  return createServer((_incoming, outgoing) => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    outgoing.writeHead(200, { "Content-Length": bytes });
    let left = bytes;
    const write = (): void => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length));
        left -= part.length;
        if (outgoing.write(part)) continue;
        outgoing.once("drain", write);
        return;
      }
      outgoing.end();
    };
    write();
  });
}

async function readAll(args: readonly string[], bytes: number): Promise<Run> {
  const timed = await access(gnuTime).then(
    () => [gnuTime, "-f", "%M"],
    () => [],
  );
  const [command = process.execPath, ...rest] = [...timed, process.execPath, ...args];
  const started = performance.now();
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let [length, errors] = [0, ""];
  child.stdout.on("data", (chunk: Buffer) => (length += chunk.length));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await exitCode(child);
  if (code !== 0 || length !== bytes)
    throw new Error(`${args.join(" ")}: exit code ${code}, ${length} bytes\n${errors}`);
  const kilobytes = Number(errors.trim().split("\n").at(-1) || Number.NaN);
  return { seconds: (performance.now() - started) / 1000, peakMb: kilobytes / 1024 };
}

/** Signing a body of 10 MB against hashing it. */
export async function benchSigning(report: Report, runs: number): Promise<void> {
  // As the build injects it.
  Object.defineProperty(globalThis, "crypto", { value: lightCrypto });
  const body = randomBytes(10 * 1024 * 1024);
  const [hashing, signing]: [number[], number[]] = [[], []];
  const credentials = { accessKeyId: "ASIABENCH", secretAccessKey: "secret", sessionToken: "token" };
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    createHash("sha256").update(body).digest("hex");
    const hashed = performance.now();
    await signSigV4(
      { method: "POST", url: new URL("https://api.example/x"), headers: [], body },
      { credentials, region: "us-east-1", service: "execute-api", nowMs: Date.now() },
    );
    hashing.push(hashed - start);
    signing.push(performance.now() - hashed);
  }
  report.row("signing a 10 MB body against hashing it", "×", [median(signing) / median(hashing)], {
    atMost: 1.5,
  });
}
