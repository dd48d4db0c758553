import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ProcessOptions, ProcessResult } from "./run-process.ts";

/** The AWS CLI of the distribution, in a Python that stays loaded. Commands run one after another. */
export interface AwsCli {
  run(args: readonly string[], options: Required<Pick<ProcessOptions, "cwd" | "env">>): Promise<Result>;
  close(): Promise<void>;
}

type Result = Pick<ProcessResult, "code" | "stdout" | "stderr">;

/** @param python what `findPython({ awscli: "awscli" })` gave */
export function startAwsCli(python: string): AwsCli {
  const script = fileURLToPath(new URL("aws-cli.py", import.meta.url));
  const child = spawn(python, ["-s", script], {
    env: { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(args, options) {
      child.stdin.write(`${JSON.stringify({ args, ...options })}\n`);
      const { value, done } = await replies.next();
      if (done === true) throw new Error(`the AWS CLI ended during ${args.join(" ")}`);
      const [code, stdout, stderr] = JSON.parse(value) as [number, string, string];
      return { code, stdout, stderr };
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
