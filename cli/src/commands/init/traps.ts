import { join, resolve } from "node:path";
import type { Environment } from "../../environment/environment.ts";
import { listNames } from "../../list-names.ts";
import { type PackageJson, parsePackageJson } from "./package-json.ts";
import { foldersBetween, isWithin, type Recognized, shortPath, workspaceFolders } from "./recognize.ts";

/** A known problem that makes a project's first deploy or first CI job fail. */
export interface Trap {
  message: string;
  fix: string;
}

export const cliPackage = "@api-auth-twitter/auth-cli";
export const cloudPackage = "@api-auth-twitter/local-cloud";
export const utilRetry = { name: "@smithy/util-retry", version: "4.3.8" };
export const utilRetryFault = `SST v2 cannot deploy with ${utilRetry.name} 4.4 or later (Cannot read properties of undefined (reading 'includes'))`;

/**
 * Whether `sst deploy` of SST 2.49.8 ends with `Unable to resolve AWS account to use` or, in an account with SST's bootstrap
 * stack, with `Cannot read properties of undefined (reading 'includes')`. From 4.4.0 on, util-retry calls `includes` on a
 * scope that the AWS clients of SST's CDK toolkit leave out, and the toolkit accepts any 4.x.
 */
function needsUtilRetry(recognized: Recognized, files: Environment["files"]): boolean {
  if (recognized.sst !== 2) return false;
  const installed = installedUtilRetry(recognized, files);
  if (installed !== undefined) return isBroken(installed);
  const settings = files.readText(join(recognized.installFolder, "pnpm-workspace.yaml")) ?? "";
  return !`${recognized.packageJson.text}${settings}`.includes(utilRetry.name);
}

function isBroken(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 4 && minor >= 4;
}

/** The version that SST's CDK toolkit loads. */
function installedUtilRetry(
  { project: { root }, repository }: Recognized,
  files: Environment["files"],
): string | undefined {
  const folders = foldersBetween(root, repository).map((folder) => join(folder, "node_modules"));
  return [
    ...folders.map((folder) => join(folder, "@aws-cdk/toolkit-lib/node_modules", utilRetry.name)),
    ...folders.map((folder) => join(folder, utilRetry.name)),
  ]
    .map((folder) => versionIn(files, folder))
    .find((version) => version !== undefined);
}

function versionIn(files: Environment["files"], folder: string): string | undefined {
  const text = files.readText(join(folder, "package.json"));
  return text === undefined ? undefined : /"version"\s*:\s*"(\d+\.\d+[^"]*)"/.exec(text)?.[1];
}

/** The traps of a project that `init` does not fix itself. */
export function findTraps(recognized: Recognized, files: Environment["files"], withCi: boolean): Trap[] {
  return [
    ...otherSst(recognized, files),
    ...otherUtilRetry(recognized, files),
    ...otherConstructs(recognized, files),
    ...(withCi ? packagesElsewhere(recognized) : []),
  ];
}

/** create-sst 2.43.5 writes a config of v2, and the newest sst into each package.json. */
function otherSst({ project: { root, marker }, sst }: Recognized, files: Environment["files"]): Trap[] {
  if (sst !== 2) return [];
  const wrong = [root, ...workspaceFolders(files, root)].flatMap((folder) => {
    const path = join(folder, "package.json");
    const text = files.readText(path);
    const asked = text === undefined ? undefined : versionOf(parsePackageJson(path, text), "sst");
    return asked !== undefined && Number(/\d+/.exec(asked)?.[0] ?? 2) > 2 ? [shortPath(root, path)] : [];
  });
  if (wrong.length === 0) return [];
  return [
    {
      message: `${marker ?? "the app"} is of SST v2, but a later sst is in ${listNames(wrong)}, as create-sst writes it`,
      fix: `set sst to 2.49.8, and aws-cdk-lib to 2.224.0 where it is listed, then run \`npm install\``,
    },
  ];
}

/** `init` adds the version for npm, where a project's own dependency is the one that the toolkit loads. */
export function addsUtilRetry(recognized: Recognized, files: Environment["files"]): boolean {
  const { packageManager = "npm", packageJson } = recognized;
  return (
    packageManager === "npm" &&
    versionOf(packageJson.content, utilRetry.name) === undefined &&
    needsUtilRetry(recognized, files)
  );
}

function otherUtilRetry(recognized: Recognized, files: Environment["files"]): Trap[] {
  if (!needsUtilRetry(recognized, files) || addsUtilRetry(recognized, files)) return [];
  const { packageManager = "npm", packageJson } = recognized;
  const { name, version } = utilRetry;
  const overrides = {
    npm: "",
    pnpm: "overrides in pnpm-workspace.yaml",
    yarn: "resolutions in package.json",
    bun: "overrides in package.json",
  }[packageManager];
  const install =
    versionOf(packageJson.content, name) === version
      ? "`npm install`"
      : `\`npm install --save-dev --save-exact ${name}@${version}\``;
  return [
    {
      message: utilRetryFault,
      fix:
        packageManager === "npm"
          ? `run ${install}`
          : `add ${name} ${version} to ${overrides}, then install again`,
    },
  ];
}

/** A construct of one copy does not accept a scope of the other. Seen with 10.8.1 beside the 10.3.0 that SST 2.49.8 asks for. */
function otherConstructs(
  { project: { root }, sst, packageManager = "npm" }: Recognized,
  files: Environment["files"],
): Trap[] {
  if (sst !== 2) return [];
  const installed = versionIn(files, join(root, "node_modules/constructs"));
  const needed = versionIn(files, join(root, "node_modules/sst/node_modules/constructs"));
  if (installed === undefined || needed === undefined || installed === needed) return [];
  const pinned = `constructs@${needed}`;
  return [
    {
      message: `constructs ${installed} is installed beside the ${needed} of SST v2, so a deploy can fail (scope.node._scopes is not iterable)`,
      fix:
        packageManager === "npm"
          ? `run \`npm install --save-dev --save-exact ${pinned}\``
          : `add ${pinned} to devDependencies in package.json, then install again`,
    },
  ];
}

/** A tarball beside the repository is not there in CI. */
function packagesElsewhere({ project: { root }, repository, packageJson }: Recognized): Trap[] {
  return [cliPackage, cloudPackage].flatMap((name) => {
    const [, path] = /^file:(.+)$/.exec(versionOf(packageJson.content, name) ?? "") ?? [];
    if (path === undefined || isWithin(resolve(root, path), repository)) return [];
    return [
      {
        message: `package.json takes ${name} from ${path}, which CI does not have`,
        fix: "copy the file into the repository and run `npm install --save-dev ./<file>`",
      },
    ];
  });
}

/** The range of a dependency that a package.json asks for. */
export function versionOf(content: PackageJson, name: string): string | undefined {
  const { dependencies, devDependencies, optionalDependencies } = content;
  const range = { ...optionalDependencies, ...devDependencies, ...dependencies }[name];
  return typeof range === "string" ? range : undefined;
}
