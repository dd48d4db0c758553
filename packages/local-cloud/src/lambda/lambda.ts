import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Sessions, TemporaryCredentials } from "../iam/sessions.ts";
import type { Account, LambdaFunction } from "../account.ts";
import { ServiceError } from "../aws/service-error.ts";
import { createDescriptorWatch } from "./file-descriptors.ts";
import { type Caller, createFunctionPool, type FunctionPool } from "./function-pool.ts";
import { invocationRefusals } from "./lambda-refusals.ts";
import type { InvocationReply } from "./lambda-worker.ts";
import { isLiveBridge, isServedBy, lostDeveloper, silentDeveloper } from "./live-bridge.ts";
import { logGroupOf, missingLogAction } from "./log-permission.ts";
import { createMask, type Mask } from "./mask-secrets.ts";
import { linkRuntimeModules, missingModule } from "./runtime-modules.ts";
import { unpackBundle } from "./unpack-bundle.ts";
import { findWorkerEntry } from "./worker-entry.ts";
import { messageOf } from "../error-text.ts";

export interface LambdaOptions {
  account: Account;
  sessions: Sessions;
  now: () => Date;
  /** Gets the functions' output and the reasons for failed invocations. */
  log: (line: string) => void;
  /** Gets what the user must fix; the log by default. */
  warn?: (line: string) => void;
  /** Variables that every function gets in addition to its own, such as `AWS_ENDPOINT_URL`. */
  environment?: () => Record<string, string>;
  /** PEM of a certificate that functions trust in addition to Node's own. */
  caCertificate?: string;
  /** Gets each line that a function prints, as it is. */
  onLine?: (functionName: string, line: string) => void;
  /** Gets each invocation that has ended. */
  onInvoked?: (functionName: string, outcome: { milliseconds: number; hasFailed: boolean }) => void;
}

/** `payload` is the handler's result as JSON. */
export type InvocationResult =
  | { ok: true; payload: string }
  | {
      ok: false;
      errorType: string;
      errorMessage: string;
      /** Empty for an error without one, such as a timeout. */
      stack: string;
    };

export interface Lambda {
  /** Runs a function's deployed code. A handler that throws, exits or times out gives `ok: false`. */
  invoke(lambdaFunction: LambdaFunction, event: unknown, caller?: Caller): Promise<InvocationResult>;
  /**
   * The client of AWS IoT with these topic filters has lost its connection. If it is `sst dev`, requests of its stage that
   * run have five more seconds. Without this they wait for an answer until their timeout, as on AWS.
   */
  abandon(filters: readonly string[]): void;
  /** The package of the AWS SDK that a function's error names as missing. Lambda's runtime has it, this computer does not. */
  missingModule(error: string): string | undefined;
  /** Ends all workers and removes their files. */
  close(): Promise<void>;
}

/** How long a function's credentials are valid. Its pool is replaced before they expire. */
const credentialsSeconds = 12 * 3600;

export function createLambda(options: LambdaOptions): Lambda {
  const { account, sessions, now, log, warn = log, environment, caCertificate, onLine, onInvoked } = options;
  const deployed = new Map<string, Deployment>();
  /** Includes pools that a new deployment has replaced and that still run invocations. */
  const alive = new Set<Promise<FunctionPool>>();
  let home: Promise<Home> | undefined;
  /** Of the home, when there is one. */
  let folderOfModules: string | undefined;
  const lacksDescriptors = createDescriptorWatch();
  let closed = false;

  /** Frees what idle environments hold open. */
  const endIdle = async (): Promise<void> => {
    await Promise.allSettled([...alive].map(async (pool) => (await pool).endIdle()));
  };

  const run = async (
    lambdaFunction: LambdaFunction,
    event: unknown,
    caller: Caller | undefined,
  ): Promise<InvocationReply> => {
    try {
      const { pool, mask } = useDeployment(lambdaFunction);
      const reply = await (await pool).run(event, caller);
      if (reply.ok) return reply;
      return { ...reply, errorMessage: mask(reply.errorMessage), stack: mask(reply.stack) };
    } catch (error) {
      const errorMessage = messageOf(error);
      return {
        ok: false,
        errorType: error instanceof ServiceError ? error.code : "ServiceException",
        errorMessage,
        stack: "",
        ended: true,
        unstarted: true,
      };
    }
  };

  const retire = async (arn: string, { pool }: Deployment): Promise<void> => {
    deployed.delete(arn);
    const running = await pool.catch(() => undefined);
    await running?.retire();
    alive.delete(pool);
  };

  const start = async (
    lambdaFunction: LambdaFunction,
    credentials: TemporaryCredentials | undefined,
    mask: Mask,
  ): Promise<FunctionPool> => {
    const { runtime } = lambdaFunction;
    invocationRefusals.runtime.when(!runtime.startsWith("nodejs"), runtime);
    home ??= createHome().catch((error: unknown) => {
      home = undefined;
      throw error;
    });
    const { folder, workerEntry } = await home;
    folderOfModules = folder;
    const root = join(folder, randomUUID());
    const { functionName } = lambdaFunction;
    const variables = createEnvironment(lambdaFunction, root);
    const streamName = variables["AWS_LAMBDA_LOG_STREAM_NAME"] ?? "";
    let reported: string | undefined;
    /** Logs once that CloudWatch receives none of the function's output. The terminal still shows it. */
    const isLogged = (): boolean => {
      const missing = missingLogAction(account, lambdaFunction, streamName);
      if (missing !== undefined && missing !== reported) {
        log(
          `lambda ${functionName}: its role lacks ${missing}, so AWS keeps no log and no embedded metrics of it`,
        );
      }
      reported = missing;
      return missing === undefined;
    };
    await mkdir(root);
    await unpackBundle(lambdaFunction.code, root);
    return createFunctionPool({
      lambdaFunction,
      workerEntry,
      environment: {
        ...variables,
        ...(credentials && {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_SESSION_TOKEN: credentials.sessionToken,
        }),
        ...environment?.(),
        ...lambdaFunction.environment,
      },
      ...(caCertificate !== undefined && { caCertificate }),
      onOutput: (text) => {
        if (isLogged() && onLine !== undefined)
          for (const line of text.split("\n")) if (line !== "") onLine(functionName, line);
        for (const line of mask(text).split("\n")) if (line !== "") log(`lambda ${functionName}: ${line}`);
      },
    });
  };

  /** As recorded of a function of the Node.js runtime, with the folder of the bundle for `/var/task`. */
  const createEnvironment = (lambdaFunction: LambdaFunction, root: string): Record<string, string> => {
    const { functionName, handler, memoryMb, runtime } = lambdaFunction;
    return {
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_REGION: account.region,
      AWS_DEFAULT_REGION: account.region,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(lambdaFunction),
      AWS_LAMBDA_LOG_STREAM_NAME: `${now().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${randomUUID().replaceAll("-", "")}`,
      // Nothing listens at these two addresses.
      AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001",
      AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000",
      AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
      LAMBDA_TASK_ROOT: root,
      LAMBDA_RUNTIME_DIR: "/var/runtime",
      PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
      LD_LIBRARY_PATH: `/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:${root}:${root}/lib:/opt/lib`,
      NODE_PATH: `/opt/nodejs/${runtime.replace(/^nodejs(\d+)\.x$/, "node$1")}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:${root}`,
      _HANDLER: handler,
      TZ: ":UTC",
      LANG: "en_US.UTF-8",
    };
  };

  const issueCredentials = ({ functionName, roleArn }: LambdaFunction): TemporaryCredentials | undefined => {
    const role = account.roles.get(roleArn);
    return role && sessions.issue({ role, sessionName: functionName, durationSeconds: credentialsSeconds });
  };

  /** The function's current deployment. Retires an outdated one and starts its successor, with credentials of its own. */
  const useDeployment = (lambdaFunction: LambdaFunction): Deployment => {
    const { arn } = lambdaFunction;
    const current = deployed.get(arn);
    if (current !== undefined) {
      if (isSameVersion(current.version, lambdaFunction) && current.until > now().getTime()) return current;
      void retire(arn, current);
    }
    // An update changes the function in place; the environments keep what it was when they started.
    const version = { ...lambdaFunction };
    const credentials = issueCredentials(version);
    const mask = createMask(credentials, account.region, now);
    const pool = start(version, credentials, mask);
    const until = now().getTime() + (credentialsSeconds - 3600) * 1000;
    const deployment = { version, until, pool, mask };
    deployed.set(arn, deployment);
    // A bundle that cannot be unpacked is tried again at the next call, because a new deployment may fix it.
    alive.add(pool);
    pool.catch(() => {
      alive.delete(pool);
      if (deployed.get(arn) === deployment) deployed.delete(arn);
    });
    return deployment;
  };

  return {
    async invoke(lambdaFunction, event, caller) {
      if (closed)
        return {
          ok: false,
          errorType: "ServiceException",
          errorMessage: "the local cloud is closed",
          stack: "",
        };
      for (const [arn, deployment] of deployed) if (!account.functions.has(arn)) void retire(arn, deployment);
      const { functionName } = lambdaFunction;
      const started = performance.now();
      let reply = await run(lambdaFunction, event, caller);
      // Another function's handler may have leaked them.
      const isStarved = !reply.ok && reply.unstarted && reply.errorMessage.includes("EMFILE");
      if (isStarved || lacksDescriptors()) {
        log("lambda: too many open files; idle execution environments end");
        await endIdle();
        if (isStarved) reply = await run(lambdaFunction, event, caller);
      }
      onInvoked?.(functionName, { milliseconds: performance.now() - started, hasFailed: !reply.ok });
      if (reply.ok) return reply;
      const { errorType, errorMessage, stack } = reply;
      log(`lambda ${functionName}: ${stack === "" ? `${errorType}: ${errorMessage}` : stack}`);
      if (errorType === "InvalidRuntimeException") warn(`lambda ${functionName}: ${errorMessage}`);
      const missing = folderOfModules && missingModule(errorMessage, folderOfModules);
      if (missing !== undefined) {
        warn(
          `lambda ${functionName}: it needs ${missing}, which Lambda's Node.js has and this folder lacks: npm install --save-dev ${missing}`,
        );
      }
      if (errorType === "Sandbox.Timedout" && isLiveBridge(lambdaFunction))
        warn(`lambda ${functionName}: ${silentDeveloper}`);
      if (reply.isAbandoned === true) warn(`lambda ${functionName}: ${errorMessage}`);
      return { ok: false, errorType, errorMessage, stack };
    },

    abandon(filters) {
      for (const { pool, version } of deployed.values()) {
        if (!isLiveBridge(version) || !isServedBy(version, filters)) continue;
        void pool.then((running) => running.abandon(lostDeveloper)).catch(() => {});
      }
    },

    missingModule: (error) =>
      folderOfModules === undefined ? undefined : missingModule(error, folderOfModules),

    async close() {
      closed = true;
      await Promise.all(
        [...alive].map(async (pool) => {
          // A pool that could not start has nothing to end.
          const running = await pool.catch(() => undefined);
          await running?.destroy();
        }),
      );
      if (home === undefined) return;
      const created = await home.catch(() => undefined);
      if (created === undefined) return;
      await rm(created.folder, { recursive: true, force: true });
      process.off("exit", created.removeAtExit);
    },
  };
}

interface Deployment {
  version: LambdaFunction;
  /** When its credentials must be replaced, in milliseconds since the epoch. */
  until: number;
  pool: Promise<FunctionPool>;
  /** Hides its credentials. */
  mask: Mask;
}

interface Home {
  /** Holds a folder for each deployed bundle. */
  folder: string;
  workerEntry: string;
  /** For a process that exits without `close`. */
  removeAtExit: () => void;
}

async function createHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), "api-auth-twitter-lambda-"));
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  linkRuntimeModules(folder);
  return { folder, workerEntry: await findWorkerEntry(folder), removeAtExit };
}

/** Whether nothing has changed that an execution environment was started with. */
function isSameVersion(version: LambdaFunction, current: LambdaFunction): boolean {
  return (
    version.code === current.code &&
    version.handler === current.handler &&
    version.runtime === current.runtime &&
    version.timeoutSeconds === current.timeoutSeconds &&
    version.memoryMb === current.memoryMb &&
    version.roleArn === current.roleArn &&
    version.logGroup === current.logGroup &&
    // An update creates a new object even when the variables stay the same.
    (version.environment === current.environment ||
      JSON.stringify(version.environment) === JSON.stringify(current.environment))
  );
}
