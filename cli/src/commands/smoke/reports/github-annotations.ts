import type { SmokeRun } from "../report.ts";
import { plainText } from "./plain-text.ts";
import { explained, stageName, titleOf } from "./shared-text.ts";

/**
 * GitHub's workflow commands: an error for each failed check, and a warning for each that could not be decided. A check
 * that only waited for another one is not worth one. They go to standard error, where GitHub reads them as well.
 * @see https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function formatAnnotations(run: SmokeRun): string {
  const lines = run.stages.flatMap((report) =>
    (["failed", "skipped"] as const).flatMap((status) =>
      explained(report, status).flatMap(({ check, error }) => {
        // A check that needs another one, or was left out on purpose, explains itself with no cause.
        if (status === "skipped" && error.cause === undefined) return [];
        const title = `${stageName(report)}: ${titleOf(check)} ${status}`;
        const message = [
          plainText(error.message),
          ...label("cause", error.cause),
          ...(error.evidence ?? []).flatMap((each) => label("evidence", each)),
          ...label("fix", error.fix),
        ].join("\n");
        return [
          `::${status === "failed" ? "error" : "warning"} title=${property(title)}::${data(message)}\n`,
        ];
      }),
    ),
  );
  return lines.join("");
}

function label(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`${name}: ${plainText(text)}`];
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
