import { Configuration } from "./configuration.ts";
import { type DeployerEnvironment, findDeployerCredentials } from "./deployer-credentials.ts";
import type { DeploymentFlags } from "./deployment.ts";
import type { Project } from "./project.ts";
import { parseRegion } from "./region.ts";
import type { Environment } from "../environment/environment.ts";

/**
 * Reads the stacks `<stage>-<app>-…` in CloudFormation.
 * @returns undefined without the deployer's AWS credentials, or when the stage has no stack
 */
export async function readDeployedOutputs(
  environment: DeployerEnvironment & Pick<Environment, "send" | "now">,
  flags: DeploymentFlags,
  project: Project,
  stage: string,
): Promise<{ values: Record<string, string>; source: string } | undefined> {
  if (project.appName === undefined) return undefined;
  const configuration = new Configuration(environment, project, stage);
  const credentials = await findDeployerCredentials(environment, configuration, flags);
  if (credentials === undefined) return undefined;
  const { describeStackOutputs } = await import("./stacks.ts");
  const region = await deployerRegion(configuration, flags, project);
  const prefix = `${stage}-${project.appName}-`;
  const values = await describeStackOutputs(environment, configuration, { credentials, region, prefix });
  return values && { values, source: `CloudFormation, stacks ${prefix}* in ${region}` };
}

/** In the order of the AWS tools and SST. */
async function deployerRegion(
  configuration: Configuration,
  flags: Pick<DeploymentFlags, "region">,
  project: Project,
): Promise<string> {
  const fix = "set AWS_REGION to the region of the stack, or pass --region";
  if (flags.region !== undefined) return parseRegion(flags.region, "--region", fix);
  const setting =
    (await configuration.find("AWS_REGION")) ?? (await configuration.find("AWS_DEFAULT_REGION"));
  if (setting !== undefined) return parseRegion(setting.value, setting.source, fix);
  return project.region === undefined ? "us-east-1" : parseRegion(project.region, "sst.config", fix);
}
