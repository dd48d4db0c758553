/**
 * Runs tests with other versions of Node.js, which npm's package `node` brings. Without `--unit` these are the tests of
 * `sst dev`: the local cloud, its Lambda workers and SST all run in them.
 *
 *     tsx scripts/test-on-nodes.ts [--unit] [version]…       default: 20 22 24 latest
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const { values, positionals: named } = parseArgs({
  options: { unit: { type: "boolean", default: false } },
  allowPositionals: true,
});
const tests = values.unit
  ? ["--project", "unit", "--testTimeout=30000"]
  : ["--project", "e2e", "packages/local-cloud/test/sst-dev.e2e.test.ts"];

interface Results {
  numPassedTests: number;
  numTotalTests: number;
  success: boolean;
  testResults: { assertionResults: { fullName: string; duration?: number; status: string }[] }[];
}

interface Run {
  version: string;
  results: Results | undefined;
}

function runOn(version: string, folder: string): Run {
  const node = (args: readonly string[], stdio: "inherit" | "pipe"): string | null =>
    spawnSync("npx", ["--yes", "--package", `node@${version}`, "--", "node", ...args], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", stdio, "inherit"],
      // npx is a shell script there.
      shell: process.platform === "win32",
    }).stdout;
  const exact = node(["--print", "process.version"], "pipe")?.trim() ?? "";
  const file = join(folder, `${version}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  node(["node_modules/vitest/vitest.mjs", "run", ...tests, ...reporters], "inherit");
  try {
    return { version: exact, results: JSON.parse(readFileSync(file, "utf8")) as Results };
  } catch {
    return { version: exact === "" ? version : exact, results: undefined };
  }
}

const versions = named.length > 0 ? named : ["20", "22", "24", "latest"];
const folder = mkdtempSync(join(tmpdir(), "test-on-nodes-"));
const runs = versions.map((version) => runOn(version, folder));
rmSync(folder, { recursive: true });

for (const { version, results } of runs) {
  if (results === undefined) {
    console.log(`${version}: the tests did not run`);
    continue;
  }
  console.log(`${version}: ${results.numPassedTests} of ${results.numTotalTests} tests passed`);
  const assertions = results.testResults.flatMap((file) => file.assertionResults);
  for (const { fullName, status, duration = 0 } of assertions) {
    if (values.unit && status === "passed") continue;
    console.log(`  ${status}, ${(duration / 1000).toFixed(1)} s: ${fullName}`);
  }
}
process.exitCode = runs.every(({ results }) => results?.success === true) ? 0 : 1;
