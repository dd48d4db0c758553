import { EventEmitter, once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { Worker } from "node:worker_threads";
import type { AwsResponse } from "../aws/request.ts";
import { ServiceError } from "../aws/service-error.ts";

/** dynalite, in this thread or in one of its own. */
export interface Dynalite {
  /** Answers a request. @throws ServiceError when dynalite ends */
  answer(headers: Record<string, string>, body: Uint8Array): Promise<AwsResponse>;
  /** Rejects with what ended it. Never resolves. */
  ended: Promise<never>;
  close(): Promise<void>;
}

type Answer = (
  server: Server,
  emitter: EventEmitter,
  headers: Record<string, string>,
  body: Uint8Array,
  reply: (response: AwsResponse) => void,
) => void;

/**
 * Asks dynalite without a connection, which takes longer and would let anybody on this computer read the tables. Source text of
 * an Answer, because a thread runs it too.
 */
const answerSource = `(server, emitter, headers, body, reply) => {
  const sent = {};
  const outgoing = {
    statusCode: 200,
    setHeader(name, value) {
      if (name !== "Content-Length") sent[name.toLowerCase()] = String(value);
    },
    end: (text) => reply({ status: outgoing.statusCode, headers: sent, body: text }),
  };
  server.emit("request", Object.assign(emitter, { method: "POST", url: "/", headers }), outgoing);
  emitter.emit("data", Buffer.from(body));
  emitter.emit("end");
}`;

/** dynalite throws what keeps it from reading and writing its files, such as a full disk. That ends this thread alone. */
const program = `
  const { EventEmitter } = require("node:events");
  const { parentPort, workerData } = require("node:worker_threads");
  const { dynalite, options } = workerData;
  const answer = ${answerSource};
  // dynalite closes its database only when a server that listens closes.
  const close = (server) => server.listen(0, "127.0.0.1", () => server.close(() => parentPort.close()));
  const start = async () => {
    // dynalite itself does not say why its database does not open.
    const { Level } = require(require.resolve("level", { paths: [dynalite] }));
    const database = new Level(options.path);
    await database.open();
    await database.close();
    const server = require(dynalite)(options);
    parentPort.on("message", (message) => {
      if (message === "close") return close(server);
      const { id, headers, body } = message;
      answer(server, new EventEmitter(), headers, body, (reply) => parentPort.postMessage({ id, ...reply }));
    });
    parentPort.postMessage("ready");
  };
  start();`;

const options = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };

/** @param path of the folder with the tables; they are in memory by default */
export async function startDynalite(region: string, path: string | undefined): Promise<Dynalite> {
  let dynalite: string;
  try {
    dynalite = createRequire(import.meta.url).resolve("dynalite");
  } catch {
    throw new ServiceError(
      "InternalFailure",
      "The local cloud has no DynamoDB: its optional package dynalite is not installed. Install the local cloud without --omit=optional.",
      500,
    );
  }
  return path === undefined ? startInMemory(dynalite, region) : startInThread(dynalite, region, path);
}

async function startInMemory(file: string, region: string): Promise<Dynalite> {
  const { default: dynalite } = (await import(pathToFileURL(file).href)) as {
    default: (settings: typeof options) => Server;
  };
  const { AWS_REGION } = process.env;
  // dynalite takes the region of its tables' ARNs from here.
  process.env["AWS_REGION"] = region;
  const server = dynalite(options);
  if (AWS_REGION === undefined) delete process.env["AWS_REGION"];
  else process.env["AWS_REGION"] = AWS_REGION;
  const answer = runInThisContext(answerSource) as Answer;
  return {
    answer: (headers, body) =>
      new Promise((resolve) => answer(server, new EventEmitter(), headers, body, resolve)),
    ended: new Promise<never>(() => {}),
    close: () => Promise.resolve(),
  };
}

async function startInThread(dynalite: string, region: string, path: string): Promise<Dynalite> {
  const worker = new Worker(program, {
    eval: true,
    workerData: { dynalite, options: { ...options, path } },
    // From here it takes the region of its tables' ARNs.
    env: { ...process.env, AWS_REGION: region },
  });
  const waiting = new Map<
    number,
    { resolve: (answer: AwsResponse) => void; reject: (error: Error) => void }
  >();
  const ended = once(worker, "error").then(([error]: unknown[]): never => {
    const reason = explainEnd(error as Error, path);
    for (const { reject } of waiting.values()) reject(reason);
    throw reason;
  });
  // Once a request asks for it.
  ended.catch(() => {});
  // Not by `once`, which would reject with the error as it is.
  await Promise.race([ended, new Promise((resolve) => worker.once("message", resolve))]);
  worker.on("message", ({ id, ...response }: AwsResponse & { id: number }) => {
    waiting.get(id)?.resolve(response);
    waiting.delete(id);
  });
  let last = 0;
  return {
    answer: (headers, body) =>
      new Promise((resolve, reject) => {
        const id = (last += 1);
        waiting.set(id, { resolve, reject });
        // oxlint-disable-next-line require-post-message-target-origin -- that is a window's
        worker.postMessage({ id, headers, body });
      }),
    ended,
    async close() {
      const exit = new Promise((resolve) => worker.once("exit", resolve));
      // oxlint-disable-next-line require-post-message-target-origin -- that is a window's
      worker.postMessage("close");
      await Promise.race([exit, ended.catch(() => {})]);
    },
  };
}

function explainEnd(error: Error, path: string): ServiceError {
  const { message } = error.cause instanceof Error ? error.cause : error;
  const fix = message.includes("No space left on device")
    ? "Free some space, then try again."
    : "If it stays so, move the state folder aside and deploy again.";
  return new ServiceError(
    "InternalServerError",
    `The local cloud's DynamoDB has stopped with the tables in ${path}: ${message}. ${fix}`,
    500,
  );
}
