import { dirname, resolve } from "node:path";
import type { Environment } from "../../../environment/environment.ts";
import { AuthCliError } from "../../../errors.ts";
import type { ReportFlags } from "./write-reports.ts";

/**
 * Said before the run: after a minute of checks it would be late to find that their result cannot be kept.
 * @throws AuthCliError `invalid-usage`
 */
export function demandReportFiles(
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
      message: `${file ?? ""} cannot be written (${flag})`,
      cause: `there is no folder ${folder}`,
      fix: "make it first",
    });
  }
}
