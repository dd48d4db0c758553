/**
 * Runs in a worker thread, one for each execution environment of one function: loads the handler once, then takes
 * events. Its environment variables are the function's own. It must not import from the local cloud.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { BroadcastChannel } from "node:worker_threads";

export interface InvocationRequest {
  requestId: string;
  functionArn: string;
  /** Milliseconds that the handler may take. */
  timeoutMs: number;
  /** The event, as JSON. */
  event: string;
  /** Where lines of output go. */
  outputChannel: string;
}

/** `payload` is the handler's result as JSON. */
export type InvocationReply =
  | { ok: true; payload: string }
  | {
      ok: false;
      errorType: string;
      errorMessage: string;
      stack: string;
      /** The process that the handler had to itself is over: nothing of the worker's state may be met again. */
      ended: boolean;
    };

type Callback = (error?: unknown, result?: unknown) => void;
type Handler = (event: unknown, context: object, callback: Callback) => unknown;

let loading: Promise<Handler> | undefined;
let endInvocation: ((error: Error) => void) | undefined;
let output: BroadcastChannel | undefined;

/** What tinypool calls. */
export default async function invoke(request: InvocationRequest): Promise<InvocationReply> {
  output ??= isolate(request.outputChannel);
  try {
    loading ??= loadHandler(process.env["LAMBDA_TASK_ROOT"] ?? "", process.env["_HANDLER"] ?? "");
    const result = await run(await loading, request);
    return { ok: true, payload: JSON.stringify(result) ?? "null" };
  } catch (error) {
    return describe(error);
  } finally {
    endInvocation = undefined;
  }
}

function run(
  handler: Handler,
  { requestId, functionArn, timeoutMs, event }: InvocationRequest,
): Promise<unknown> {
  const deadline = performance.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    endInvocation = reject;
    const callback: Callback = (error, result) => (error ? reject(asError(error)) : resolve(result));
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
      functionVersion: process.env["AWS_LAMBDA_FUNCTION_VERSION"],
      invokedFunctionArn: functionArn,
      memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
      awsRequestId: requestId,
      logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
      logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
      getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
      done: callback,
      succeed: (result: unknown) => callback(null, result),
      fail: (error: unknown) => callback(error ?? "handled"),
    };
    const result = handler(JSON.parse(event), context, callback);
    if (isThenable(result)) result.then(resolve, reject);
    // The Node runtime looks at a promise or the callback, never at a plain return value.
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
 * Makes the thread look like a process of its own. What ends a process must not end the thread, which the pool would
 * not notice: it ends the invocation. Output must not reach the terminal of whoever runs the local cloud.
 */
function isolate(channelName: string): BroadcastChannel {
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

  const channel = new BroadcastChannel(channelName);
  channel.unref();
  const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    channel.postMessage(text);
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") queueMicrotask(() => (callback as () => void)());
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
  return channel;
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
