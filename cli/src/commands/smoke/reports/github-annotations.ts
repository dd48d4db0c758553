import type { SmokeRun } from "../report.ts";
import { explained, plainText, stageName, titleOf } from "./shared-text.ts";

/**
 * GitHub's workflow commands: an error for each failed check, a warning for each check without a verdict. GitHub reads
 * them from standard error too.
 * @see https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function formatAnnotations(run: SmokeRun): string {
  const lines = run.stages.flatMap((report) =>
    (["failed", "skipped"] as const).flatMap((status) =>
      explained(report, status).flatMap(({ check, error }) => {
        // A skipped check without a cause was excluded, or needs a check that did not pass.
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
