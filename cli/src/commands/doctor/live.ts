import { deployCommand } from "../../deployment/deploy-command.ts";
import { readSynthesisedTemplates, type StageTemplates } from "../../deployment/stage-templates.ts";
import { liveFunctionsOfTemplates } from "../../deployment/template-routes.ts";
import type { Examination } from "./examination.ts";
import { type Finding, warning } from "./finding.ts";

/** The templates that this project synthesised last for the stage. Undefined for an API named by a flag. */
export function findSynthesised({
  environment,
  flags,
  project,
  found,
  stage,
}: Examination): StageTemplates | undefined {
  if (flags.endpoint !== undefined) return undefined;
  const { stage: deployed = stage.value?.value, stackNames } = found.value ?? {};
  return readSynthesisedTemplates(environment, project, deployed, stackNames);
}

/** Whether functions of the stage run on somebody's computer. Nothing to report where none does. */
export function liveFindings(
  name: Finding["name"],
  known: StageTemplates | undefined,
  stage: string | undefined,
): Finding[] {
  const live = liveFunctionsOfTemplates(known?.templates ?? []);
  if (live.length === 0) return [];
  return [
    warning(
      name,
      `the stage ${stage ?? ""} is live: its functions run on the computer of a developer with \`sst dev\``,
      {
        evidence: [`the template has the bridge of \`sst dev\` as ${live.join(", ")}`],
        fix: `run ${deployCommand(stage)} to put the code into AWS; without \`sst dev\`, each function answers HTTP 500`,
        ...(known === undefined ? {} : { source: known.source }),
      },
    ),
  ];
}
