import type { SmokeRun } from "../report.ts";
import type { WorkflowCommand } from "../../../workflow-command.ts";
import { explained, plainText, stageName, titleOf } from "./shared-text.ts";

/**
 * GitHub's annotations: an error for each failed check, a warning for each check without a verdict. GitHub reads them
 * from standard error too.
 */
export function annotationsOf(run: SmokeRun): WorkflowCommand[] {
  return run.stages.flatMap((report) =>
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
        return [{ name: status === "failed" ? "error" : "warning", title, message } as const];
      }),
    ),
  );
}

function label(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`${name}: ${plainText(text)}`];
}
