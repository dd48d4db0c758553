import { relative } from "node:path";
import { scopeOfHost } from "../../aws/api-host.ts";
import { deployCommand } from "../../deployment/deploy-command.ts";
import { requireCognitoOfApi } from "../../deployment/service-addresses.ts";
import { parseServiceUrl } from "../../deployment/service-url.ts";
import { type FoundOutputs, isOfFile, outputsPath } from "../../deployment/find-outputs.ts";
import type { RememberedDeployment } from "../../deployment/deployment.ts";
import { attempt } from "./attempt.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";
import { findSynthesised, liveFindings } from "./live.ts";
import { sourceFiles } from "./source-files.ts";

/** The stage, its outputs, and their endpoint, pool and region. */
export async function examineDeployment(examination: Examination): Promise<Finding[]> {
  const { stage, found } = examination;
  const findings = [
    stage.error === undefined ? stageName(examination) : fromError("deployment.stage", stage.error),
  ];
  // Without a stage, the outputs were not read, and `deployment.stage` has the error.
  if (found.error !== undefined) {
    return found.error === stage.error
      ? findings
      : [...findings, fromError("deployment.outputs", found.error)];
  }
  const remembered = differsFromLogin(examination, found.value);
  return [
    ...findings,
    outputs(examination, found.value),
    ...liveFindings("deployment.live", findSynthesised(examination), found.value.stage),
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

function stageName(examination: Examination): Finding {
  const { stage, found } = examination;
  const name = found.value?.stage ?? stage.value?.value;
  return name === undefined
    ? skipped("deployment.stage", "no stage name")
    : ok("deployment.stage", name, stageSource(examination));
}

function stageSource({ stage, found }: Examination): { source?: string } {
  const source = stage.value?.source ?? found.value?.source;
  return source === undefined ? {} : { source };
}

function outputs(
  { environment, flags, project, stage, resolved }: Examination,
  { source, isFromLogin }: FoundOutputs,
): Finding {
  const name = "deployment.outputs";
  const path = outputsPath(environment, flags, project, resolved.value?.settings);
  const redeploy = `run ${deployCommand(stage.value?.value)}`;
  if (isFromLogin) {
    return warning(
      name,
      `the stage ${stage.value?.value ?? ""} is not in the outputs file; a login remembered its values`,
      {
        evidence: ["SST keeps only the outputs of the last deploy, and remembered values may be outdated"],
        fix: `${redeploy} if the stage may have changed since`,
        source: path,
      },
    );
  }
  if (!isOfFile(source, path)) return ok(name, `from ${source}`);
  const sources = sourceFiles(environment, project);
  // Only SST's are known.
  if (sources.length === 0) return ok(name, `from ${relative(project.root, path)}`, { source: path });
  const written = environment.files.describe(path)?.modifiedMs ?? 0;
  const newer = sources.filter((file) => (environment.files.describe(file)?.modifiedMs ?? 0) > written);
  if (newer.length === 0) return ok(name, "newer than the stack's source", { source: path });
  return warning(name, "the stack's source changed after the last deploy", {
    evidence: newer.map((file) => `${relative(project.root, file)} is newer than the outputs file`),
    fix: `${redeploy}, unless the change does not matter`,
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
    return warning("deployment.last-login", `the last login to ${now.stage} used another identity pool`, {
      evidence: [`it was ${last.identityPoolId}, now it is ${now.identityPoolId}`],
      fix: `run \`auth-cli login --stage ${now.stage}\` if the stage was removed and deployed again; otherwise check the outputs file`,
    });
  }
  if (withoutSlash(last.apiEndpoint) === withoutSlash(now.apiEndpoint)) return undefined;
  return warning("deployment.last-login", `the last login to ${now.stage} used another API`, {
    evidence: [`it was ${last.apiEndpoint}, now it is ${now.apiEndpoint}`],
    fix: `run \`auth-cli login --stage ${now.stage}\` if the API was deployed again; otherwise check the outputs file`,
  });
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

async function endpoint({ environment, configuration, found }: Examination, text: string): Promise<Finding> {
  const name = "deployment.endpoint";
  const shape = judgeEndpoint(text, found.value?.stage);
  if (shape?.status === "fault") return shaped(name, text, shape);
  const { error } = await attempt(() => {
    const apiEndpoint = parseServiceUrl(text, found.value?.source ?? "");
    return requireCognitoOfApi(environment, configuration, { apiEndpoint });
  });
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
  if (colon < 0) return [skipped(name, "the identity pool id names no region")];
  const pool = identityPoolId.slice(0, colon);
  const named = URL.canParse(apiEndpoint) ? scopeOfHost(new URL(apiEndpoint)) : undefined;
  if (flags.region !== undefined && resolved.error !== undefined) return [fromError(name, resolved.error)];
  if (named !== undefined && flags.region !== undefined && flags.region !== named.region) {
    return [
      warning(name, `--region is ${flags.region}, but the API's host names ${named.region}`, {
        fix: "leave out --region",
      }),
    ];
  }
  const { region: api = pool } = resolved.value?.deployment ?? {};
  const setting =
    (await configuration.find("AWS_REGION")) ?? (await configuration.find("AWS_DEFAULT_REGION"));
  const note =
    setting === undefined || setting.value === pool || setting.value === api
      ? ""
      : `; ${setting.source} is ${setting.value}, which auth-cli ignores and the aws CLI uses`;
  // AWS_IAM, the keys and STS know no region, so the pool may be in another one than the API.
  const regions = api === pool ? pool : `the API is in ${api}, the identity pool in ${pool}`;
  return [ok(name, regions + note)];
}

/** A fault in the text of a value. */
interface ShapeFault {
  status: "fault" | "warning";
  message: string;
  fix: string;
}

/**
 * Checks the address of an API without connecting to it.
 * @param text from the outputs or a flag
 */
function judgeEndpoint(text: string, stage: string | undefined): ShapeFault | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fix = "copy ApiEndpoint from the stack's outputs";
  if (url === undefined) return { status: "fault", message: `${JSON.stringify(text)} is not a URL`, fix };
  const segments = url.pathname.split("/").filter((segment) => segment !== "");
  if (segments.some((segment) => decodeSegment(segment) === "$default")) {
    return {
      status: "fault",
      message: `${text} contains $default, but the stage $default has no path`,
      fix: `use ${url.origin}`,
    };
  }
  const [first, second] = segments;
  if (first !== undefined && first === second) {
    return {
      status: "fault",
      message: `${text} contains the stage /${first} twice`,
      fix: `use ${url.origin}/${first}`,
    };
  }
  if (segments.length > 1 || (first !== undefined && first !== stage)) {
    return {
      status: "warning",
      message: `${text} has the path ${url.pathname}, which precedes the path of every call`,
      fix: `use ${url.origin}, unless the API has a stage of that name`,
    };
  }
  return undefined;
}

function decodeSegment(segment: string): string {
  return segment.replaceAll(/%24/g, "$");
}

/** Checks that an identity pool id is `<region>:<uuid>`. */
function judgeIdentityPoolId(id: string): ShapeFault | undefined {
  if (/^[a-z]{2}(-[a-z]+)+-\d:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  const fix = "copy IdentityPoolId from the stack's outputs (`auth.cognitoIdentityPoolId`)";
  if (/^[a-z]{2}(-[a-z]+)+-\d_[A-Za-z0-9]+$/.test(id)) {
    return {
      status: "fault",
      message: `${id} is the id of a user pool, not of an identity pool`,
      fix: `${fix}, not \`auth.userPoolId\``,
    };
  }
  return {
    status: "fault",
    message: `invalid identity pool id ${JSON.stringify(id)}: expected a region, a colon and a UUID`,
    fix,
  };
}
