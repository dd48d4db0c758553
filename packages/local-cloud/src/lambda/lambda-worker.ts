/**
 * Runs in a worker thread, one for each execution environment of one function: loads the handler once, then handles
 * one invocation after another. Its environment variables are the function's own. It must not import from the local cloud.
 */
import { existsSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread, type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { defineAwslambda, isStreaming, runStreaming } from "./response-stream.ts";
import { routeResponses } from "./response-url.ts";
import { setWorkingDirectory } from "./working-directory.ts";

export interface FunctionSettings {
  functionArn: string;
  /** Milliseconds that the handler may take. */
  timeoutMs: number;
  /** Whether the event loop runs between invocations. By default the whole thread stands still. */
  staysAwake: boolean;
  /** PEM. TLS clients in the thread trust it in addition to Node's own certificates. */
  caCertificate?: string;
}

/** `workerData`. */
export interface WorkerSettings extends FunctionSettings {
  /** Shared memory: one number, how many invocations have been sent. */
  invocations: Int32Array;
  /** Carries requests and replies. A handler can reach `parentPort`, but not this port. */
  port: MessagePort;
}

export interface InvocationRequest {
  requestId: string;
  /** The event, as JSON. */
  event: string;
  /** `_X_AMZN_TRACE_ID`. */
  trace: string;
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
      /** The handler has not run. */
      unstarted: boolean;
      /** The invocation ran on after `abandon` and was ended. */
      isAbandoned?: boolean;
    };

/** `isReady`: the bundle is loaded, and the first handler starts. */
export type WorkerMessage = InvocationReply | { output: string } | { isReady: true };

/** The largest reply, in bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maximumReplyBytes = 6_291_556;

type Callback = (error?: unknown, result?: unknown) => void;
type Handler = (event: unknown, context: object, callback: Callback) => unknown;

let loaded: Handler | undefined;
let endInvocation: ((error: Error) => void) | undefined;
/** Why the process would have ended. */
let fault: Error | undefined;

// A handler may replace globals. The thread must still reply.
const { load, wait, waitAsync } = Atomics;
const { parse, stringify } = JSON;
const receive = receiveMessageOnPort;
const nextTurn = setImmediate;
/**
 * Makes Node report unhandled rejections, which it otherwise does between two turns of the event loop. A turn costs 5 % of
 * a request, so Node's own function for it is called where it exists.
 */
const reportRejections: () => unknown =
  (process as unknown as { _tickCallback?: () => void })["_tickCallback"]?.bind(process) ??
  (() => new Promise((resolve) => nextTurn(resolve)));

type Post = (message: WorkerMessage) => void;

async function handleInvocations(settings: WorkerSettings): Promise<void> {
  const { port, invocations, staysAwake, caCertificate } = settings;
  const post = port.postMessage.bind(port) as Post;
  isolate(post);
  setWorkingDirectory(process.env["LAMBDA_TASK_ROOT"] ?? "");
  defineAwslambda();
  if (caCertificate !== undefined) await trust(caCertificate);
  // A handler that waits forever times out. Without this, the thread would exit.
  port.ref();
  for (let received = 0; ; received += 1) {
    // It may be woken once too often: by the notification of an invocation whose count it saw without waiting.
    while (load(invocations, 0) === received) {
      // oxlint-disable-next-line no-await-in-loop
      if (staysAwake) await stayAwake(invocations, received);
      // As Lambda freezes an execution environment.
      else wait(invocations, 0, received);
      if (fault !== undefined) return post(describe(fault));
    }
    const request = receive(port)?.message as InvocationRequest;
    // oxlint-disable-next-line no-await-in-loop -- one invocation at a time
    post(await invoke(request, settings, post));
  }
}

/** Runs the event loop until the count changes or something would end the process. */
function stayAwake(invocations: Int32Array, received: number): Promise<void> {
  return new Promise((resolve) => {
    endInvocation = () => resolve();
    void Promise.resolve(waitAsync(invocations, 0, received).value).then(() => resolve());
  });
}

/**
 * Node reads NODE_EXTRA_CA_CERTS once, from the environment of the process: a thread's own has no effect.
 * https://nodejs.org/api/tls.html#tlssetdefaultcacertificatescerts (Node 22.19)
 */
async function trust(certificate: string): Promise<void> {
  const { default: tls } = (await import("node:tls")) as unknown as { default: Tls };
  if (tls.setDefaultCACertificates !== undefined) {
    tls.setDefaultCACertificates([...tls.getCACertificates("default"), certificate]);
    return;
  }
  const { createSecureContext } = tls;
  tls.createSecureContext = (options) => {
    const secureContext = createSecureContext(options);
    if (!options?.ca) secureContext.context.addCACert(certificate);
    return secureContext;
  };
  syncBuiltinESMExports();
}

/** What `@types/node` 20 and the documentation do not have. */
interface Tls {
  setDefaultCACertificates?: (certificates: string[]) => void;
  getCACertificates: (type: "default") => string[];
  createSecureContext: (options?: { ca?: unknown }) => { context: { addCACert(certificate: string): void } };
}

async function invoke(
  request: InvocationRequest,
  settings: FunctionSettings,
  post: Post,
): Promise<InvocationReply> {
  let reply: InvocationReply;
  try {
    routeResponses(request.event);
    if (loaded === undefined) {
      loaded = await loadHandler(process.env["LAMBDA_TASK_ROOT"] ?? "", process.env["_HANDLER"] ?? "");
      post({ isReady: true });
    }
    process.env["_X_AMZN_TRACE_ID"] = request.trace;
    const result = await run(loaded, request, settings);
    reply = createReply(isStreaming(loaded) ? (result as string) : serialize(result));
  } catch (error) {
    reply = describe(error);
  }
  // They belong to this invocation.
  await reportRejections();
  return fault === undefined ? reply : describe(fault);
}

/** As Lambda's Node.js runtime does. */
function serialize(result: unknown): string {
  try {
    return stringify(result) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

function createReply(payload: string): InvocationReply {
  // A UTF-16 code unit takes three bytes at most.
  if (payload.length * 3 > maximumReplyBytes && Buffer.byteLength(payload) > maximumReplyBytes) {
    throw new RuntimeError(
      "Function.ResponseSizeTooLarge",
      `Response payload size exceeded maximum allowed payload size (${maximumReplyBytes} bytes).`,
    );
  }
  return { ok: true, payload };
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
  { functionArn, timeoutMs }: FunctionSettings,
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
    const result = isStreaming(handler)
      ? runStreaming(handler, parse(event), context)
      : handler(parse(event), context, callback);
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

/** Ends the invocation as if its process had ended. */
function exit(reason: string): never {
  fault ??= new RuntimeError("Runtime.ExitError", `Runtime exited with error: ${reason}`);
  endInvocation?.(fault);
  throw fault;
}

function exitWith(code: typeof process.exitCode = process.exitCode): never {
  return exit(`exit status ${code ?? 0}`);
}

type Kill = (pid: number | string, signal?: string | number) => true;

function guarded(kill: Kill): Kill {
  return (pid, signal) => {
    // 0 and negative numbers name process groups, which may include this process.
    const isOwn = Number(pid) <= 0 || [process.pid, process.ppid].includes(Number(pid));
    return isOwn && signal !== 0
      ? exit(`signal: ${signalNames[signal ?? "SIGTERM"] ?? signal}`)
      : kill(pid, signal);
  };
}

/**
 * Makes the thread look like a process of its own. Whatever would end a process ends the invocation instead of the
 * thread. Output goes to the local cloud's log instead of the terminal.
 */
function isolate(post: Post): void {
  // `_kill` and `reallyExit` are what `kill` and `exit` of Node call.
  const internal = process as unknown as Record<"kill" | "_kill", Kill>;
  Object.assign(process, {
    exit: exitWith,
    reallyExit: exitWith,
    abort: () => exit("signal: aborted"),
    kill: guarded(internal.kill.bind(process)),
    _kill: guarded(internal["_kill"].bind(process)),
  });
  process.on("uncaughtException", (thrown) => end(thrown, asError(thrown).name));
  process.on("unhandledRejection", (thrown) => end(thrown, "Runtime.UnhandledPromiseRejection"));

  const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    post({ output: typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString() });
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") queueMicrotask(() => (callback as () => void)());
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
}

/** Go's words, in which Lambda reports a signal. */
const signalNames: Record<string, string> = {
  SIGABRT: "aborted",
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGTERM: "terminated",
  9: "killed",
  15: "terminated",
};

function end(thrown: unknown, errorType: string): void {
  if (thrown === fault) return;
  const { message, stack } = asError(thrown);
  const error = new RuntimeError(errorType, message);
  if (stack !== undefined) error.stack = stack;
  fault ??= error;
  endInvocation?.(error);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** A plain copy, because a handler may throw anything, with properties of any type. */
function asError(thrown: unknown): Error {
  try {
    if (!(thrown instanceof Error)) return new Error(typeof thrown === "string" ? thrown : stringify(thrown));
    const { name, message, stack = "" } = thrown as unknown as Record<string, unknown>;
    return Object.assign(new Error(String(message)), { name: String(name), stack: String(stack) });
  } catch {
    return new Error("the handler threw a value that cannot be read");
  }
}

function describe(thrown: unknown): InvocationReply {
  const { name, message, stack = "" } = asError(thrown);
  return {
    ok: false,
    errorType: limited(name),
    errorMessage: limited(message),
    stack: limited(stack),
    // A module that fails to load is not loaded again by the same thread.
    ended: loaded === undefined || thrown === fault,
    unstarted: loaded === undefined,
  };
}

const maximumTextLength = 64 * 1024;

function limited(text: string): string {
  return text.length > maximumTextLength ? `${text.slice(0, maximumTextLength)}…` : text;
}

if (!isMainThread) {
  const settings = { ...(workerData as WorkerSettings) };
  // The handler sees this object too.
  for (const name of Object.keys(workerData as object)) delete (workerData as Record<string, unknown>)[name];
  void handleInvocations(settings);
}
