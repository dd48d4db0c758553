import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Jq from "jq-wasm";
import type { JqResult } from "./environment.ts";
import { interrupted } from "./interrupted.ts";

/** An expression may never end, and only a thread can then be stopped. */
const program = `
const { parentPort, workerData } = require("node:worker_threads");
require(workerData.module).raw(...workerData.parameters).then((result) => parentPort.postMessage(result));`;

/** Runs jq, compiled to WebAssembly. */
export async function runJq(
  parameters: Parameters<typeof Jq.raw>,
  interruption: AbortSignal,
): Promise<JqResult> {
  const { Worker } = await import("node:worker_threads");
  const module = createRequire(join(import.meta.dirname, "jq.js")).resolve("jq-wasm");
  const worker = new Worker(program, { eval: true, workerData: { module, parameters } });
  const stop = (): void => void worker.terminate();
  interruption.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", ({ stdout, stderr, exitCode }: Awaited<ReturnType<typeof Jq.raw>>) =>
        resolve(exitCode === 0 ? { output: stdout } : { failed: cleaned(stderr) }),
      );
      worker.once("error", (error) => resolve({ failed: error.message }));
      worker.once("exit", () => reject(interrupted()));
      if (interruption.aborted) stop();
    });
  } finally {
    interruption.removeEventListener("abort", stop);
  }
}

/** In the style of our messages. */
function cleaned(message: string): string {
  const [first = ""] = message.split("\n");
  return first
    .replace(/^jq: parse error: /, "jq cannot read it as JSON: ")
    .replace(/^jq: error(?: \([^)]*\))*: /, "")
    .replace(/ at <top-level>, (line \d+, column \d+):$/, " at $1");
}
