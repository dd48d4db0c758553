/** What `call` costs by the byte: a long response streamed through it, and a long body signed. */
import { createHash, randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { signSigV4 } from "../src/aws/sigv4.ts";
import { exitCode, median, type Variables } from "./measure.ts";
import { root } from "./world.ts";

export interface Streaming {
  /** Bytes a second through `auth-cli call`, of those through a bare node:http pipe. */
  throughputRatio: number;
  bytesPerSecond: number;
  /** The largest of the runs' peaks of resident memory; NaN without GNU time. */
  peakMb: number;
  /** The same of the bare pipe. */
  barePeakMb: number;
}

interface Run {
  seconds: number;
  peakMb: number;
}

const gnuTime = "/usr/bin/time";

/** @param bytes the length of the response */
export async function measureStreaming(
  bytes: number,
  runs: number,
  variables: Variables,
): Promise<Streaming> {
  const server = createServer((_incoming, outgoing) => {
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
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pool = "us-east-1:00000000-0000-4000-8000-000000000000";
  const commands = {
    bare: [join(root, "cli/bench/bare-get.cjs"), `${url}/`],
    call: [authCliPath, "call", "/", "--unsigned", "--endpoint", url, "--identity-pool-id", pool],
  };
  const measured: Record<keyof typeof commands, Run[]> = { bare: [], call: [] };
  try {
    // In turns, so that what else the machine does meets both alike.
    for (let run = 0; run < runs; run += 1) {
      for (const name of ["bare", "call"] as const) {
        measured[name].push(await readAll(commands[name], bytes, variables));
      }
    }
  } finally {
    server.close();
  }
  const [bare, call] = [measured.bare, measured.call].map((list) =>
    median(list.map(({ seconds }) => seconds)),
  );
  const peak = (list: readonly Run[]): number => Math.max(...list.map(({ peakMb }) => peakMb));
  return {
    throughputRatio: (bare ?? Number.NaN) / (call ?? Number.NaN),
    bytesPerSecond: bytes / (call ?? Number.NaN),
    peakMb: peak(measured.call),
    barePeakMb: peak(measured.bare),
  };
}

async function readAll(args: readonly string[], bytes: number, variables: Variables): Promise<Run> {
  const timed = await access(gnuTime).then(
    () => [gnuTime, "-f", "%M"],
    () => [],
  );
  const [command = process.execPath, ...rest] = [...timed, process.execPath, ...args];
  const started = performance.now();
  const child = spawn(command, rest, { env: variables, stdio: ["ignore", "pipe", "pipe"] });
  let [length, errors] = [0, ""];
  child.stdout.on("data", (chunk: Buffer) => (length += chunk.length));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await exitCode(child);
  if (code !== 0 || length !== bytes)
    throw new Error(`${args.join(" ")}: exit code ${code}, ${length} bytes\n${errors}`);
  const kilobytes = Number(errors.trim().split("\n").at(-1) || Number.NaN);
  return { seconds: (performance.now() - started) / 1000, peakMb: kilobytes / 1024 };
}

/** The time of signing a body, of that of hashing it, which no signature can do without. */
export async function measureSigning(bytes: number, runs: number): Promise<number> {
  const body = randomBytes(bytes);
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
  return median(signing) / median(hashing);
}
