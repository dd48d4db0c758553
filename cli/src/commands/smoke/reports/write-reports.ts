import { resolve } from "node:path";
import type { Environment } from "../../../environment/environment.ts";
import { AuthCliError, toAuthCliError, toErrorReport } from "../../../errors.ts";
import type { Redactor } from "../../../redaction.ts";
import type { SmokeRun } from "../report.ts";
import { formatRun } from "./terminal.ts";

/** The flags that say what becomes of a run's results. */
export interface ReportFlags {
  json?: boolean;
  reportJson?: string;
  reportHtml?: string;
  reportJunit?: string;
  /** An earlier JSON report. */
  compare?: string;
}

/**
 * Prints a run and writes the reports that were asked for, each whether or not another one could be written.
 * @throws AuthCliError `write-failed` that names what could not be written
 */
export async function writeReports(
  run: SmokeRun,
  flags: ReportFlags,
  environment: Environment,
): Promise<void> {
  const { terminal, files, variables } = environment;
  const { resultColour: colour, unicode, resultColumns: columns } = terminal;
  // Masked before it is escaped, broken into lines or cut: afterwards a secret would no longer be found in it.
  const masked = maskRun(run, environment.redactor);
  const json = toJson(masked);
  const write = async (path: string, text: string): Promise<void> => {
    const target = resolve(environment.workingDirectory, path);
    await files.writeStream(target, toChunks(environment.redactor.redact(text)));
  };
  const reports: [what: string | undefined, write: (path: string) => Promise<void>][] = [
    [flags.reportJson, (path) => write(path, json)],
    [flags.reportHtml, async (path) => write(path, (await import("./html.ts")).formatHtml(masked))],
    [flags.reportJunit, async (path) => write(path, (await import("./junit.ts")).formatJunit(masked))],
    [
      variables["GITHUB_STEP_SUMMARY"],
      async (path) => {
        const { formatSummary, summaryBytes } = await import("./github-summary.ts");
        const there = Buffer.byteLength(files.readText(path) ?? "");
        files.append(path, environment.redactor.redact(formatSummary(masked, summaryBytes - there)));
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
    const { formatAnnotations } = await import("./github-annotations.ts");
    terminal.say(formatAnnotations(masked));
  }
  await terminal.print(flags.json ? json : formatRun(masked, { colour, unicode, columns }));
  const [failure, ...more] = failures;
  if (failure === undefined) return;
  throw new AuthCliError(failure.code, {
    ...toErrorReport(failure),
    message: [failure, ...more].map(({ message }) => message).join("; "),
  });
}

/** Of one stage the JSON is that stage's report alone. */
function toJson(run: SmokeRun): string {
  const [first, ...others] = run.stages;
  return `${JSON.stringify(others.length === 0 ? first : run, undefined, 2)}\n`;
}

function maskRun(run: SmokeRun, redactor: Redactor): SmokeRun {
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
