import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";

import type {
  FunctionSettings,
  InvocationReply,
  InvocationRequest,
  WorkerMessage,
  WorkerSettings,
} from "./lambda-worker.ts";

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
  /**
   * A reply with `ended` means that the environment must not be used again; it is then terminated.
   * @param limitMs ends the invocation if it is less than the function's timeout
   */
  invoke(request: InvocationRequest, limitMs?: number): Promise<InvocationReply>;
  /** Gives a running invocation five more seconds, after which it ends with this cause. */
  abandon(cause: string): void;
  /** Whether the thread still runs. It may end between two invocations. */
  isAlive(): boolean;
  /** Ends the thread now. A running invocation gets a reply. */
  terminate(): Promise<void>;
}

/**
 * How long starting a thread and loading a bundle may take. It does not count as the handler's time.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
 */
const initMs = 10_000;

/**
 * V8 ends the whole process, not the thread, when one large object does not fit into the heap. So the heap is larger
 * than the function's memory, and a thread that uses more than that is ended from outside.
 */
const memoryReserveMb = 2048;

/** How much more than the function's memory V8 may use before it collects garbage. */
const memorySlackMb = 128;

/** How often a long invocation is checked. */
const checkMs = 50;

/** What `abandon` leaves a running invocation: as long as a live bridge waits for `sst dev` to take a request. */
const abandonedMs = 5000;

/** Lambda's execution environment. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
export function createExecutionEnvironment(options: ExecutionEnvironmentOptions): ExecutionEnvironment {
  const { workerEntry, environment, memoryMb, onOutput, ...settings } = options;
  const { timeoutMs } = settings;
  const invocations = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { port1: port, port2: workerPort } = new MessageChannel();

  let worker: Worker | undefined;
  let isReady = false;
  let finish: ((reply: InvocationReply) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** When the running invocation times out, by `performance.now()`. */
  let deadline = 0;
  let allowedMs = timeoutMs;
  /** Why `abandon` was called for the running invocation. */
  let abandoned: string | undefined;
  let usage: Usage | undefined;
  let crash: InvocationReply | undefined;

  const settle = (reply: InvocationReply): void => {
    finish?.(reply);
    finish = undefined;
  };
  const take = (message: WorkerMessage): void => {
    if ("output" in message) onOutput(message.output);
    else if ("isReady" in message) {
      isReady = true;
      if (finish !== undefined) startDeadline(allowedMs);
    } else {
      if (!message.ok && message.ended) crash = message;
      settle(message);
    }
  };
  const end = async (errorType: string, errorMessage: string, isAbandoned = false): Promise<void> => {
    // The thread may have written messages before it ended.
    for (let next; (next = receiveMessageOnPort(port)) !== undefined;) take(next.message as WorkerMessage);
    const unstarted = !isReady;
    crash ??= { ok: false, errorType, errorMessage, stack: "", ended: true, unstarted, isAbandoned };
    settle(crash);
    port.close();
    await worker?.terminate();
  };
  const startDeadline = (milliseconds: number): void => {
    deadline = performance.now() + milliseconds;
    abandoned = undefined;
    usage = undefined;
    // One timer serves many short invocations, because starting one for each costs more than the rest of this function.
    timer ??= setTimeout(check, Math.min(milliseconds, checkMs));
  };
  /** A handler that never yields can only be ended from outside. */
  const check = (): void => {
    timer = undefined;
    if (finish === undefined) return;
    const left = deadline - performance.now();
    if (left <= 0 && abandoned !== undefined) {
      void end("Runtime.ExitError", abandoned, true);
      return;
    }
    if (left <= 0) {
      const seconds = (allowedMs / 1000).toFixed(2);
      void end("Sandbox.Timedout", `Task timed out after ${seconds} seconds`);
      return;
    }
    usage ??= startUsage(worker);
    if (usage.isBusy() && usage.growthMb() > memoryMb + memorySlackMb) {
      void end("Runtime.ExitError", "Runtime exited with error: signal: killed");
      return;
    }
    timer = setTimeout(check, Math.min(left, checkMs));
  };

  try {
    worker = new Worker(workerEntry, {
      env: environment,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb + memoryReserveMb },
      workerData: { ...settings, invocations, port: workerPort } satisfies WorkerSettings,
      transferList: [workerPort],
    });
    worker.on("error", (error) => void end("Runtime.ExitError", `Runtime exited: ${error.message}`));
    worker.on("exit", () => void end("Runtime.ExitError", "Runtime exited"));
    port.on("message", take);
    // An idle function does not keep the process alive.
    worker.unref();
    port.unref();
  } catch (error) {
    void end("ServiceException", `cannot start a worker: ${(error as Error).message}`);
  }

  return {
    invoke(request, limitMs = timeoutMs) {
      if (crash !== undefined) return Promise.resolve(crash);
      return new Promise((resolve) => {
        finish = resolve;
        allowedMs = Math.min(limitMs, timeoutMs);
        startDeadline(isReady ? allowedMs : initMs + allowedMs);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
        port.postMessage(request);
        Atomics.add(invocations, 0, 1);
        Atomics.notify(invocations, 0);
      });
    },
    abandon(cause) {
      const limit = performance.now() + abandonedMs;
      if (limit >= deadline) return;
      deadline = limit;
      abandoned = cause;
    },
    isAlive: () => crash === undefined,
    terminate: () => end("Runtime.ExitError", "Runtime exited: Terminating worker thread"),
  };
}

interface Usage {
  /** Whether the thread has been computing since the last call. */
  isBusy(): boolean;
  /** Growth of the process since the start, because Node 20 cannot measure one thread. */
  growthMb(): number;
}

function startUsage(worker: Worker | undefined): Usage {
  const start = residentMemory();
  let last = worker?.performance.eventLoopUtilization();
  return {
    isBusy() {
      const now = worker?.performance.eventLoopUtilization();
      const { utilization = 0 } = worker?.performance.eventLoopUtilization(now, last) ?? {};
      last = now;
      return utilization > 0.5;
    },
    growthMb: () => (residentMemory() - start) / 2 ** 20,
  };
}

/** Bytes. NaN when it cannot be read: Linux needs a file descriptor for it, and a handler may have taken them all. */
function residentMemory(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return Number.NaN;
  }
}
