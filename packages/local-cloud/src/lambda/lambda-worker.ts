/**
 * Runs in a worker thread, one for each execution environment of one function: loads the handler once, then handles
 * one invocation after another. Its environment variables are the function's own. It must not import from the local cloud.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";

export interface FunctionSettings {
  functionArn: string;
  /** Milliseconds that the handler may take. */
  timeoutMs: number;
}

/** `workerData`. */
export interface WorkerSettings extends FunctionSettings {
  /** Shared memory: one number, how many invocations have been sent. */
  invocations: Int32Array;
}

export interface InvocationRequest {
  requestId: string;
  /** The event, as JSON. */
  event: string;
}

/** `payload` is the handler's result as JSON. */
export type InvocationReply =
  | { ok: true; payload: string }
  | {
      ok: false;
      errorType: string;
      errorMessage: string;
      stack: string;
      /** As if the process had ended: the execution environment must not be reused. */
      ended: boolean;
    };

export type WorkerMessage = InvocationReply | { output: string };

type Callback = (error?: unknown, result?: unknown) => void;
type Handler = (event: unknown, context: object, callback: Callback) => unknown;

let loading: Promise<Handler> | undefined;
let endInvocation: ((error: Error) => void) | undefined;

async function handleInvocations(port: MessagePort, settings: WorkerSettings): Promise<never> {
  isolate(port);
  // A handler that waits forever times out; without this, the thread would exit.
  port.ref();
  for (let received = 0; ; received += 1) {
    // Between invocations the whole thread stands still, as Lambda freezes an execution environment. It may be woken
    // once too often: by the notification of an invocation whose count it saw without waiting.
    while (Atomics.load(settings.invocations, 0) === received)
      Atomics.wait(settings.invocations, 0, received);
    const request = receiveMessageOnPort(port)?.message as InvocationRequest;
    // oxlint-disable-next-line no-await-in-loop -- one invocation at a time
    post(port, await invoke(request, settings));
  }
}

function post(port: MessagePort, message: WorkerMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  port.postMessage(message);
}

async function invoke(request: InvocationRequest, settings: WorkerSettings): Promise<InvocationReply> {
  try {
    loading ??= loadHandler(process.env["LAMBDA_TASK_ROOT"] ?? "", process.env["_HANDLER"] ?? "");
    const result = await run(await loading, request, settings);
    return { ok: true, payload: JSON.stringify(result) ?? "null" };
  } catch (error) {
    return describe(error);
  } finally {
    endInvocation = undefined;
  }
}

// Read once, because reading `process.env` in a thread is slow.
const {
  AWS_LAMBDA_FUNCTION_NAME: functionName,
  AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryLimitInMB,
  AWS_LAMBDA_LOG_GROUP_NAME: logGroupName,
  AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
} = process.env;

function run(
  handler: Handler,
  { requestId, event }: InvocationRequest,
  { functionArn, timeoutMs }: WorkerSettings,
): Promise<unknown> {
  const deadline = performance.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    endInvocation = reject;
    const callback: Callback = (error, result) => (error ? reject(asError(error)) : resolve(result));
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      functionName,
      functionVersion,
      invokedFunctionArn: functionArn,
      memoryLimitInMB,
      awsRequestId: requestId,
      logGroupName,
      logStreamName,
      getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
      done: callback,
      succeed: (result: unknown) => callback(null, result),
      fail: (error: unknown) => callback(error ?? "handled"),
    };
    const result = handler(JSON.parse(event), context, callback);
    if (isThenable(result)) result.then(resolve, reject);
    // Lambda's Node.js runtime ignores a return value that is not a promise.
    else if (handler.length < 3) resolve(null);
  });
}

/** `path/to/file.export`, the export possibly nested, in a `.js`, `.mjs` or `.cjs` file. */
async function loadHandler(root: string, handler: string): Promise<Handler> {
  const name = basename(handler);
  const dot = name.indexOf(".");
  if (dot < 1) throw new RuntimeError("Runtime.MalformedHandlerName", `Bad handler ${handler}`);
  const file = join(root, dirname(handler), name.slice(0, dot));
  const path = ["", ".js", ".mjs", ".cjs"].map((extension) => file + extension).find(existsSync);
  if (path === undefined) {
    throw new RuntimeError("Runtime.ImportModuleError", `Error: Cannot find module '${name.slice(0, dot)}'`);
  }
  const namespace = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const exportPath = name.slice(dot + 1).split(".");
  // A CommonJS bundle's exports are not always found by static analysis; the default export has them all.
  const found = follow(namespace, exportPath) ?? follow(namespace["default"], exportPath);
  if (typeof found !== "function") {
    throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  }
  return found as Handler;
}

function follow(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (object, name) =>
      object === undefined || object === null ? undefined : (object as Record<string, unknown>)[name],
    value,
  );
}

class RuntimeError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

class EndOfProcess extends RuntimeError {}

/**
 * Makes the thread look like a process of its own. Whatever would end a process ends the invocation instead of the
 * thread. Output goes to the local cloud's log instead of the terminal.
 */
function isolate(port: MessagePort): void {
  process.exit = (code: typeof process.exitCode = process.exitCode): never => {
    const error = new EndOfProcess(
      "Runtime.ExitError",
      `Runtime exited with error: exit status ${code ?? 0}`,
    );
    endInvocation?.(error);
    throw error;
  };
  process.on("uncaughtException", (thrown) => end(thrown, asError(thrown).name));
  process.on("unhandledRejection", (thrown) => end(thrown, "Runtime.UnhandledPromiseRejection"));

  const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    post(port, { output: typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString() });
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") queueMicrotask(() => (callback as () => void)());
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
}

function end(thrown: unknown, errorType: string): void {
  if (thrown instanceof EndOfProcess) return;
  const { message, stack } = asError(thrown);
  const error = new EndOfProcess(errorType, message);
  if (stack !== undefined) error.stack = stack;
  if (endInvocation === undefined) process.stderr.write(`${stack ?? message}\n`);
  endInvocation?.(error);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new Error(typeof error === "string" ? error : JSON.stringify(error));
}

function describe(thrown: unknown): InvocationReply {
  const error = asError(thrown);
  return {
    ok: false,
    errorType: error.name,
    errorMessage: error.message,
    stack: error.stack ?? "",
    ended: error instanceof EndOfProcess,
  };
}

if (parentPort !== null) void handleInvocations(parentPort, workerData as WorkerSettings);
