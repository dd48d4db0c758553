import { Worker } from "node:worker_threads";

import type { FunctionSettings, InvocationReply, WorkerMessage } from "./lambda-worker.ts";

export interface ExecutionEnvironmentOptions extends FunctionSettings {
  /** The worker's JavaScript. */
  workerEntry: string;
  /** Everything that the function sees of the environment. */
  environment: Record<string, string>;
  memoryMb: number;
  onOutput: (text: string) => void;
}

/** One worker thread with the function's code, for one invocation at a time. */
export interface ExecutionEnvironment {
  /** A reply with `ended` means that the environment must not be used again; it is then terminated. */
  invoke(requestId: string, event: string): Promise<InvocationReply>;
  /** Ends the thread now. A running invocation gets a reply. */
  terminate(): Promise<void>;
}

/** Lambda's execution environment. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
export function createExecutionEnvironment(options: ExecutionEnvironmentOptions): ExecutionEnvironment {
  const { workerEntry, environment, memoryMb, onOutput, functionArn, timeoutMs } = options;
  const invocations = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(workerEntry, {
    env: environment,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    workerData: { functionArn, timeoutMs, invocations },
  });
  // An idle function does not keep the process alive.
  worker.unref();

  let finish: ((reply: InvocationReply) => void) | undefined;
  let deadline: NodeJS.Timeout | undefined;
  let crash: InvocationReply | undefined;

  const settle = (reply: InvocationReply): void => {
    clearTimeout(deadline);
    finish?.(reply);
    finish = undefined;
  };
  const end = (errorType: string, errorMessage: string): Promise<number> => {
    crash ??= { ok: false, errorType, errorMessage, stack: "", ended: true };
    settle(crash);
    return worker.terminate();
  };

  worker.on("message", (message: WorkerMessage) => {
    if ("output" in message) onOutput(message.output);
    else settle(message);
  });
  worker.on("error", (error) => void end("Runtime.ExitError", `Runtime exited: ${error.message}`));
  worker.on("exit", () => void end("Runtime.ExitError", "Runtime exited"));

  return {
    invoke(requestId, event) {
      if (crash !== undefined) return Promise.resolve(crash);
      return new Promise((resolve) => {
        finish = resolve;
        // A handler that never yields can only be ended from outside.
        deadline = setTimeout(() => {
          const seconds = (timeoutMs / 1000).toFixed(2);
          void end("Sandbox.Timedout", `Task timed out after ${seconds} seconds`);
        }, timeoutMs);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
        worker.postMessage({ requestId, event });
        Atomics.add(invocations, 0, 1);
        Atomics.notify(invocations, 0);
      });
    },
    async terminate() {
      await end("Runtime.ExitError", "Runtime exited: Terminating worker thread");
    },
  };
}
