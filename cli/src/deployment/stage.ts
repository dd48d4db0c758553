import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Setting } from "./configuration.ts";
import type { Project } from "./project.ts";

/** `--stage`, `SST_STAGE`, `.sst/stage`; SST's own order. */
export function wantedStage(
  environment: Pick<Environment, "files" | "variables">,
  flags: { stage?: string | undefined },
  project: Project,
): string | undefined {
  return findStageSetting(environment, flags, project)?.value;
}

/** The stage that was asked for, and where. */
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
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(stage)) return { value: stage, source };
  throw new AuthCliError("invalid-configuration", {
    message: `${JSON.stringify(stage)} is not a stage name (${source})`,
    cause: "a stage begins with a letter and holds letters, digits and dashes",
    fix: "use the name that `npx sst deploy --stage …` was given",
  });
}
