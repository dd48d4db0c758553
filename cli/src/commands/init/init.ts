import { join } from "node:path";
import { nameCommands } from "../../command-name.ts";
import { howToDeploy } from "../../deployment/framework-words.ts";
import { checkStageName } from "../../deployment/stage.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { jsonLines } from "../../lines.ts";
import { type CiSystem, planCi, secrets } from "./ci.ts";
import { unifiedDiff } from "./diff.ts";
import { addMember, parsePackageJson } from "./package-json.ts";
import { type Recognized, recognize, refuseOutside, shortPath } from "./recognize.ts";
import {
  addsUtilRetry,
  cliPackage,
  cloudPackage,
  findTraps,
  type Trap,
  utilRetry,
  utilRetryFault,
  versionOf,
} from "./traps.ts";

export interface InitFlags {
  ci?: CiSystem;
  yes?: boolean;
  /** The stage of the CI job. */
  stage?: string;
  json?: boolean;
}

/** A file to write. */
interface Change {
  path: string;
  /** Relative to the repository, for people. */
  name: string;
  /** Undefined for a file to create. */
  before: string | undefined;
  after: string;
}

/** Something of the project that stays as it is. */
interface Kept {
  name: string;
  why: string;
  /** To paste into a file. */
  paste: readonly string[];
}

interface Plan {
  changes: readonly Change[];
  /** Why a change is there, where nobody could guess. */
  notes: readonly string[];
  kept: readonly Kept[];
  traps: readonly Trap[];
}

/**
 * `auth-cli init`: shows as a diff what it would change in the project, and writes it after a yes.
 * @returns 0 when nothing remains to be written, else 1
 * @throws AuthCliError `missing-configuration` without a project; `invalid-configuration` for a package.json that cannot be
 *   used; `write-failed`
 */
export async function init(flags: InitFlags, environment: Environment): Promise<number> {
  const { terminal } = environment;
  if (flags.stage !== undefined) checkStageName(flags.stage, "--stage");
  const recognized = recognize(environment);
  const plan = planChanges(recognized, flags, environment);
  if (flags.json !== true) await show(recognized, plan, environment);
  const isPlanned = plan.changes.length > 0;
  const isWritten = isPlanned && (await isWanted(flags, environment));
  if (isWritten) await write(plan.changes, recognized, environment);
  if (flags.json === true) await terminal.print(jsonLines(toJson(recognized, plan, isWritten)));
  else if (isWritten) terminal.say(nextSteps(recognized, flags, plan, environment));
  else if (!isPlanned) terminal.say("Nothing to write.");
  else terminal.say(`Nothing was written. To write, run ${named("`auth-cli init --yes`", environment)}.`);
  return isWritten || !isPlanned ? 0 : 1;
}

function planChanges(
  recognized: Recognized,
  { ci, stage = "prod" }: InitFlags,
  environment: Environment,
): Plan {
  const { files } = environment;
  const { packageJson, repository } = recognized;
  const kept: Kept[] = [];
  const changes: Change[] = [];
  let { text } = packageJson;
  for (const [script, command] of scriptsFor(recognized)) {
    const existing = packageJson.content.scripts?.[script];
    if (existing === undefined) text = addMember(text, "scripts", script, command);
    else if (typeof existing !== "string" || !existing.includes(`auth-cli ${script}`)) {
      const instead = named(`\`${command}\``, environment);
      kept.push({ name: `the script ${script}`, why: `it exists; run ${instead} instead`, paste: [] });
    }
  }
  const notes: string[] = [];
  if (addsUtilRetry(recognized, files)) {
    notes.push(`${utilRetryFault}, so init adds ${utilRetry.version}`);
    text = addMember(text, "devDependencies", utilRetry.name, utilRetry.version);
  }
  if (text !== packageJson.text) {
    parsePackageJson(packageJson.path, text);
    const name = shortPath(repository, packageJson.path);
    changes.push({ path: packageJson.path, name, before: packageJson.text, after: text });
  }
  const planned = ci === undefined ? undefined : planCi(ci, recognized, stage, files);
  if (planned?.kind === "create") {
    refuseOutside(files, planned.path, repository);
    const name = shortPath(repository, planned.path);
    changes.push({ path: planned.path, name, before: undefined, after: planned.text });
  } else if (planned !== undefined) {
    const isDone = planned.kind === "done";
    kept.push({
      name: shortPath(repository, planned.path),
      why: isDone ? "it runs auth-cli smoke" : "init does not change it; add after its deploy:",
      paste: isDone ? [] : planned.lines,
    });
  }
  return { changes, notes, kept, traps: findTraps(recognized, files, ci !== undefined) };
}

/** The local cloud runs what CloudFormation deploys with a client that honours AWS_ENDPOINT_URL. */
function hasLocalCloud({ project: { framework }, sst = 2 }: Recognized): boolean {
  return framework === "sst" ? sst === 2 : framework !== undefined && framework !== "serverless";
}

function scriptsFor(recognized: Recognized): [name: string, command: string][] {
  const smoke: [string, string] = ["smoke", "auth-cli smoke"];
  return hasLocalCloud(recognized) ? [["local", "auth-cli local --shell"], smoke] : [smoke];
}

async function show(
  { project, label }: Recognized,
  { changes, notes, kept, traps }: Plan,
  { terminal }: Environment,
): Promise<void> {
  terminal.say(`Found ${label}: ${join(project.root, project.marker ?? "auth-cli.json")}`);
  for (const { name, why, paste } of kept) {
    terminal.say([`Kept ${name}: ${why}`, ...paste.map((line) => `  ${line}`)]);
  }
  for (const note of notes) terminal.say(`note: ${note}`);
  for (const { message, fix } of traps) terminal.say([`warning: ${message}`, `fix: ${fix}`]);
  for (const { name, before, after } of changes) {
    const diff = unifiedDiff(name, before, after, terminal.resultColour);
    // `print` would escape the tabs.
    await terminal.printBytes(Buffer.from(diff));
  }
}

function toJson(
  { project, sst, packageJson }: Recognized,
  { changes, notes, kept, traps }: Plan,
  written: boolean,
): object {
  return {
    framework: project.framework ?? null,
    ...(sst === undefined ? {} : { frameworkVersion: sst }),
    folder: project.root,
    packageJson: packageJson.path,
    written,
    changes: changes.map(({ path, name, before, after }) => ({
      path,
      action: before === undefined ? "create" : "change",
      diff: unifiedDiff(name, before, after, false),
    })),
    notes,
    kept: kept.map(({ name, why, paste }) => ({ name, why, ...(paste.length > 0 && { paste }) })),
    warnings: traps,
  };
}

async function isWanted({ yes, json }: InitFlags, { terminal }: Environment): Promise<boolean> {
  if (yes === true) return true;
  if (json === true || !terminal.interactive) return false;
  const answer = await terminal.ask("Write this? [Y/n] ");
  return answer !== undefined && /^\s*(?:y|yes)?\s*$/i.test(answer);
}

async function write(
  changes: readonly Change[],
  { packageJson }: Recognized,
  { files, terminal }: Environment,
): Promise<void> {
  for (const { path, name, before, after } of changes) {
    if (before !== undefined && files.readText(path) === before) {
      await files.writeStream(path, chunk(after));
    } else if (before !== undefined || !files.create(path, after)) {
      throw new AuthCliError("write-failed", {
        message: `did not write ${path}`,
        cause: `it ${path === packageJson.path ? "has changed" : "exists"} since the diff was made`,
        fix: "run `auth-cli init` again",
      });
    }
    terminal.say(`Wrote ${name}`);
  }
}

async function* chunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function nextSteps(
  recognized: Recognized,
  { ci, stage = "prod" }: InitFlags,
  { changes }: Plan,
  environment: Environment,
): string[] {
  const { packageJson, project } = recognized;
  const isLocal = hasLocalCloud(recognized);
  const missing = [cliPackage, ...(isLocal ? [cloudPackage] : [])].filter(
    (name) => versionOf(packageJson.content, name) === undefined,
  );
  const install =
    missing.length > 0
      ? [`npm install --save-dev ${missing.join(" ")}`]
      : changes.some(({ after }) => after.includes(utilRetry.name))
        ? ["npm install"]
        : [];
  const target = isLocal ? "local" : stage;
  const flag = project.framework === "sst" ? ` --stage ${target}` : "";
  const steps = [
    ...install.map((command) => `run \`${command}\``),
    ...(isLocal
      ? ["run `npm run local`: it opens a shell in a local cloud, which ends with the shell. In it:"]
      : []),
    ...(project.framework === undefined ? [] : howToDeploy(project.framework, target)),
    `run \`auth-cli login${flag}\``,
    `run \`npm run smoke${flag === "" ? "" : ` --${flag}`}\``,
  ];
  return [
    "",
    "Next:",
    ...steps.map((step) => `- ${named(step, environment)}`),
    ...(ci === undefined
      ? []
      : [`- for CI, set the variable AWS_ROLE_ARN and the secrets ${secrets.join(", ")}`]),
  ];
}

function named(text: string, { commandName }: Environment): string {
  return nameCommands(text, commandName);
}
