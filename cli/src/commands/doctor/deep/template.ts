import { join, relative } from "node:path";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json.ts";
import type { Deployment } from "../../../deployment/deployment.ts";
import { getTemplate } from "../../../aws/cloudformation.ts";
import { deployCommand } from "../../../deployment/deploy-command.ts";
import { readDeployedTemplates } from "../../../deployment/stage-templates.ts";
import { attempt } from "../attempt.ts";
import type { Examination } from "../examination.ts";
import { type Finding, fromError, ok, skipped, warning } from "../finding.ts";
import { liveFindings } from "../live.ts";
import { sourceFiles } from "../source-files.ts";
import { type Deployer, lookupFinding } from "./deployer.ts";

const ending = ".template.json";

/** Whether the deployed functions run on somebody's computer. */
export async function examineLive({ environment, resolved, flags }: Examination): Promise<Finding[]> {
  const { value: known } = resolved;
  if (known === undefined) return [];
  const deployed = await attempt(() => readDeployedTemplates(environment, known, flags));
  return liveFindings("template.live", deployed.value, known.deployment.stage);
}

/** Compares the deployed template with the one that SST last synthesised here, and that with the age of the source. */
export async function examineTemplates(
  examination: Examination,
  deployer: Deployer,
  { stage }: Deployment,
): Promise<Finding[]> {
  const { environment, project } = examination;
  const name = "template.deployed";
  if ((project.framework ?? "sst") !== "sst")
    return [skipped(name, "doctor compares templates of SST stacks only")];
  if (stage === undefined || project.appName === undefined) {
    return [skipped(name, "the stacks are unknown: the stage or the app has no name")];
  }
  const folder = join(project.root, ".sst", "dist");
  const prefix = `${stage}-${project.appName}-`;
  const files = environment.files
    .list(folder)
    .filter((file) => file.startsWith(prefix) && file.endsWith(ending));
  if (files.length === 0) {
    return [
      skipped(name, `no template of ${stage} in ${folder}: SST last synthesised another stage here, or none`),
    ];
  }
  return Promise.all(files.map((file) => compare(examination, deployer, folder, file)));
}

async function compare(
  { environment, project, stage }: Examination,
  { ask }: Deployer,
  folder: string,
  file: string,
): Promise<Finding> {
  const name = "template.deployed";
  const stackName = file.slice(0, -ending.length);
  const path = join(folder, file);
  const { value: text, error } = await attempt(() => ask(getTemplate(stackName)));
  if (error?.code === "aws-not-found" || error?.code === "aws-refused") {
    return {
      ...fromError(name, error),
      message: `the stack ${stackName} is not deployed`,
      evidence: [error.message],
    };
  }
  if (error !== undefined) return lookupFinding(name, error);
  const deployed = parseJsonObject(text ?? "");
  const synthesised = parseJsonObject(environment.files.readText(path) ?? "");
  if (deployed === undefined || synthesised === undefined) {
    return skipped(
      name,
      deployed === undefined ? `the deployed template of ${stackName} is not JSON` : `${path} is not JSON`,
    );
  }
  const fix = `run ${deployCommand(stage.value?.value)}, or compare them with \`npx sst diff\``;
  const differences = differingParts(deployed, synthesised);
  if (differences.length > 0) {
    return warning(
      name,
      `the deployed template of ${stackName} differs from the one SST last synthesised here`,
      {
        evidence: [`they differ in ${differences.join(", ")}`],
        fix,
        source: path,
      },
    );
  }
  const written = environment.files.describe(path)?.modifiedMs ?? 0;
  const newer = sourceFiles(environment, project).filter(
    (each) => (environment.files.describe(each)?.modifiedMs ?? 0) > written,
  );
  if (newer.length === 0)
    return ok(name, `the deployed template of ${stackName} is the one SST last synthesised here`, {
      source: path,
    });
  return warning(name, `the source is newer than the deployed template of ${stackName}`, {
    evidence: newer.map((each) => `${relative(project.root, each)} changed since`),
    fix,
    source: path,
  });
}

/** The names of the resources, outputs and so on that differ, without values, which may be secrets. */
function differingParts(deployed: JsonObject, synthesised: JsonObject): string[] {
  const sections = new Set([...Object.keys(deployed), ...Object.keys(synthesised)]);
  return [...sections].flatMap((section) => {
    const before = (deployed[section] ?? {}) as Record<string, unknown>;
    const after = (synthesised[section] ?? {}) as Record<string, unknown>;
    if (canonical(before) === canonical(after)) return [];
    if (typeof before !== "object" || typeof after !== "object") return [section];
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].filter((each) => canonical(before[each]) !== canonical(after[each]));
  });
}

/** JSON with sorted names. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_name, inner: unknown) =>
      isJsonObject(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ""
  );
}
