import { dirname, resolve } from "node:path";
import type { Environment } from "../../../environment/environment.ts";
import { AuthCliError, toAuthCliError, toErrorReport } from "../../../errors.ts";
import { formatLines, jsonLines } from "../../../lines.ts";
import type { Redactor } from "../../../redaction.ts";
import type { SmokeRun } from "../report.ts";

/** The flags for the results of a run. */
export interface ReportFlags {
  json?: boolean;
  reportJson?: string;
  reportHtml?: string;
  reportJunit?: string;
  /** An earlier JSON report. */
  compare?: string;
}

/**
 * Fails before the run, not after a minute of checks, when a report cannot be written.
 * @throws AuthCliError `invalid-usage`
 */
export function requireReportFolders(
  flags: ReportFlags,
  { files, workingDirectory }: Pick<Environment, "files" | "workingDirectory">,
): void {
  const written = {
    "--report-json": flags.reportJson,
    "--report-html": flags.reportHtml,
    "--report-junit": flags.reportJunit,
  };
  for (const [flag, file] of Object.entries(written)) {
    const folder = file === undefined ? undefined : dirname(resolve(workingDirectory, file));
    if (folder === undefined || files.exists(folder)) continue;
    throw new AuthCliError("invalid-usage", {
      message: `cannot write ${file ?? ""} (${flag})`,
      cause: `the folder ${folder} does not exist`,
      fix: `create the folder ${folder}`,
    });
  }
}

/**
 * Prints a run and writes the requested reports. A failure to write one does not stop the others.
 * @throws AuthCliError `write-failed` that names the files
 */
export async function writeReports(
  run: SmokeRun,
  flags: ReportFlags,
  environment: Environment,
): Promise<void> {
  const { terminal, files, variables } = environment;
  // Before escaping, wrapping or cutting, which would hide a secret from the redactor.
  const masked = maskRun(run, environment.redactor);
  const json = toJson(masked);
  const write = async (path: string, text: string): Promise<void> => {
    const target = resolve(environment.workingDirectory, path);
    await files.writeStream(target, toChunks(environment.redactor.redact(text)));
  };
  const reports: [what: string | undefined, write: (path: string) => Promise<void>][] = [
    [flags.reportJson, (path) => write(path, formatLines(json))],
    [flags.reportHtml, async (path) => write(path, (await import("./html.ts")).formatHtml(masked))],
    [flags.reportJunit, async (path) => write(path, (await import("./junit.ts")).formatJunit(masked))],
    [
      variables["GITHUB_STEP_SUMMARY"],
      async (path) => {
        const { formatSummary, summaryBytes } = await import("./github-summary.ts");
        const present = Buffer.byteLength(files.readText(path) ?? "");
        files.append(path, environment.redactor.redact(formatSummary(masked, summaryBytes - present)));
      },
    ],
  ];
  const failures: AuthCliError[] = [];
  for (const [path, writeReport] of reports) {
    if (path === undefined || path === "") continue;
    try {
      await writeReport(path);
    } catch (error) {
      failures.push(toAuthCliError(error));
    }
  }
  if (variables["GITHUB_ACTIONS"] === "true") {
    const { annotationsOf } = await import("./github-annotations.ts");
    for (const annotation of annotationsOf(masked)) terminal.sayCommand(annotation);
  }
  await terminal.print(flags.json ? json : await formatForTerminal(masked, terminal));
  const [failure, ...more] = failures;
  if (failure === undefined) return;
  throw new AuthCliError(failure.code, {
    ...toErrorReport(failure),
    message: [failure, ...more].map(({ message }) => message).join("; "),
  });
}

async function formatForTerminal(
  run: SmokeRun,
  { resultColour: colour, unicode, resultColumns: columns }: Environment["terminal"],
): Promise<string[]> {
  const { formatRun } = await import("./terminal.ts");
  return formatRun(run, { colour, unicode, columns });
}

/** For one stage, that stage's report alone. */
function toJson(run: SmokeRun): string[] {
  const [first, ...others] = run.stages;
  return jsonLines(others.length === 0 ? first : run);
}

function maskRun(run: SmokeRun, redactor: Redactor): SmokeRun {
  // Most runs hold no secret.
  const text = JSON.stringify(run);
  if (redactor.redact(text) === text) return run;
  const mask = (value: unknown): unknown => {
    if (typeof value === "string") return redactor.redact(value);
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner)]));
  };
  return mask(run) as SmokeRun;
}

async function* toChunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
