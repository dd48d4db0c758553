import { dirname, join, relative } from "node:path";
import { frameworkNames } from "../../deployment/framework.ts";
import { findProject, type Project } from "../../deployment/project.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { listNames } from "../../list-names.ts";
import { shellQuote } from "../../shell-quote.ts";
import { type PackageJson, parsePackageJson } from "./package-json.ts";

/** A project that `init` can add auth-cli to. Its files are read as data: nothing of it runs. */
export interface Recognized {
  project: Project;
  /** The repository's root: the nearest folder with `.git`, else the project's. */
  repository: string;
  /** The major version of SST, 2 or above. Undefined for other frameworks, and where nothing shows it. */
  sst: number | undefined;
  /** For people: `SST v2`. */
  label: string;
  packageJson: { path: string; text: string; content: PackageJson };
  /** By the lock file. Undefined without one. */
  packageManager: PackageManager | undefined;
  /** The folder with the lock file, else the project's. */
  installFolder: string;
}

type PackageManager = "npm" | "pnpm" | "yarn" | "bun";

type Outside = Pick<Environment, "files" | "platform" | "workingDirectory">;

const lockFiles: readonly [file: string, manager: PackageManager][] = [
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
];

/**
 * Looks at the project that the working directory is in.
 * @throws AuthCliError `missing-configuration` without a project or its package.json; `invalid-configuration` for a
 *   package.json that npm could not read or that lies elsewhere
 */
export function recognize(environment: Outside): Recognized {
  const { files } = environment;
  const project = findProject(environment);
  const { root, framework } = project;
  if (framework === undefined && !files.exists(join(root, "auth-cli.json"))) throw noProject(environment);
  const path = join(root, "package.json");
  refuseOutside(files, path, root);
  const text = files.readText(path);
  if (text === undefined) {
    throw new AuthCliError("missing-configuration", {
      message: `${root} has no package.json`,
      cause: "npm scripts need one",
      fix: `run \`npm init --yes\` in that folder, then \`auth-cli init\``,
    });
  }
  const content = parsePackageJson(path, text);
  const sst = framework === "sst" ? sstVersion(files, project, content) : undefined;
  const repository = nearest(root, (folder) => files.exists(join(folder, ".git"))) ?? root;
  const folders = foldersBetween(root, repository);
  const [installFolder, packageManager] = folders
    .flatMap((folder) => lockFiles.map(([file, manager]) => [folder, manager, file] as const))
    .find(([folder, , file]) => files.exists(join(folder, file))) ?? [root];
  return {
    project,
    repository,
    sst,
    label:
      framework === undefined
        ? "auth-cli.json"
        : frameworkNames[framework] + (sst === undefined ? "" : ` v${sst}`),
    packageJson: { path, text, content },
    packageManager,
    installFolder,
  };
}

/**
 * A link to a file elsewhere would be followed: the file behind it is not the project's.
 * @throws AuthCliError `invalid-configuration`
 */
export function refuseOutside(files: Environment["files"], path: string, folder: string): void {
  const home = files.realPath(folder) ?? folder;
  const existing = nearest(path, (each) => files.realPath(each) !== undefined || each === folder) ?? folder;
  const real = files.realPath(existing) ?? existing;
  if (isWithin(real, home)) return;
  throw new AuthCliError("invalid-configuration", {
    message: `${existing} is a link to ${real}, outside the project`,
    cause: `init changes files in ${folder} only`,
    fix: `run \`auth-cli init\` in the folder of ${real}, or replace the link with a file`,
  });
}

export function isWithin(path: string, folder: string): boolean {
  const steps = relative(folder, path);
  return !/^\.\.([/\\]|$)/.test(steps) && !/^([/\\]|[A-Za-z]:)/.test(steps);
}

/** The folder or a parent of it that has the property. */
function nearest(start: string, has: (folder: string) => boolean): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (has(folder)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** From the inner folder to the outer one. */
export function foldersBetween(inner: string, outer: string): string[] {
  const folders = [inner];
  for (let folder = inner; folder !== outer && folder !== dirname(folder); folder = dirname(folder)) {
    folders.push(dirname(folder));
  }
  return folders;
}

/** By the config, because create-sst pairs a config of v2 with the newest sst in package.json. */
function sstVersion(
  files: Environment["files"],
  { root, marker }: Project,
  { dependencies, devDependencies }: PackageJson,
): number | undefined {
  const config = (marker?.startsWith("sst.config") ? files.readText(join(root, marker)) : undefined) ?? "";
  const asked = { ...dependencies, ...devDependencies }["sst"];
  const major = Number(/\d+/.exec(typeof asked === "string" ? asked : "")?.[0] ?? Number.NaN);
  if (/\$config\s*\(|\.sst[/\\]platform/.test(config)) return major > 2 ? major : 3;
  if (/\bSSTConfig\b|\bstacks\s*[(:]/.test(config)) return 2;
  return Number.isNaN(major) ? undefined : major;
}

const searched =
  "sst.config.ts, cdk.json, amplify/backend.ts, samconfig.toml, template.yaml, serverless.yml or auth-cli.json";

function noProject(environment: Outside): AuthCliError {
  const { files, platform, workingDirectory } = environment;
  const members = workspaceFolders(files, workingDirectory).flatMap((folder) => {
    const { root, framework } = findProject({ files, workingDirectory: folder });
    return root === folder && framework !== undefined ? [{ folder, label: frameworkNames[framework] }] : [];
  });
  const [first] = members;
  return new AuthCliError("missing-configuration", {
    message: `found no project of SST, CDK, Amplify Gen 2, SAM or Serverless in ${workingDirectory}`,
    ...(first === undefined
      ? {
          cause: `neither the folder nor its parents have ${searched}`,
          fix: "run `auth-cli init` in the project's folder",
        }
      : {
          cause: `it is the root of a workspace with ${listNames(members.map(({ folder, label }) => `${label} in ${shortPath(workingDirectory, folder)}`))}`,
          fix: `run \`cd ${shellQuote(shortPath(workingDirectory, first.folder), platform)}\`, then \`auth-cli init\``,
        }),
  });
}

/** The folders of a workspace's packages. Empty for a folder that is not the root of a workspace. */
export function workspaceFolders(files: Environment["files"], root: string): string[] {
  const folders = workspacePatterns(files, root).flatMap((pattern) => {
    const [, parent] = /^(?:\.\/)?([\w@.-]+(?:\/[\w@.-]+)*)\/\*{1,2}(?:\/\*)?$/.exec(pattern) ?? [];
    if (parent !== undefined) return files.list(join(root, parent)).map((name) => join(root, parent, name));
    return /[*!?{]/.test(pattern) || !isWithin(join(root, pattern), root) ? [] : [join(root, pattern)];
  });
  return [...new Set(folders)];
}

function workspacePatterns(files: Environment["files"], root: string): string[] {
  const text = files.readText(join(root, "package.json"));
  const { workspaces } = text === undefined ? {} : parsePackageJson(join(root, "package.json"), text);
  const listed = Array.isArray(workspaces)
    ? workspaces
    : (workspaces as { packages?: unknown } | undefined | null)?.packages;
  const ofPnpm = files.readText(join(root, "pnpm-workspace.yaml")) ?? "";
  return [
    ...(Array.isArray(listed) ? listed.filter((pattern) => typeof pattern === "string") : []),
    ...Array.from(ofPnpm.matchAll(/^\s*-\s*["']?([^"'\s#]+)/gm), ([, pattern = ""]) => pattern),
  ];
}

/** Relative to a folder, with slashes. */
export function shortPath(from: string, path: string): string {
  return relative(from, path).replaceAll("\\", "/") || ".";
}
