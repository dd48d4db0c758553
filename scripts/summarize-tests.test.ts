import { join } from "node:path";
import { expect, it } from "vitest";
import { summarizeTests } from "./summarize-tests.ts";

const file = (name: string): string => join(import.meta.dirname, "..", name);
const test = (status: string): { status: string; fullName: string } => ({ status, fullName: "a test" });

it("says which tests were skipped, in which files, and why", () => {
  const summary = summarizeTests(
    {
      numPassedTests: 3,
      numFailedTests: 1,
      testResults: [
        {
          name: file("cli/src/a.test.ts"),
          assertionResults: [test("passed"), test("skipped"), test("skipped")],
        },
        { name: file("cli/src/b.test.ts"), assertionResults: [test("passed"), test("failed")] },
      ],
    },
    "ok\nSKIPPED: fish is not installed (apt-get install fish)\r\nSKIPPED: fish is not installed (apt-get install fish)\n",
    () =>
      'it.skipIf(!fish || process.platform === "win32")("works", f); it.skipIf(fish === undefined).each([1])("x", f);',
  );
  expect(summary).toContain("3 passed, 1 failed, 2 skipped.");
  expect(summary.filter((line) => line.includes("fish is not"))).toEqual([
    "- fish is not installed (apt-get install fish)",
  ]);
  expect(summary.at(-1)).toBe(
    '| 2 | cli/src/a.test.ts | `!fish \\|\\| process.platform === "win32"`, `fish === undefined` |',
  );
  expect(summary.join()).not.toContain("b.test.ts");
});
