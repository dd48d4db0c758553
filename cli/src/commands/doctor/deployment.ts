import { join, relative, resolve } from "node:path";
import { parseServiceUrl } from "../../deployment/service-addresses.ts";
import type { FoundOutputs } from "../../deployment/find-outputs.ts";
import type { RememberedDeployment } from "../../deployment/deployment.ts";
import { attempt } from "./attempt.ts";
import { executeApiHost, judgeEndpoint, judgeIdentityPoolId, type ShapeFault } from "./deployment-shape.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";
import { sourceFiles } from "./source-files.ts";

/** The stage, its outputs, and what they name. */
export async function examineDeployment(examination: Examination): Promise<Finding[]> {
  const { stage, found } = examination;
  const findings = [
    stage.error === undefined
      ? ok("deployment.stage", stageMessage(examination), stageSource(examination))
      : fromError("deployment.stage", stage.error),
  ];
  // Without a stage name nothing was looked for, and the reason is told above.
  if (found.error !== undefined) {
    return found.error === stage.error
      ? findings
      : [...findings, fromError("deployment.outputs", found.error)];
  }
  const remembered = differsFromLogin(examination, found.value);
  return [
    ...findings,
    outputs(examination, found.value),
    ...(remembered === undefined ? [] : [remembered]),
    await endpoint(examination, found.value.apiEndpoint),
    shaped(
      "deployment.identity-pool",
      found.value.identityPoolId,
      judgeIdentityPoolId(found.value.identityPoolId),
    ),
    ...(await region(examination, found.value)),
  ];
}

function stageMessage({ stage, found }: Examination): string {
  return found.value?.stage ?? stage.value?.value ?? "without a name";
}

function stageSource({ stage, found }: Examination): { source?: string } {
  const source = stage.value?.source ?? found.value?.source;
  return source === undefined ? {} : { source };
}

function outputs(
  { environment, flags, project, stage }: Examination,
  { source, isFromLogin }: FoundOutputs,
): Finding {
  const name = "deployment.outputs";
  const path =
    flags.outputs === undefined
      ? join(project.root, ".sst", "outputs.json")
      : resolve(environment.workingDirectory, flags.outputs);
  const redeploy = `run \`npx sst deploy --stage ${stage.value?.value ?? "<stage>"}\``;
  if (isFromLogin) {
    return warning(
      name,
      `the stage ${stage.value?.value ?? ""} is not in the outputs file; a login remembered it`,
      {
        evidence: [
          "SST keeps the outputs of the last deploy only; what a login remembers may be out of date",
        ],
        fix: `${redeploy} when it may have changed since`,
        source: path,
      },
    );
  }
  if (source !== path) return ok(name, `given by ${source}`);
  const written = environment.files.describe(path)?.modifiedMs ?? 0;
  const newer = sourceFiles(environment, project).filter(
    (file) => (environment.files.describe(file)?.modifiedMs ?? 0) > written,
  );
  if (newer.length === 0) return ok(name, "is newer than the stack's source", { source: path });
  return warning(name, "the stack's source was changed after the last deploy", {
    evidence: newer.map((file) => `${relative(project.root, file)} is newer than the outputs file`),
    fix: `${redeploy}, unless the change is of no consequence`,
    source: path,
  });
}

function differsFromLogin(
  { project, sessions, found }: Examination,
  now: { stage: string | undefined; apiEndpoint: string; identityPoolId: string },
): Finding | undefined {
  const last: RememberedDeployment | undefined = sessions.sessions.findLast(
    ({ appName, stage }) => stage !== undefined && stage === now.stage && appName === project.appName,
  );
  if (last === undefined || found.value?.isFromLogin) return undefined;
  if (last.identityPoolId !== now.identityPoolId) {
    return warning("deployment.last-login", `the last login to ${now.stage} was to another identity pool`, {
      evidence: [`it was ${last.identityPoolId}, and is ${now.identityPoolId} now`],
      fix: `if the stage was removed and deployed anew, run \`auth-cli login --stage ${now.stage}\`; else the outputs file is not this stage's`,
    });
  }
  if (withoutSlash(last.apiEndpoint) === withoutSlash(now.apiEndpoint)) return undefined;
  return warning("deployment.last-login", `the last login to ${now.stage} was with another API`, {
    evidence: [`it was ${last.apiEndpoint}, and is ${now.apiEndpoint} now`],
    fix: `if the API was deployed anew, run \`auth-cli login --stage ${now.stage}\`; else the outputs file is not this stage's`,
  });
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

async function endpoint({ flags, found }: Examination, text: string): Promise<Finding> {
  const name = "deployment.endpoint";
  const shape = judgeEndpoint(text, found.value?.stage);
  if (shape?.status === "fault") return shaped(name, text, shape);
  const source = flags.endpoint === undefined ? (found.value?.source ?? "") : "--endpoint";
  const { error } = await attempt(() => parseServiceUrl(text, source));
  return error === undefined ? shaped(name, text, shape) : fromError(name, error);
}

function shaped(name: Finding["name"], value: string, problem: ShapeFault | undefined): Finding {
  if (problem === undefined) return ok(name, value);
  return (problem.status === "fault" ? fault : warning)(name, problem.message, { fix: problem.fix });
}

async function region(
  { flags, configuration, resolved }: Examination,
  { apiEndpoint, identityPoolId }: { apiEndpoint: string; identityPoolId: string },
): Promise<Finding[]> {
  const name = "deployment.region";
  const colon = identityPoolId.indexOf(":");
  if (colon < 0) return [skipped(name, "the identity pool's id names no region")];
  const pool = identityPoolId.slice(0, colon);
  const api = URL.canParse(apiEndpoint) ? executeApiHost(new URL(apiEndpoint).hostname)?.region : undefined;
  if (api !== undefined && api !== pool) {
    return [
      fault(name, `the API is in ${api}, the identity pool in ${pool}`, {
        evidence: [`the API is ${apiEndpoint}`, `the pool is ${identityPoolId}`],
        fix: "take both from the outputs of one stage; the two belong into one region",
      }),
    ];
  }
  if (flags.region !== undefined && resolved.error !== undefined) return [fromError(name, resolved.error)];
  if (flags.region !== undefined && flags.region !== pool) {
    return [
      warning(name, `--region is ${flags.region}, the identity pool is in ${pool}`, {
        fix: "leave --region out",
      }),
    ];
  }
  const setting =
    (await configuration.find("AWS_REGION")) ?? (await configuration.find("AWS_DEFAULT_REGION"));
  const note =
    setting === undefined || setting.value === pool
      ? ""
      : `; ${setting.source} says ${setting.value}, which auth-cli passes over and the aws CLI does not`;
  return [ok(name, pool + note)];
}
