/**
 * Writes what a run of the unit tests skipped, and why, as Markdown for the summary of a GitHub job.
 *
 *     tsx scripts/summarize-tests.ts <JSON report of vitest> <output of the run>
 */
import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const root = join(import.meta.dirname, "..");

export interface TestResults {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; assertionResults: { status: string; fullName: string }[] }[];
}

/**
 * @param output contains a line `SKIPPED: …` for each program that tests need and did not find
 * @param readSource the text of a test file. Its conditions for skipping are quoted.
 */
export function summarizeTests(
  results: TestResults,
  output: string,
  readSource: (path: string) => string,
): string[] {
  const files = results.testResults.flatMap(({ name, assertionResults }) => {
    const skipped = assertionResults.filter(({ status }) => status === "skipped" || status === "pending");
    return skipped.length === 0 ? [] : [{ name, count: skipped.length }];
  });
  const missing = new Set(Array.from(output.matchAll(/^SKIPPED: (.+?)\r?$/gm), ([, text = ""]) => text));
  const total = files.reduce((sum, { count }) => sum + count, 0);
  return [
    `### Unit tests on ${process.platform}, Node ${process.version}`,
    "",
    `${results.numPassedTests} passed, ${results.numFailedTests} failed, ${total} skipped.`,
    "",
    "The end-to-end and client tests do not run here: they need programs from Debian. The CI and Weekly workflows run them on Linux.",
    ...(missing.size === 0 ? [] : ["", "Programs that tests did not find:", ""]),
    ...Array.from(missing, (text) => `- ${text}`),
    ...(files.length === 0 ? [] : ["", "| skipped | file | if |", "| ---: | --- | --- |"]),
    ...files.map(({ name, count }) => {
      const conditions = new Set(
        Array.from(
          readSource(name).matchAll(/\.skipIf\((.+?)\)[(.]/g),
          ([, condition]) => `\`${condition}\``,
        ),
      );
      const path = relative(root, name).split(sep).join("/");
      return `| ${count} | ${path} | ${[...conditions].join(", ").replaceAll("|", "\\|")} |`;
    }),
  ];
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}

if (process.argv[1] === import.meta.filename) {
  const [report = "", output = ""] = process.argv.slice(2);
  const results = JSON.parse(readText(report)) as TestResults;
  console.log(summarizeTests(results, readText(output), readText).join("\n"));
}
