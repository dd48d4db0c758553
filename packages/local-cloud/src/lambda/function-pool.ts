import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";

import type { LambdaFunction } from "../account.ts";
import { createExecutionEnvironment, type ExecutionEnvironment } from "./execution-environment.ts";
import { invocationRefusals, maximumEventBytes } from "./lambda-refusals.ts";
import type { InvocationReply, InvocationRequest } from "./lambda-worker.ts";
import { isLiveBridge } from "./live-bridge.ts";

export interface FunctionPoolOptions {
  lambdaFunction: LambdaFunction;
  /** The worker's JavaScript. */
  workerEntry: string;
  /** Everything that the function sees of the environment. */
  environment: Record<string, string>;
  /** PEM of a certificate that the function trusts. */
  caCertificate?: string;
  onOutput: (text: string) => void;
}

export interface Caller {
  /** `Root=…`, as in `x-amzn-trace-id`. */
  trace?: string | undefined;
  /** After how long the caller goes away. */
  waitsMs?: number;
}

/** The execution environments of one version of one function. */
export interface FunctionPool {
  /** @throws ServiceError for an event that is too large */
  run(event: unknown, caller?: Caller): Promise<InvocationReply>;
  /** Ends running invocations unless they end within five seconds. */
  abandon(cause: string): void;
  /** Ends the environments that no invocation uses. */
  endIdle(): Promise<void>;
  /** Waits for running invocations, then ends the environments. */
  retire(): Promise<void>;
  /** Ends the environments now. */
  destroy(): Promise<void>;
}

/** Execution environments that a function may have; further invocations wait. */
const maximumConcurrency = Math.max(4, availableParallelism());

/** How often environments that were not needed since the last time are ended. One is kept. */
const idleMs = 10_000;

export function createFunctionPool(options: FunctionPoolOptions): FunctionPool {
  const { lambdaFunction, ...shared } = options;
  const { arn: functionArn, timeoutSeconds, memoryMb } = lambdaFunction;
  const isLive = isLiveBridge(lambdaFunction);

  const all = new Set<ExecutionEnvironment>();
  /** The one used last is reused first, so that those not needed stay idle. */
  const idle: ExecutionEnvironment[] = [];
  /** Fewest idle environments since the last sweep. */
  let leastIdle = 0;
  const waiting: ((environment: ExecutionEnvironment | undefined) => void)[] = [];
  let whenIdle: (() => void) | undefined;

  const create = (): ExecutionEnvironment => {
    const timeoutMs = timeoutSeconds * 1000;
    const environment = createExecutionEnvironment({
      ...shared,
      functionArn,
      timeoutMs,
      memoryMb,
      staysAwake: isLive,
    });
    all.add(environment);
    return environment;
  };
  const end = async (environment: ExecutionEnvironment): Promise<void> => {
    all.delete(environment);
    await environment.terminate();
  };

  const acquire = (): ExecutionEnvironment | Promise<ExecutionEnvironment | undefined> => {
    let environment = idle.pop();
    while (environment?.isAlive() === false) {
      void end(environment);
      environment = idle.pop();
    }
    environment ??= all.size < maximumConcurrency ? create() : undefined;
    leastIdle = Math.min(leastIdle, idle.length);
    return environment ?? new Promise((resolve) => waiting.push(resolve));
  };
  const release = (environment: ExecutionEnvironment, isReusable: boolean): void => {
    if (!isReusable) void end(environment);
    const next = waiting.shift();
    if (next !== undefined) return next(isReusable ? environment : create());
    if (isReusable) idle.push(environment);
    if (idle.length === all.size) whenIdle?.();
  };

  const sweep = setInterval(() => {
    // A bridge's successor would connect again, and `sst dev` would start another thread for it.
    if (isLive) return;
    const unneeded = Math.min(leastIdle, all.size - 1);
    for (const environment of idle.splice(0, unneeded)) void end(environment);
    leastIdle = idle.length;
  }, idleMs).unref();

  const destroy = async (): Promise<void> => {
    clearInterval(sweep);
    for (const next of waiting.splice(0)) next(undefined);
    await Promise.all([...all].map(end));
  };

  return {
    async run(event, { trace, waitsMs } = {}) {
      const request = createRequest(event, trace);
      invocationRefusals.eventSize.when(isLarge(request.event));
      const environment = await acquire();
      if (environment === undefined) return terminated;
      // A bridge without a caller only waits, for 15 minutes, and so few environments would soon all be waiting.
      const reply = await environment.invoke(request, isLive ? waitsMs : undefined);
      release(environment, reply.ok || !reply.ended);
      return reply;
    },
    abandon(cause) {
      for (const environment of all) environment.abandon(cause);
    },
    async endIdle() {
      leastIdle = 0;
      await Promise.all(idle.splice(0).map(end));
    },
    async retire() {
      if (idle.length < all.size) await new Promise<void>((resolve) => (whenIdle = resolve));
      await destroy();
    },
    destroy,
  };
}

/** The trace has the form that was recorded of Lambda: root, parent, sampling and lineage. */
function createRequest(event: unknown, trace: string | undefined): InvocationRequest {
  const requestId = randomUUID();
  // Groups of 8, 4, 4, 4 and 12 digits.
  const [start, end] = [requestId.slice(0, 8), requestId.slice(24)];
  const root = trace ?? `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${end}${end}`;
  return {
    requestId,
    event: JSON.stringify(event),
    trace: root.includes(";")
      ? root
      : `${root};Parent=${start}${end.slice(0, 8)};Sampled=0;Lineage=1:${end.slice(4)}:0`,
  };
}

function isLarge(event: string): boolean {
  // A UTF-16 code unit takes three bytes at most.
  return event.length * 3 > maximumEventBytes && Buffer.byteLength(event) > maximumEventBytes;
}

const terminated: InvocationReply = {
  ok: false,
  errorType: "Runtime.ExitError",
  errorMessage: "the function is no longer deployed",
  stack: "",
  ended: true,
  unstarted: true,
};
