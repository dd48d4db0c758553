import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";

import { afterEach, beforeEach, expect, it } from "vitest";

import type { WorkerMessage, WorkerSettings } from "./lambda-worker.ts";
import { findWorkerEntry } from "./worker-entry.ts";

let folder: string;
let worker: Worker;
let port: MessagePort;
let invocations: Int32Array;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lambda-worker-"));
  await writeFile(join(folder, "index.mjs"), "export const handler = async (event) => event;");
  invocations = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const channel = new MessageChannel();
  port = channel.port1;
  const settings: WorkerSettings = {
    functionArn: "arn",
    timeoutMs: 5000,
    staysAwake: false,
    invocations,
    port: channel.port2,
  };
  const env = { LAMBDA_TASK_ROOT: folder, _HANDLER: "index.handler" };
  worker = new Worker(await findWorkerEntry(folder), {
    env,
    workerData: settings,
    transferList: [channel.port2],
  });
});

afterEach(async () => {
  await worker.terminate();
  await rm(folder, { recursive: true });
});

async function invoke(event: string): Promise<unknown> {
  const reply = new Promise((resolve) => {
    port.on("message", (message: WorkerMessage) => {
      if ("ok" in message) resolve(message);
    });
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  port.postMessage({ requestId: "r", event, trace: "" });
  Atomics.add(invocations, 0, 1);
  Atomics.notify(invocations, 0);
  return reply;
}

it("answers each invocation with its own result, even after a wake-up without an invocation", async () => {
  expect(await invoke("1")).toEqual({ ok: true, payload: "1" });
  for (const event of ["2", "3"]) {
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, 20));
    Atomics.notify(invocations, 0);
    // oxlint-disable-next-line no-await-in-loop
    expect(await invoke(event)).toEqual({ ok: true, payload: event });
  }
});
