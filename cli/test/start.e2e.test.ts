import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auth-cli-start-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const questions = ["--version", "--help", "complete -- ''", "completion bash"];
const shell = (script: string, question: string): Promise<ProcessResult> =>
  runProcess("/bin/bash", ["-c", script], {
    cwd: folder,
    env: { HOME: folder, ASK: `${process.execPath} ${authCliPath} ${question}` },
  });

describe.skipIf(process.platform !== "linux")("a short answer", () => {
  it.each(questions)("to a closed pipe exits as after SIGPIPE, silently: %s", async (question) => {
    const { stdout, stderr } = await shell(
      '(sleep 0.2; eval "exec $ASK") | exec true; echo "${PIPESTATUS[0]}"',
      question,
    );
    expect([stdout, stderr]).toEqual(["141\n", ""]);
  });

  it.each(questions)("reports a full disk: %s", async (question) => {
    const { code, stderr } = await shell('eval "exec $ASK" > /dev/full', question);
    expect(stderr).toBe("error: cannot write standard output\ncause: the disk is full\n");
    expect(code).toBe(1);
  });

  it.each(questions)("is complete for a slow reader: %s", async (question) => {
    const { stdout: whole } = await shell('eval "exec $ASK"', question);
    const { stdout } = await shell('eval "exec $ASK" | (sleep 0.2; cat)', question);
    expect(stdout).toBe(whole);
    expect(whole.length).toBeGreaterThan(20);
  });
});
