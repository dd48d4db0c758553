import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { findPython } from "@api-auth-twitter/test-support/python";

/** Signers in Python, which stay up for a whole campaign. */
export interface PythonSigners {
  /**
   * @param signer a function of `python-signers.py`
   * @returns its result for each request
   */
  sign<Result>(signer: "sigv4" | "oauth1", requests: readonly object[]): Promise<Result[]>;
  /** @returns the process's CPU seconds */
  close(): Promise<number>;
}

/** @returns undefined when a Python module is missing, which is said loudly, and with `REQUIRE_PEERS=1` an error */
export function startPythonSigners(): PythonSigners | undefined {
  const python = findPython({
    botocore: "python3-botocore",
    awscrt: "python3-awscrt",
    oauthlib: "python3-oauthlib",
  });
  if (python === undefined) return undefined;
  const script = new URL("python-signers.py", import.meta.url).pathname;
  const child = spawn(python, ["-s", script], {
    env: { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  // A second caller waits for the first one's answer.
  let turn: Promise<unknown> = Promise.resolve();
  const ask = async (question: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the signers in Python ended");
    return JSON.parse(value);
  };
  return {
    sign<Result>(signer: "sigv4" | "oauth1", requests: readonly object[]) {
      const answer = turn.then(() => ask({ signer, requests })) as Promise<Result[]>;
      turn = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      const seconds = (await ask({ signer: "cpu", requests: [] })) as number;
      child.stdin.end();
      await exited;
      return seconds;
    },
  };
}
