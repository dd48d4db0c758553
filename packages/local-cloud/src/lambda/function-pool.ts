import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { BroadcastChannel } from "node:worker_threads";

import type { Tinypool } from "tinypool";

import type { LambdaFunction } from "../resources.ts";
import type { InvocationReply, InvocationRequest } from "./lambda-worker.ts";

export interface FunctionPoolOptions {
  lambdaFunction: LambdaFunction;
  /** The worker's JavaScript. */
  workerEntry: string;
  /** Everything that the function sees of the environment. */
  environment: Record<string, string>;
  onOutput: (text: string) => void;
}

/** The execution environments of one version of one function: worker threads, each with one invocation at a time. */
export interface FunctionPool {
  run(event: unknown, requestId: string): Promise<InvocationReply>;
  /** Waits for running invocations, then ends the workers. */
  retire(): Promise<void>;
  /** Ends the workers now. */
  destroy(): Promise<void>;
}

/** Worker threads that a function may have; further invocations wait. */
const maximumConcurrency = Math.max(4, availableParallelism());

export async function createFunctionPool(options: FunctionPoolOptions): Promise<FunctionPool> {
  const { lambdaFunction, workerEntry, environment, onOutput } = options;
  const { Tinypool } = await import("tinypool");
  const pool: Tinypool = new Tinypool({
    filename: workerEntry,
    env: environment,
    minThreads: 1,
    maxThreads: maximumConcurrency,
    concurrentTasksPerWorker: 1,
    idleTimeout: 10_000,
    resourceLimits: { maxOldGenerationSizeMb: lambdaFunction.memoryMb },
  });
  const outputChannel = `lambda-output-${randomUUID()}`;
  const output = new BroadcastChannel(outputChannel);
  output.addEventListener("message", (message) => onOutput(String((message as MessageEvent).data)));
  output.unref();

  // Invocations wait here and not in the pool's queue, so that waiting does not count as running.
  const waiting: (() => void)[] = [];
  let running = 0;
  let whenIdle: (() => void) | undefined;

  const acquire = (): Promise<void> | void => {
    if (running < maximumConcurrency) {
      running += 1;
      return;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next !== undefined) return next();
    running -= 1;
    if (running === 0) whenIdle?.();
  };

  const destroy = async (): Promise<void> => {
    output.close();
    await pool.destroy();
  };

  return {
    async run(event, requestId) {
      await acquire();
      const timeoutMs = lambdaFunction.timeoutSeconds * 1000;
      const abort = new AbortController();
      // A worker that does not answer is ended, whatever it is doing; the pool starts another.
      const deadline = setTimeout(() => abort.abort(), timeoutMs);
      try {
        const request: InvocationRequest = {
          requestId,
          functionArn: lambdaFunction.arn,
          timeoutMs,
          event: JSON.stringify(event),
          outputChannel,
        };
        const reply = (await pool.run(request, { signal: abort.signal })) as InvocationReply;
        if (!reply.ok && reply.ended) await pool.recycleWorkers();
        return reply;
      } catch (error) {
        const errorMessage = abort.signal.aborted
          ? `Task timed out after ${lambdaFunction.timeoutSeconds.toFixed(2)} seconds`
          : `Runtime exited: ${error instanceof Error ? error.message : String(error)}`;
        const errorType = abort.signal.aborted ? "Sandbox.Timedout" : "Runtime.ExitError";
        return { ok: false, errorType, errorMessage, stack: "", ended: true };
      } finally {
        clearTimeout(deadline);
        release();
      }
    },
    async retire() {
      if (running > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
      await destroy();
    },
    destroy,
  };
}
