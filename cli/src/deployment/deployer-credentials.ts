import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { Configuration } from "./configuration.ts";

/** The flags of commands that use the deployer's AWS credentials. */
export interface DeployerFlags {
  /** A profile in the deployer's AWS files. */
  profile?: string | undefined;
}

/** The AWS credentials of the deployer. Long-term credentials have no session token. */
export interface DeployerCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export type DeployerEnvironment = Pick<Environment, "files" | "variables" | "homeDirectory" | "redactor">;

/**
 * Reads access keys from `--profile`, the environment, `AWS_PROFILE` or the default profile. The aws CLI handles
 * credentials from SSO, roles and processes.
 * @returns undefined when no source has keys
 * @throws AuthCliError `missing-configuration` when the named profile has no keys
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function findDeployerCredentials(
  environment: DeployerEnvironment,
  configuration: Configuration,
  { profile }: DeployerFlags,
): Promise<DeployerCredentials | undefined> {
  const inEnvironment = profile === undefined ? await fromEnvironment(configuration) : undefined;
  const credentials = inEnvironment ?? (await fromProfile(environment, profile));
  environment.redactor.add("deployer's secret access key", credentials?.secretAccessKey);
  environment.redactor.add("deployer's session token", credentials?.sessionToken);
  return credentials;
}

async function fromEnvironment(configuration: Configuration): Promise<DeployerCredentials | undefined> {
  const accessKeyId = await configuration.find("AWS_ACCESS_KEY_ID");
  const secretAccessKey = await configuration.find("AWS_SECRET_ACCESS_KEY");
  const sessionToken = await configuration.find("AWS_SESSION_TOKEN");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return toCredentials(accessKeyId.value, secretAccessKey.value, sessionToken?.value);
}

async function fromProfile(
  { files, variables, homeDirectory }: DeployerEnvironment,
  flag: string | undefined,
): Promise<DeployerCredentials | undefined> {
  const named = flag ?? variables["AWS_PROFILE"];
  const name = named ?? "default";
  const path = variables["AWS_SHARED_CREDENTIALS_FILE"] ?? join(homeDirectory, ".aws", "credentials");
  const configPath = variables["AWS_CONFIG_FILE"] ?? join(homeDirectory, ".aws", "config");
  const sections: [string, string][] = [
    [path, name],
    [configPath, name === "default" ? name : `profile ${name}`],
  ];
  for (const [file, section] of sections) {
    const text = files.readText(file);
    if (text === undefined) continue;
    const { parse } = (await import("ini")).default;
    const keys = parse(text)[section] as Partial<Record<string, string>> | undefined;
    const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = keys ?? {};
    if (accessKeyId && secretAccessKey) {
      return toCredentials(accessKeyId, secretAccessKey, keys?.["aws_session_token"]);
    }
  }
  if (named === undefined) return undefined;
  throw new AuthCliError("missing-configuration", {
    message: `the AWS profile ${named} has no access key`,
    cause: `neither ${path} nor ${configPath} has an access key for it; auth-cli does not read SSO, roles or credential processes`,
    fix: `run \`eval "$(aws configure export-credentials --profile ${named} --format env)"\``,
  });
}

function toCredentials(
  accessKeyId: string,
  secretAccessKey: string,
  sessionToken: string | undefined,
): DeployerCredentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
