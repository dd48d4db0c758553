import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { load } from "js-yaml";
import { type Contexts, interpolate, isToRun } from "./actions-expressions.ts";
import { runProcess } from "./run-process.ts";

/** As YAML has them: a number or a switch without quotes is none of a text. */
type Values = Readonly<Record<string, string | number | boolean>>;

/** A step of a workflow's job or of a composite action. */
export interface Step {
  name?: string;
  id?: string;
  if?: string;
  uses?: string;
  with?: Values;
  run?: string;
  shell?: string;
  env?: Values;
  "working-directory"?: string;
}

export interface StepResult {
  name: string;
  outcome: "success" | "failure" | "skipped";
  code: number;
  outputs: Record<string, string>;
  /** What it printed but for commands to mask, before the runner masks anything. */
  log: string;
  /** Lines that are commands: `::error …`. */
  annotations: string[];
  /** What was to be masked. */
  masked: string[];
  /** The Markdown that it added to the summary. */
  summary: string;
  /** Of a step that uses another action: which, and with what. */
  uses?: { action: string; with: Record<string, string> };
}

export interface JobOptions {
  steps: readonly Step[];
  /** `inputs`, `secrets`, `vars`, `github`; `env` and `steps` come from the run itself. */
  contexts: Contexts;
  /** The environment of the runner, which every step has. */
  variables: Readonly<Record<string, string | undefined>>;
  /** The environment of the job, whose values may be expressions. */
  env?: Values;
  workspace: string;
  /** Steps that are not run but taken for done. */
  isDone?: (step: Step) => boolean;
}

/** Reads a workflow or an action. */
export async function readYaml<T>(path: string): Promise<T> {
  return load(await readFile(path, "utf8")) as T;
}

/**
 * Runs the steps of a job, or of a composite action, one after the other as the runner of GitHub Actions does: bash with
 * the runner's options, the files for outputs, environment, path and summary, commands in what they print. Other actions
 * that they use are not run, but what they are given is kept.
 */
export async function runSteps(options: JobOptions): Promise<StepResult[]> {
  const temporary = await mkdtemp(join(tmpdir(), "actions-runner-"));
  const results: StepResult[] = [];
  const steps: Record<string, { outputs: Record<string, string> }> = {};
  /** What GITHUB_ENV and GITHUB_PATH have added. */
  const added: Record<string, string> = {};
  const path: string[] = [];
  try {
    for (const step of options.steps) {
      const env = interpolateAll(options.env ?? {}, { ...options.contexts, steps });
      const contexts = { ...options.contexts, steps, env: { ...env, ...added } };
      const failed = results.some(({ outcome }) => outcome === "failure");
      const name = step.name ?? step.id ?? step.uses ?? step.run ?? "";
      const nothing = { name, code: 0, outputs: {}, log: "", annotations: [], masked: [], summary: "" };
      if (!isToRun(step.if, contexts, failed)) {
        results.push({ ...nothing, outcome: "skipped" });
      } else if (step.uses !== undefined) {
        const uses = { action: step.uses, with: interpolateAll(step.with ?? {}, contexts) };
        results.push({ ...nothing, outcome: "success", uses });
      } else if (options.isDone?.(step) === true) {
        results.push({ ...nothing, outcome: "success" });
      } else {
        const files = await commandFiles(temporary, results.length);
        const variables = {
          ...options.variables,
          PATH: [...path.toReversed(), options.variables["PATH"]].join(delimiter),
          ...contexts.env,
          ...interpolateAll(step.env ?? {}, contexts),
          ...files,
          RUNNER_TEMP: temporary,
          GITHUB_WORKSPACE: options.workspace,
          GITHUB_ACTIONS: "true",
          CI: "true",
        };
        const folder = resolve(options.workspace, interpolate(step["working-directory"] ?? ".", contexts));
        const ran = await runScript(step, contexts, { folder, variables, temporary });
        const outputs = parsePairs(await readFile(files.GITHUB_OUTPUT, "utf8"));
        Object.assign(added, parsePairs(await readFile(files.GITHUB_ENV, "utf8")));
        path.push(...(await readFile(files.GITHUB_PATH, "utf8")).split("\n").filter((line) => line !== ""));
        if (step.id !== undefined) steps[step.id] = { outputs };
        results.push({
          ...nothing,
          ...ran,
          outcome: ran.code === 0 ? "success" : "failure",
          outputs,
          summary: await readFile(files.GITHUB_STEP_SUMMARY, "utf8"),
        });
      }
    }
    return results;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function interpolateAll(texts: Values, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, interpolate(String(text), contexts)]),
  );
}

type CommandFiles = Record<"GITHUB_OUTPUT" | "GITHUB_ENV" | "GITHUB_PATH" | "GITHUB_STEP_SUMMARY", string>;

async function commandFiles(temporary: string, number: number): Promise<CommandFiles> {
  const folder = join(temporary, `step-${number}`);
  await mkdir(folder);
  const file = async (name: string): Promise<string> => {
    await writeFile(join(folder, name), "");
    return join(folder, name);
  };
  return {
    GITHUB_OUTPUT: await file("output"),
    GITHUB_ENV: await file("env"),
    GITHUB_PATH: await file("path"),
    GITHUB_STEP_SUMMARY: await file("summary"),
  };
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
async function runScript(
  { run = "", shell }: Step,
  contexts: Contexts,
  {
    folder,
    variables,
    temporary,
  }: { folder: string; variables: Record<string, string | undefined>; temporary: string },
): Promise<Pick<StepResult, "code" | "log" | "annotations" | "masked">> {
  if (shell !== undefined && shell !== "bash") throw new Error(`the shell ${shell} is not known`);
  const script = join(temporary, "script.sh");
  await writeFile(script, interpolate(run, contexts));
  const flags = shell === undefined ? ["-e"] : ["--noprofile", "--norc", "-eo", "pipefail"];
  const { code, stdout, stderr } = await runProcess("bash", [...flags, script], {
    cwd: folder,
    env: variables,
    timeoutMs: 300_000,
  });
  const lines = (stdout + stderr).split("\n");
  const masked = lines.flatMap((line) => {
    const [, value] = /^::add-mask::(.*)$/.exec(line) ?? [];
    return value === undefined
      ? []
      : [value.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%")];
  });
  const shown = lines.filter((line) => !line.startsWith("::add-mask::")).join("\n");
  return {
    code: code ?? 1,
    annotations: lines.filter((line) => /^::(error|warning|notice)\b/.test(line)),
    masked,
    log: shown,
  };
}

/** `name=value` lines, and `name<<END` with its lines. */
function parsePairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = text.split("\n");
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === "") continue;
    const [, name, end] = /^([^=<]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && end !== undefined) {
      const value: string[] = [];
      for (let next = lines.shift(); next !== end; next = lines.shift()) {
        if (next === undefined) throw new Error(`the value of ${name} does not end with ${end}`);
        value.push(next);
      }
      pairs[name] = value.join("\n");
    } else if (line.includes("=")) {
      pairs[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
    } else {
      throw new Error(`${JSON.stringify(line)} is not name=value`);
    }
  }
  return pairs;
}
