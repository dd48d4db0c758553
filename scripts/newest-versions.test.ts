import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readYaml } from "@api-auth-twitter/test-support/actions-runner";
import { describe, expect, it } from "vitest";
import { type DependabotFile, ignoreRules, matches, updateRange } from "./newest-versions.ts";

const root = join(import.meta.dirname, "..");
const dependabot = await readYaml<DependabotFile>(join(root, ".github/dependabot.yml"));
const rules = ignoreRules(dependabot);

type Manifest = Partial<Record<"dependencies" | "devDependencies" | "optionalDependencies", object>>;

const names = ["", "cli", "packages/functions", "packages/local-cloud", "packages/test-support"].flatMap(
  (folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
    return Object.keys({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    });
  },
);

describe("the range of an update", () => {
  it.each([
    ["sst", "2.49.8", "2.49.8"],
    ["@smithy/util-retry", "4.3.8", "4.3.8"],
    ["@aws-sdk/client-sts", "3.699.0", "3.699.0"],
    ["commander", "14.0.3", "^14.0.3"],
    ["vitest", "4.1.12", "^4.1.12"],
    ["prettier", "3.10.1", ">=3.10.1"],
  ])("of %s %s is %s", (name, version, range) => {
    expect(updateRange(name, version, rules)).toBe(range);
  });
});

describe(".github/dependabot.yml", () => {
  it("ignores only updates of dependencies that are installed", () => {
    const unused = rules.filter((rule) => !names.some((name) => matches(rule["dependency-name"], name)));
    expect(unused).toEqual([]);
  });

  it("covers each folder with a package-lock.json, and the workflows", () => {
    const covered = dependabot.updates.flatMap(({ directory, directories = [], ...update }) =>
      [...directories, ...(directory === undefined ? [] : [directory])].map(
        (folder) => `${update["package-ecosystem"]} ${folder}`,
      ),
    );
    expect(covered).toEqual([
      "npm /",
      "npm /examples/load",
      "npm /packages/local-cloud/test/clients",
      "npm /packages/local-cloud/test/clients/amplify",
      "github-actions /",
    ]);
  });

  it("has no YAML anchors, which Dependabot does not read", () => {
    expect(readFileSync(join(root, ".github/dependabot.yml"), "utf8")).not.toMatch(/: [&*]\w/);
  });
});
