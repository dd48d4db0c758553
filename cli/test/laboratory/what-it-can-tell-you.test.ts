import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { expect, it } from "vitest";
import { found } from "./doctor-faults.ts";
import { faultGroups } from "./faults.ts";
import { mended } from "./corrected-faults.ts";
import { reasons } from "../../src/reasons.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const introduction = `# What it can tell you

A bare \`{"message":"Forbidden"}\` has a dozen causes, “Invalid login token” has six. When a command fails, auth-cli finds out
by experiment which it is, with nothing but what the user's own credentials may do: it asks Twitter about the token that
Cognito refused, sends the refused request again with one thing changed, and has STS say what it thinks of the same keys.

Each row below is a fault that the fault laboratory makes: a broken variant of the stack, deployed by the real
\`sst deploy\`, or one thing of the environment that is wrong. The built program is run on it, and the test demands the step,
the code or the \`reason\`, and these words of cause and fix. \`--json\` has all of them, with the evidence:
\`{"error": {"code", "step", "message", "cause", "fix", "reason", "evidence"}}\`.

This page is written from the laboratory's tables in \`cli/test/laboratory\`, and a test holds the two together; \`npx vitest run what-it-can-tell-you -u\` writes it anew. All of it was seen on the local cloud, none on the live
services.
`;

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

const code = (text: string): string => `\`${text}\``;

it("docs/what-it-can-tell-you.md is the laboratory's table", async () => {
  const groups = Object.entries(faultGroups).map(
    ([name, faults]) =>
      `## ${name}\n\n${table(
        ["what is broken", "seen with", "step", "code or reason", "it says", "what to do"],
        faults.map((fault) => [
          fault.what,
          code(fault.command),
          code(fault.step),
          code(fault.reason ?? fault.code),
          `… ${fault.cause} …`,
          `… ${fault.fix} …`,
        ]),
      )}`,
  );
  const findings = table(
    ["what is broken", "seen with", "finding", "it says", "what to do"],
    found.map(({ what, command, finding, message, fix }) => [
      what,
      code(command),
      code(finding),
      `… ${message} …`,
      `… ${fix} …`,
    ]),
  );
  const corrected = table(
    ["what is wrong", "seen with", "what it says"],
    mended.map(({ what, command, note }) => [
      what,
      code(command),
      note.map((words) => `… ${words}`).join(" "),
    ]),
  );
  const page = [
    introduction,
    ...groups,
    `## What the doctor finds before anything fails\n\nWith \`--deep\` it has the deployer's AWS credentials, and tells apart what Cognito words alike.\n\n${findings}`,
    `## What it sets right by itself\n\nThe command goes on, and a line on standard error says what was wrong.\n\n${corrected}`,
  ].join("\n");
  await expect(await format(page, { parser: "markdown", printWidth: 110 })).toMatchFileSnapshot(
    join(root, "docs/what-it-can-tell-you.md"),
  );
});

it("has a fault for each reason that there is", () => {
  const shown = Object.values(faultGroups).flatMap((faults) => faults.flatMap(({ reason }) => reason ?? []));
  expect([...new Set(shown)].toSorted()).toEqual([...reasons].toSorted());
});

it("says of no two faults of one command the same but where their fix is the same", () => {
  const byWords = new Map<string, string>();
  for (const { command, step, reason, code: errorCode, cause, fix } of Object.values(faultGroups).flat()) {
    const key = [command, step, reason ?? errorCode, cause].join("\n");
    expect(byWords.get(key) ?? fix).toBe(fix);
    byWords.set(key, fix);
  }
  expect(byWords.size).toBeGreaterThanOrEqual(25);
});
