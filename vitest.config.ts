import { availableParallelism } from "node:os";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

/** Files that take longest, first: a file that starts last alone keeps one core busy and the others idle. */
const longest = [
  "local-cloud/test/sst-deploy",
  "cli/test/package",
  "local-cloud/test/sst-dev",
  "cli/test/dev-local",
  "cli/test/chain",
  "laboratory/laboratory",
  "scripts/github-actions",
  "local-cloud/test/aws-cli",
  "local-cloud/test/cdk-deploy",
  "canary/test/canary",
  "commands/local/local",
  "session/faults",
  "login/providers",
  "session/many-processes",
  "test/interruptions",
  "smoke/smoke-for-ci",
  "twitter/authorize",
  "reports/html",
  "reports/reports",
];

class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((one, other) => rank(one) - rank(other)));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const place = longest.findIndex((name) => moduleId.includes(`${name}.e2e.test.ts`));
  if (place >= 0) return place;
  return longest.length + (project.name === "e2e" ? 0 : 1);
}

const config = defineConfig({
  test: {
    // The tests of one file wait for processes and timeouts much of the time.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // What vitest makes of a file is used again until the file changes.
    experimental: { fsModuleCache: true },
    projects: [
      {
        test: {
          name: "unit",
          include: ["{cli,packages/*,stacks,scripts}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.e2e.test.ts", "**/*.client.test.ts"],
          // A busy machine makes a test slow, not wrong.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Modules are loaded once for each worker, which halves the time.
          isolate: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["{cli,packages/*,stacks,scripts}/**/*.e2e.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          isolate: false,
          // The built local cloud is one file: nothing to transform.
          server: { deps: { external: [/\/dist\//] } },
          globalSetup: ["packages/test-support/src/serve-synthesis.ts"],
        },
      },
      {
        // Real clients of X and AWS from npm and Debian, through the whole chain: `npm run test:clients`.
        test: {
          name: "clients",
          include: ["packages/local-cloud/test/clients/*.client.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          isolate: false,
          globalSetup: [
            "packages/test-support/src/serve-synthesis.ts",
            "packages/test-support/src/test-authority.ts",
          ],
        },
      },
    ],
  },
});

export default defineConfig(({ mode }) => {
  // Workers inherit it. A variable before the command would need a POSIX shell.
  if (mode === "long") process.env["TEST_RUNS"] ??= "20";
  return config;
});
