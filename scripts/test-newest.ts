/**
 * Runs the unit tests with the newest version of each dependency, in a copy of the repository. The dependencies that
 * .github/dependabot.yml holds stay as they are. npm prefers versions that run on this Node.
 *
 *     tsx scripts/test-newest.ts
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readYaml } from "@api-auth-twitter/test-support/actions-runner";
import { type DependabotFile, ignoreRules, updateRange } from "./newest-versions.ts";

const root = join(import.meta.dirname, "..");
const rules = ignoreRules(await readYaml<DependabotFile>(join(root, ".github/dependabot.yml")));
const copy = mkdtempSync(join(tmpdir(), "test-newest-"));
const kinds = ["dependencies", "devDependencies", "optionalDependencies"] as const;

type Manifest = Partial<Record<(typeof kinds)[number], Record<string, string>>>;

/** Widens the versions in a folder's package.json. @returns the pinned versions */
function widen(folder: string): [folder: string, name: string, version: string][] {
  const file = join(copy, folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  const pinned: [string, string, string][] = [];
  for (const dependencies of kinds.map((kind) => manifest[kind] ?? {})) {
    for (const [name, version] of Object.entries(dependencies)) {
      if (name.startsWith("@api-auth-twitter/")) continue;
      pinned.push([folder, name, version]);
      dependencies[name] = updateRange(name, version, rules);
    }
  }
  writeFileSync(file, JSON.stringify(manifest));
  return pinned;
}

function run(command: string, ...args: string[]): number {
  // npm is a shell script on Windows.
  const options = { cwd: copy, stdio: "inherit", shell: process.platform === "win32" } as const;
  return spawnSync(command, args, options).status ?? 1;
}

try {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  for (const file of files) if (file !== "") cpSync(join(root, file), join(copy, file));
  rmSync(join(copy, "package-lock.json"));
  const workspaces = [
    "cli",
    "packages/canary",
    "packages/functions",
    "packages/local-cloud",
    "packages/test-support",
  ];
  const pinned = ["", ...workspaces].flatMap(widen);
  process.exitCode =
    run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund") ||
    run("npm", "run", "build") ||
    run("npx", "--no-install", "vitest", "run", "--project", "unit", "--testTimeout=30000");
  for (const [folder, name, version] of pinned) {
    // npm installs in the workspace's folder what conflicts with another one.
    const [manifest = ""] = [folder, ""]
      .map((each) => join(copy, each, "node_modules", name, "package.json"))
      .filter((path) => existsSync(path));
    const { version: tested } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    if (tested !== version) console.log(`${name} ${version} → ${tested}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
