import { resolve } from "node:path";
import { executeApi, scopeOfHost } from "../aws/api-host.ts";
import { AuthCliError } from "../errors.ts";
import { Configuration } from "./configuration.ts";
import type { Deployment, DeploymentFlags, RememberedDeployment } from "./deployment.ts";
import {
  findOutputs,
  findRecordedOutputs,
  type FoundOutputs,
  isOfFile,
  type OutputsEnvironment,
} from "./find-outputs.ts";
import { isLoopback } from "../loopback.ts";
import { findProject, type Project } from "./project.ts";
import { loadProjectFile } from "./load-project-file.ts";
import { type ProjectFile, type ProjectSettings, settingsOf } from "./project-settings.ts";
import { parseServiceUrl } from "./service-url.ts";
import { parseRegion, regionOfPool } from "./region.ts";
import { findStageSetting } from "./stage.ts";

export interface ResolvedDeployment {
  deployment: Deployment;
  project: Project;
  configuration: Configuration;
  /** What the project's `auth-cli.json` says. */
  settings?: ProjectSettings;
  /** A flag names the API, or the file with its address. */
  isApiChosen: boolean;
  /** The APIs that the login in use may call without a flag. Undefined for a login that is not stored. */
  loginApis?: readonly string[];
  /** The outputs recorded on this computer, whatever the flags say. Sends no request. */
  recorded: () => FoundOutputs | undefined;
}

/**
 * Finds the deployment: flags > environment > `auth-cli.json` > outputs > the last login to the stage > CloudFormation.
 * @param remembered deployments of stored logins
 * @param project if it is known
 * @throws AuthCliError `outputs-not-found`, `unknown-stage`, `invalid-outputs`, `missing-configuration` or
 * `invalid-configuration`
 */
export async function resolveDeployment(
  environment: OutputsEnvironment,
  flags: DeploymentFlags,
  remembered: () => readonly RememberedDeployment[],
  project = findProject(environment),
): Promise<ResolvedDeployment> {
  const wanted = findStageSetting(environment, flags, project)?.value;
  const file = await loadProjectFile(environment, project.root);
  const found = await findOutputs(environment, flags, project, wanted, file, remembered);
  const stage = found.stage ?? wanted;
  return checkDeployment(environment, flags, project, { ...found, stage }, file, remembered);
}

/**
 * Validates the outputs.
 * @throws AuthCliError `invalid-configuration` for an invalid endpoint, pool id or region
 */
export function checkDeployment(
  environment: Pick<OutputsEnvironment, "files" | "variables" | "workingDirectory">,
  flags: DeploymentFlags,
  project: Project,
  found: FoundOutputs,
  file: ProjectFile | undefined,
  remembered: () => readonly RememberedDeployment[],
): ResolvedDeployment {
  const { stage } = found;
  // The file may lack the stage, which is then looked for elsewhere.
  const chosenFile = flags.outputs && resolve(environment.workingDirectory, flags.outputs);
  const settings = file && settingsOf(file, stage);
  const identityPoolId = parseIdentityPoolId(found.identityPoolId, found.poolSource);
  const configuration = new Configuration(environment, project, stage);
  const apiEndpoint = parseServiceUrl(found.apiEndpoint, found.source);
  const host = scopeOfHost(apiEndpoint);
  // AppSync's GraphQLUrl ends with the path of its only route.
  if (host?.service === "appsync") apiEndpoint.pathname = "/";
  const service = parseServiceFlag(flags.service) ?? host?.service;
  const named = parseRegionFlag(flags.region);
  const pool = regionOfPool(identityPoolId);
  // The pool id names its region. AWS_REGION may be meant for other work, unless a local cloud sets it.
  const local = localRegion(environment.variables, apiEndpoint) ?? pool;
  return {
    deployment: {
      stage,
      apiEndpoint,
      identityPoolId,
      service: service ?? executeApi,
      region: named ?? host?.region ?? local,
      regionSource:
        named !== undefined
          ? "--region"
          : host !== undefined
            ? "the API's host"
            : local === pool
              ? "the identity pool's id"
              : "the environment variable AWS_REGION",
      isScopeAssumed: service === undefined || (named ?? host) === undefined,
      source: found.source,
      poolSource: found.poolSource,
      apiName: found.apiName,
      stackNames: found.stackNames,
    },
    project,
    configuration,
    ...(settings === undefined ? {} : { settings }),
    isApiChosen: found.isApiChosen === true || isOfFile(found.source, chosenFile),
    recorded: () => findRecordedOutputs(environment, flags, project, stage, settings, remembered),
  };
}

/** The region of a local cloud's APIs without a host name. */
function localRegion(
  { AWS_ENDPOINT_URL: address = "", AWS_REGION: region }: OutputsEnvironment["variables"],
  { hostname }: URL,
): string | undefined {
  const isLocal = isLoopback(hostname) && URL.canParse(address) && isLoopback(new URL(address).hostname);
  return isLocal && region ? parseRegion(region, "AWS_REGION", "set AWS_REGION to a region") : undefined;
}

function parseRegionFlag(value: string | undefined): string | undefined {
  return value === undefined
    ? undefined
    : parseRegion(
        value,
        "--region",
        "omit --region: the API's host or the identity pool id names the region",
      );
}

function parseServiceFlag(value: string | undefined): string | undefined {
  if (value === undefined || /^[a-z][a-z0-9-]{1,62}$/.test(value)) return value;
  throw new AuthCliError("invalid-configuration", {
    message: `invalid --service ${JSON.stringify(value)}`,
    cause: "a service's name in signatures looks like execute-api, lambda or appsync",
    fix: "omit --service: the API's host names the service",
  });
}

function parseIdentityPoolId(value: string, source: string): string {
  if (value.length <= 55 && /^[\w-]+:[0-9a-f-]+$/.test(value)) return value;
  throw new AuthCliError("invalid-configuration", {
    message: `invalid identity pool id ${JSON.stringify(value)} (${source})`,
    cause: "an identity pool id looks like us-east-1:12345678-90ab-cdef-1234-567890abcdef",
    fix: "take IdentityPoolId from the stack's outputs; do not use a user pool id (us-east-1_…)",
  });
}
