import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { listen } from "./listen.ts";
import type { TestProject } from "vitest/node";
import type { SynthesisRequest } from "./synthesized-stack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where tests ask for a stack that is not in the cache. */
    synthesisUrl: string;
  }
}

/** For a whole run of the tests: synthesizes what several files may ask for, each variant once. */
export default async function serveSynthesis({ provide }: TestProject): Promise<() => Promise<void>> {
  const synthesizer = createSynthesizer();
  const underWay = new Map<string, Promise<void>>();
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const request = JSON.parse(await text(incoming)) as SynthesisRequest;
      const made = underWay.get(request.file) ?? synthesizer.make(request);
      underWay.set(request.file, made);
      await made;
    })().then(
      () => outgoing.end(),
      (error: unknown) => outgoing.writeHead(500).end(String(error)),
    );
  });
  const port = await listen(server);
  provide("synthesisUrl", `http://127.0.0.1:${port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await synthesizer.close();
  };
}

interface Synthesizer {
  make(request: SynthesisRequest): Promise<void>;
  close(): Promise<void>;
}

/** The process starts with the first request: with a full cache there is none. */
function createSynthesizer(): Synthesizer {
  let child: ChildProcess | undefined;
  let requests = 0;
  const waiting = new Map<number, (error: string | undefined) => void>();
  const start = (): ChildProcess => {
    const tsx = createRequire(import.meta.url).resolve("tsx");
    const started = fork(join(import.meta.dirname, "synthesize-stacks.ts"), {
      execArgv: ["--import", tsx],
      env: { PATH: process.env["PATH"], TMPDIR: process.env["TMPDIR"] },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    started.on("message", ({ id, error }: { id: number; error?: string }) => waiting.get(id)?.(error));
    started.once("exit", (code) => {
      child = undefined;
      for (const answer of waiting.values()) answer(`the synthesizer exited with ${code}`);
    });
    return started;
  };
  return {
    make: (request) =>
      new Promise((resolve, reject) => {
        child ??= start();
        const id = (requests += 1);
        waiting.set(id, (error) => {
          waiting.delete(id);
          if (error === undefined) resolve();
          else reject(new Error(error));
        });
        child.send({ id, request });
      }),
    close: () =>
      new Promise((resolve) => {
        if (child === undefined) return resolve();
        child.once("exit", () => resolve());
        child.disconnect();
      }),
  };
}
