import { isAbsolute, join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Setting } from "./configuration.ts";
import type { Project } from "./project.ts";

/** The stage from `--stage`, `SST_STAGE` or `.sst/stage`, in SST's order, and its source. */
export function findStageSetting(
  environment: Pick<Environment, "files" | "variables">,
  flags: { stage?: string | undefined },
  project: Project,
): Setting | undefined {
  const personal = join(project.root, ".sst", "stage");
  const candidates: [string | undefined, string][] = [
    [flags.stage, "--stage"],
    [environment.variables["SST_STAGE"] || undefined, "SST_STAGE"],
    [environment.files.readText(personal)?.trim() || undefined, personal],
  ];
  const [stage, source] = candidates.find(([value]) => value !== undefined) ?? [undefined, ""];
  if (stage === undefined) return undefined;
  checkStageName(stage, source);
  return { value: stage, source };
}

/** @throws AuthCliError `invalid-configuration` */
export function checkStageName(stage: string, source: string): void {
  if (isStageName(stage)) return;
  throw new AuthCliError("invalid-configuration", {
    message: isAbsolute(source)
      ? // The file may be a link to a secret.
        `invalid stage name in ${source}`
      : `invalid stage name ${JSON.stringify(stage)} (${source})`,
    cause: "a stage name starts with a letter and contains letters, digits and dashes",
    fix: "use the stage name of `npx sst deploy --stage …`",
  });
}

/** Whether SST accepts the name. It needs no quotes in a shell. */
export function isStageName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]*$/.test(text);
}
