import type { DeployerCredentials, Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Configuration } from "./configuration.ts";
import { parseRegion } from "./region.ts";

export type { DeployerCredentials };

/** The flags of commands that use the deployer's AWS credentials. */
export interface DeployerFlags {
  /** A profile in the deployer's AWS files. */
  profile?: string | undefined;
  region?: string | undefined;
}

export type DeployerEnvironment = Pick<Environment, "redactor" | "findAwsCredentials" | "findAwsRegion">;

/**
 * The credentials that SST or CDK would deploy with: of `--profile`, else of `AWS_PROFILE`, else the access keys in the
 * environment or the `.env` files, else of the profile in `sst.config.ts`, else what AWS's SDK finds. Without access
 * keys, the profile in `sst.config.ts` precedes `AWS_PROFILE`.
 * Source: `project.js` of SST 2.49.8 and `defaultProvider` of the SDK. Both ignore `--profile` when there are access keys.
 * @returns undefined when no source has credentials
 * @throws AuthCliError `missing-configuration` when the named profile, or the default one, gives none
 */
export async function findDeployerCredentials(
  environment: DeployerEnvironment,
  configuration: Configuration,
  flags: DeployerFlags,
): Promise<DeployerCredentials | undefined> {
  const keys = flags.profile === undefined ? await accessKeys(configuration) : undefined;
  const profile = await findProfile(configuration, flags, keys !== undefined);
  const credentials =
    profile === undefined && keys !== undefined
      ? keys
      : await environment.findAwsCredentials({
          profile,
          region: await namedRegion(configuration, flags),
        });
  environment.redactor.add("deployer's secret access key", credentials?.secretAccessKey);
  environment.redactor.add("deployer's session token", credentials?.sessionToken);
  return credentials;
}

/** The same for commands that also work without them. Only a profile of `--profile` must have credentials. */
export async function findOptionalDeployerCredentials(
  environment: DeployerEnvironment,
  configuration: Configuration,
  flags: DeployerFlags,
): Promise<DeployerCredentials | undefined> {
  try {
    return await findDeployerCredentials(environment, configuration, flags);
  } catch (error) {
    if (flags.profile !== undefined || !(error instanceof AuthCliError) || error.code === "interrupted")
      throw error;
    return undefined;
  }
}

/**
 * The region that SST or CDK would deploy to: of `--region`, `sst.config.ts`, `AWS_REGION`, the profile, else us-east-1.
 * Source: `project.js` of SST 2.49.8; `awscli-compatible.ts` of CDK, which also knows `AWS_DEFAULT_REGION`.
 * @throws AuthCliError `invalid-configuration`
 */
export async function findDeployerRegion(
  environment: DeployerEnvironment,
  configuration: Configuration,
  flags: DeployerFlags,
): Promise<string> {
  const named = await namedRegion(configuration, flags);
  if (named !== undefined) return named;
  const hasKeys = flags.profile === undefined && (await accessKeys(configuration)) !== undefined;
  const profile = await findProfile(configuration, flags, hasKeys);
  const region = await environment.findAwsRegion(profile);
  return region === undefined ? "us-east-1" : parseRegion(region, "the AWS profile", regionFix);
}

const regionFix = "set AWS_REGION to the region of the stack, or pass --region";

async function namedRegion(configuration: Configuration, flags: DeployerFlags): Promise<string | undefined> {
  if (flags.region !== undefined) return parseRegion(flags.region, "--region", regionFix);
  const { region } = configuration.project;
  if (region !== undefined) return parseRegion(region, "sst.config", regionFix);
  const setting =
    (await configuration.find("AWS_REGION")) ?? (await configuration.find("AWS_DEFAULT_REGION"));
  return setting && parseRegion(setting.value, setting.source, regionFix);
}

async function findProfile(
  configuration: Configuration,
  flags: DeployerFlags,
  hasKeys: boolean,
): Promise<string | undefined> {
  const ofProject = hasKeys ? undefined : configuration.project.profile;
  return flags.profile ?? ofProject ?? (await configuration.find("AWS_PROFILE"))?.value;
}

async function accessKeys(configuration: Configuration): Promise<DeployerCredentials | undefined> {
  const accessKeyId = await configuration.find("AWS_ACCESS_KEY_ID");
  const secretAccessKey = await configuration.find("AWS_SECRET_ACCESS_KEY");
  const sessionToken = await configuration.find("AWS_SESSION_TOKEN");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return {
    accessKeyId: accessKeyId.value,
    secretAccessKey: secretAccessKey.value,
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.value }),
  };
}
