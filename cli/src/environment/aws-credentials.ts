import { existsSync } from "node:fs";
import { join } from "node:path";
import { AuthCliError } from "../errors.ts";
import type { Send } from "../http.ts";
import { type SdkRequest, sendForSdk } from "../sdk-transport.ts";
import type { AwsCredentialsQuery, DeployerCredentials } from "./environment.ts";

/** The outside world of the search. */
interface Sources {
  /** The process's own: the SDK reads it too. */
  variables: Readonly<Record<string, string | undefined>>;
  homeDirectory: string;
  send: Send;
}

/** A profile of the AWS files, by its keys. */
type Profile = Readonly<Record<string, string | undefined>>;

/**
 * Finds credentials as AWS's own SDK does: from a profile (access keys, SSO, a role, a process, a web identity), else from
 * the web identity or the container that the environment names. The instance metadata service is not asked: outside of
 * EC2, that costs a second.
 * @returns undefined when no profile is named and nothing has credentials
 * @throws AuthCliError `missing-configuration`
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function findAwsCredentials(
  sources: Sources,
  { profile: named, region }: AwsCredentialsQuery,
): Promise<DeployerCredentials | undefined> {
  const { variables } = sources;
  // The SDK warns of the end of its support for this Node.js. The user cannot act on that.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const profiles = await readProfiles(sources);
  const name = named ?? "default";
  const profile = profiles[name];
  const requestHandler = {
    handle: (request: SdkRequest) =>
      sendForSdk(sources.send, request, { step: "aws.credentials", timeoutMs: 10_000 }),
  };
  const client = {
    clientConfig: { requestHandler },
    parentClientConfig: { requestHandler, ...(region === undefined ? {} : { region }) },
  };
  try {
    if (named !== undefined || isSource(profile)) {
      const { fromIni } = await import("@aws-sdk/credential-provider-ini");
      return await fromIni({ profile: name, ...paths(sources), ...client })();
    }
    if (variables["AWS_WEB_IDENTITY_TOKEN_FILE"]) {
      const { fromTokenFile } = await import("@aws-sdk/credential-provider-web-identity");
      return await fromTokenFile(client)();
    }
    if (
      variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] ||
      variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    ) {
      const { fromHttp } = await import("@aws-sdk/credential-provider-http");
      return await fromHttp({})();
    }
  } catch (error) {
    throw explain(error, named ?? (isSource(profile) ? name : undefined), profiles);
  }
  return undefined;
}

/** The region of a profile in the AWS files. */
export async function findAwsRegion(
  sources: Omit<Sources, "send">,
  profile = "default",
): Promise<string | undefined> {
  return (await readProfiles(sources))[profile]?.["region"];
}

/** The default profile may have a region and nothing else. */
function isSource(profile: Profile | undefined): boolean {
  const keys = Object.keys(profile ?? {});
  return keys.some((key) =>
    /^(aws_access_key_id|role_arn|credential_process|sso_\w+|login_session)$/.test(key),
  );
}

async function readProfiles(sources: Omit<Sources, "send">): Promise<Readonly<Record<string, Profile>>> {
  const files = paths(sources);
  // Loading the reader, which also knows `~/`, costs more than the rest of the search.
  if (!Object.values(files).some((file) => file.startsWith("~/") || existsSync(file))) return {};
  const { loadSharedConfigFiles } = await import("@smithy/shared-ini-file-loader");
  const { configFile, credentialsFile } = await loadSharedConfigFiles(files);
  const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
  return Object.fromEntries(
    Array.from(names, (name) => [name, { ...configFile[name], ...credentialsFile[name] }]),
  );
}

function paths({ variables, homeDirectory }: Omit<Sources, "send">): {
  filepath: string;
  configFilepath: string;
} {
  const path = (variable: string, file: string): string =>
    variables[variable] || join(homeDirectory, ".aws", file);
  return {
    filepath: path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    configFilepath: path("AWS_CONFIG_FILE", "config"),
  };
}

/** @param name undefined when no profile is used */
function explain(
  error: unknown,
  name: string | undefined,
  profiles: Readonly<Record<string, Profile>>,
): AuthCliError {
  if (error instanceof AuthCliError) return error;
  const text = error instanceof Error ? error.message : String(error);
  // The message quotes the command, which may contain a secret.
  const cause = text.startsWith("Command failed") ? "its credential_process failed" : text.split("\n")[0];
  if (name === undefined) {
    return new AuthCliError("missing-configuration", {
      message: "cannot get the deployer's AWS credentials that the environment names",
      cause: cause ?? "",
      fix: "correct AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or the AWS_CONTAINER_CREDENTIALS_… variable, or pass --profile",
    });
  }
  // A project's file may have named the profile.
  const word = /^[\w.@%+:/-]+$/.test(name) ? name : "<name>";
  const profile = profiles[name];
  if (profile === undefined) {
    const names = Object.keys(profiles);
    return new AuthCliError("missing-configuration", {
      message: `there is no AWS profile ${name}`,
      cause: names.length === 0 ? "the AWS files have no profiles" : `the AWS files have ${names.join(", ")}`,
      fix: `pass another --profile, or run \`aws configure --profile ${word}\``,
    });
  }
  const isSso = Object.keys(profile).some((key) => key.startsWith("sso_")) && /\bsso\b/i.test(text);
  return new AuthCliError("missing-configuration", {
    message: `cannot get AWS credentials of the profile ${name}`,
    cause: cause ?? "",
    fix: isSso
      ? `run \`aws sso login --profile ${word}\``
      : `correct the profile, or run \`eval "$(aws configure export-credentials --profile ${word} --format env)"\``,
  });
}
