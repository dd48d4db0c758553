import { resolve } from "node:path";
import type { Environment } from "../environment.ts";
import type { SmokeRun } from "../smoke/report.ts";
import { formatReport } from "./terminal.ts";

/** The flags that say what becomes of a run's results. */
export interface ReportFlags {
  json?: boolean;
  reportJson?: string;
  reportHtml?: string;
  reportJunit?: string;
  /** An earlier JSON report. */
  compare?: string;
}

/** Prints a run and writes the files that were asked for. Of one stage the JSON is that stage's report alone. */
export async function writeReports(
  run: SmokeRun,
  flags: ReportFlags,
  { terminal, files, redactor, workingDirectory }: Environment,
): Promise<void> {
  const [first, ...others] = run.stages;
  const json = `${JSON.stringify(others.length === 0 ? first : run, undefined, 2)}\n`;
  if (flags.reportJson !== undefined) {
    await files.writeStream(resolve(workingDirectory, flags.reportJson), toChunks(redactor.redact(json)));
  }
  const texts = run.stages.map((report) => formatReport(report, terminal.colour));
  await terminal.print(flags.json ? json : texts.join("\n"));
}

async function* toChunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
