import { Configuration } from "./configuration.ts";
import {
  type DeployerEnvironment,
  findDeployerRegion,
  findOptionalDeployerCredentials,
} from "./deployer-credentials.ts";
import type { DeploymentFlags } from "./deployment.ts";
import type { Project } from "./project.ts";
import type { Environment } from "../environment/environment.ts";

/**
 * Reads the stacks `<stage>-<app>-…` in CloudFormation.
 * @returns undefined without the deployer's AWS credentials, or when the stage has no stack
 */
export async function readDeployedOutputs(
  environment: DeployerEnvironment & Pick<Environment, "files" | "variables" | "send" | "now">,
  flags: DeploymentFlags,
  project: Project,
  stage: string,
): Promise<{ values: Record<string, string>; source: string } | undefined> {
  if (project.appName === undefined) return undefined;
  const configuration = new Configuration(environment, project, stage);
  const credentials = await findOptionalDeployerCredentials(environment, configuration, flags);
  if (credentials === undefined) return undefined;
  const { describeStackOutputs } = await import("./stacks.ts");
  const region = await findDeployerRegion(environment, configuration, flags);
  const prefix = `${stage}-${project.appName}-`;
  const values = await describeStackOutputs(environment, configuration, { credentials, region, prefix });
  return values && { values, source: `CloudFormation, stacks ${prefix}* in ${region}` };
}
