import { AuthCliError } from "../errors.ts";
import { Configuration } from "./configuration.ts";
import type { Deployment, DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import {
  findOutputs,
  findRecordedOutputs,
  type FoundOutputs,
  type OutputsEnvironment,
} from "./find-outputs.ts";
import { findProject, type Project } from "./project.ts";
import { parseServiceUrl } from "./service-addresses.ts";
import { findStageSetting } from "./stage.ts";

export interface ResolvedDeployment {
  deployment: Deployment;
  project: Project;
  configuration: Configuration;
  /** What is written down of the stage on this computer, whatever the flags say; asks nobody. */
  recorded: () => FoundOutputs | undefined;
}

/**
 * Finds the deployment: flag > environment > SST outputs > what the last login to the stage remembered > CloudFormation.
 * @param remembered deployments of earlier logins
 * @throws AuthCliError that names the file, the stages found and the command to run
 */
export async function resolveDeployment(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  remembered: () => readonly RememberedDeployment[],
): Promise<ResolvedDeployment> {
  const project = findProject(environment);
  const wanted = findStageSetting(environment, flags, project)?.value;
  const found = await findOutputs(environment, flags, project, wanted, remembered);
  return checkDeployment(environment, flags, project, { ...found, stage: found.stage ?? wanted }, remembered);
}

/**
 * What was found, checked.
 * @throws AuthCliError `invalid-configuration` for an endpoint, a pool's id or a region that is none
 */
export function checkDeployment(
  environment: Pick<OutputsEnvironment, "files" | "variables" | "workingDirectory">,
  flags: DeploymentFlags,
  project: Project,
  found: FoundOutputs,
  remembered: () => readonly RememberedDeployment[],
): ResolvedDeployment {
  const { stage } = found;
  const identityPoolId = parseIdentityPoolId(
    flags.identityPoolId ?? found.identityPoolId,
    flags.identityPoolId === undefined ? found.source : "--identity-pool-id",
  );
  const configuration = new Configuration(environment, project, stage);
  return {
    deployment: {
      stage,
      apiEndpoint: parseServiceUrl(
        flags.endpoint ?? found.apiEndpoint,
        flags.endpoint ? "--endpoint" : found.source,
      ),
      identityPoolId,
      // The pool's id names its region, whatever AWS_REGION says of the deployer's other work.
      region: parseRegion(flags.region) ?? identityPoolId.slice(0, identityPoolId.indexOf(":")),
      source: found.source,
      stackNames: found.stackNames,
    },
    project,
    configuration,
    recorded: () => findRecordedOutputs(environment, flags, project, stage, remembered),
  };
}

/** It becomes part of a host name, to which secrets are sent. */
function parseRegion(value: string | undefined): string | undefined {
  if (value === undefined || /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(value)) return value;
  throw new AuthCliError("invalid-configuration", {
    message: `${JSON.stringify(value)} is not an AWS region (--region)`,
    cause: "one looks like us-east-1",
    fix: "leave --region out: the identity pool's id begins with its region",
  });
}

function parseIdentityPoolId(value: string, source: string): string {
  if (value.length <= 55 && /^[\w-]+:[0-9a-f-]+$/.test(value)) return value;
  throw new AuthCliError("invalid-configuration", {
    message: `${JSON.stringify(value)} is not an identity pool id (${source})`,
    cause: "one looks like us-east-1:12345678-90ab-cdef-1234-567890abcdef",
    fix: "take IdentityPoolId from the stack's outputs; a user pool id (us-east-1_…) is something else",
  });
}
