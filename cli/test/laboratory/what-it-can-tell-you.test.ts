import { join } from "node:path";
import { format } from "prettier";
import { expect, it } from "vitest";
import { found } from "./doctor-faults.ts";
import { faultGroups } from "./faults.ts";
import { corrected } from "./corrected-faults.ts";
import { reasons } from "../../src/reasons.ts";

const root = join(import.meta.dirname, "../../..");

const introduction = `# What it can tell you

A bare \`{"message":"Forbidden"}\` has a dozen causes, and “Invalid login token” has six. When a command fails, auth-cli
finds the cause by experiment, with the user's own credentials: it asks Twitter about the token that Cognito refused,
sends the refused request again with one thing changed, and asks STS about the same credentials. Where the deployer's AWS
credentials are available, it also reads the deployed routes and has IAM simulate the role's policy.

A handler can answer in API Gateway's own words, for example HTTP 403 with \`{"message":"Forbidden"}\`. Nothing in the answer
distinguishes the two. API Gateway looks for the route first, then checks the signature and the policy, then calls the
handler, so the same request without a signature shows whether the route exists. auth-cli names a cause only when it has
ruled out the others. Otherwise the reason is \`undetermined\`: the cause names the candidates, and the fix the next thing to
try.

Each row below is one fault: a broken variant of the stack, or one wrong setting of the environment. A test runs the built
program on each of them and checks the step, the code or the \`reason\`, and these words of the cause and the fix. \`--json\`
prints all of them, with the evidence:
\`{"error": {"code", "step", "message", "cause", "fix", "reason", "evidence"}}\`. The token of these users is in the environment,
so a fix names its variables. For a stored login it is \`auth-cli login\`.

A test writes this page from the tables in \`cli/test/laboratory\`: \`npx vitest run what-it-can-tell-you -u\`. All faults were
tried on the local cloud, none on the live services.
`;

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

const code = (text: string): string => `\`${text}\``;

it("docs/what-it-can-tell-you.md lists every fault of the laboratory", async () => {
  const groups = Object.entries(faultGroups).map(
    ([name, faults]) =>
      `## ${name}\n\n${table(
        ["fault", "command", "step", "code or reason", "cause", "fix"],
        faults.map((fault) => [
          fault.what,
          code(fault.command),
          fault.step === "" ? "–" : code(fault.step),
          code(fault.reason ?? fault.code),
          `… ${fault.cause} …`,
          `… ${fault.fix} …`,
        ]),
      )}`,
  );
  const findings = table(
    ["fault", "command", "finding", "message", "fix"],
    found.map(({ what, command, finding, message, fix }) => [
      what,
      code(command),
      code(finding),
      `… ${message} …`,
      `… ${fix} …`,
    ]),
  );
  const corrections = table(
    ["fault", "command", "message"],
    corrected.map(({ what, command, note }) => [
      what,
      code(command),
      note.map((words) => `… ${words}`).join(" "),
    ]),
  );
  const page = [
    introduction,
    ...groups,
    `## What doctor finds before a command fails\n\nWith \`--deep\`, doctor uses the deployer's AWS credentials and sees what Cognito reports with one message for several causes.\n\n${findings}`,
    `## What auth-cli corrects\n\nThe command succeeds, and a note on standard error names the fault.\n\n${corrections}`,
  ].join("\n");
  await expect(await format(page, { parser: "markdown", printWidth: 110 })).toMatchFileSnapshot(
    join(root, "docs/what-it-can-tell-you.md"),
  );
});

it("the laboratory has a fault for each reason", () => {
  const shown = Object.values(faultGroups).flatMap((faults) => faults.flatMap(({ reason }) => reason ?? []));
  expect([...new Set(shown)].toSorted()).toEqual([...reasons].toSorted());
});

it("two faults with the same cause have the same fix", () => {
  const byWords = new Map<string, string>();
  for (const { command, step, reason, code: errorCode, cause, fix } of Object.values(faultGroups).flat()) {
    const key = [command, step, reason ?? errorCode, cause].join("\n");
    expect(byWords.get(key) ?? fix).toBe(fix);
    byWords.set(key, fix);
  }
  expect(byWords.size).toBeGreaterThanOrEqual(25);
});
