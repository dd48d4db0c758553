import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { readAssembly } from "./cloud-assembly.ts";
import { findOptionalDeployerCredentials } from "./deployer-credentials.ts";
import { isLoopback } from "../loopback.ts";
import type { Configuration } from "./configuration.ts";
import type { Deployment, DeploymentFlags } from "./deployment.ts";
import { deployerEndpoint } from "./service-addresses.ts";
import type { Project } from "./project.ts";
import type { ResolvedDeployment } from "./resolve-deployment.ts";

/** The CloudFormation templates of a stage, as JSON. */
export interface StageTemplates {
  templates: string[];
  /** For people: `CloudFormation`, or a folder. */
  source: string;
}

/** CloudFormation must not hold up a command. */
const timeLimitMs = 5000;

/**
 * The deployed templates, from CloudFormation.
 * @returns undefined without the deployer's AWS credentials, or when the API need not be the stack's
 * @throws AuthCliError when CloudFormation refuses or does not answer, or `--profile` has no credentials
 */
export async function readDeployedTemplates(
  environment: Environment,
  { deployment, configuration, project }: ResolvedDeployment,
  flags: DeploymentFlags,
): Promise<StageTemplates | undefined> {
  const { stage, stackNames } = deployment;
  const isNamed = stackNames !== undefined || (project.appName !== undefined && stage !== undefined);
  if (!isNamed || flags.endpoint !== undefined) return undefined;
  const credentials = await findOptionalDeployerCredentials(environment, configuration, flags);
  if (credentials === undefined) return undefined;
  if (await areStacksElsewhere(environment, configuration, deployment)) return undefined;
  const { readStackTemplates } = await import("./stacks.ts");
  const send: typeof environment.send = (request) =>
    environment.send({ ...request, timeoutMs: Math.min(request.timeoutMs ?? timeLimitMs, timeLimitMs) });
  const query = {
    credentials,
    region: deployment.region,
    prefix: `${stage}-${project.appName}-`,
  };
  const templates = await readStackTemplates({ ...environment, send }, configuration, query, stackNames);
  return { templates, source: "CloudFormation" };
}

/** The stacks of a local cloud are not in AWS. */
async function areStacksElsewhere(
  environment: Environment,
  configuration: Configuration,
  { apiEndpoint }: Deployment,
): Promise<boolean> {
  if (!isLoopback(apiEndpoint.hostname)) return false;
  if ((await deployerEndpoint(configuration, "AWS_ENDPOINT_URL_CLOUDFORMATION")) !== undefined) return false;
  const { isInLocalCloud } = await import("./local-clouds.ts");
  return isInLocalCloud(environment, apiEndpoint);
}

/**
 * The templates that this project synthesised last for the stage. They may be older or newer than what is deployed.
 * @param stage undefined for a project without stages
 * @param stackNames of the stage, where the outputs name them
 * @returns undefined when the project has none for the stage
 */
export function readSynthesisedTemplates(
  { files }: Pick<Environment, "files">,
  { root, appName, framework }: Project,
  stage: string | undefined,
  stackNames?: readonly string[],
): StageTemplates | undefined {
  const isSst = framework === "sst";
  if (isSst && stage === undefined) return undefined;
  const source = join(
    root,
    isSst ? join(".sst", "dist") : framework === "serverless" ? ".serverless" : "cdk.out",
  );
  const prefix = isSst ? `${stage}-${appName === undefined ? "" : `${appName}-`}` : "";
  const paths =
    (isSst ? undefined : pathsOfStacks(files, source, stackNames)) ??
    files
      .list(source)
      .filter((name) => name.startsWith(prefix) && isTemplate.test(name))
      .map((name) => join(source, name));
  const templates = paths.map((path) => files.readText(path) ?? "");
  return templates.length === 0 ? undefined : { templates, source };
}

/** The templates of these stacks, else of all. Undefined without a valid manifest. */
function pathsOfStacks(
  files: Environment["files"],
  folder: string,
  stackNames: readonly string[] = [],
): string[] | undefined {
  try {
    const stacks = readAssembly(files, folder);
    const named = stacks.filter(({ stackName }) => stackNames.includes(stackName));
    return stacks.length === 0 ? undefined : (named.length > 0 ? named : stacks).map(({ path }) => path);
  } catch {
    return undefined;
  }
}

/**
 * The template of a SAM project: the built one, or the source. It may be older or newer than what is deployed.
 * @returns undefined when there is none, or it is not valid
 */
export async function readSamTemplate(
  { files }: Pick<Environment, "files">,
  { root }: Project,
): Promise<StageTemplates | undefined> {
  const path = [".aws-sam/build/template.yaml", "template.yaml", "template.yml"]
    .map((name) => join(root, name))
    .find((each) => files.exists(each));
  if (path === undefined) return undefined;
  const { expandSamTemplate } = await import("./sam-template.ts");
  try {
    return { templates: [expandSamTemplate(files.readText(path) ?? "")], source: path };
  } catch {
    return undefined;
  }
}

/** Of a cloud assembly, or of Serverless. */
const isTemplate = /(\.template|^cloudformation-template-update-stack)\.json$/;
