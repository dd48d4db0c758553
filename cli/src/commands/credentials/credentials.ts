import type { DeploymentFlags } from "../../deployment/deployment.ts";
import { resolveDeployment, type ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { findLogin, type LoadedLogin } from "../../session/find-login.ts";
import { resolveForLogin } from "../../session/login-addresses.ts";
import { obtainIdentity } from "../../session/obtain-identity.ts";
import type { AwsCredentials } from "../../aws/sigv4.ts";
import type { Identity } from "../../session/credentials-cache.ts";
import { readSessions } from "../../session/sessions.ts";
import { assignment, type ShellFormat } from "../flags/shell-assignment.ts";

/** The formats of `aws configure export-credentials`, `json`, and `canary` for the secret of a canary. */
export type CredentialFormat = "process" | "json" | "canary" | ShellFormat;

export interface CredentialsFlags extends DeploymentFlags {
  user?: string;
  json?: boolean;
  format?: CredentialFormat;
}

/**
 * With less time left, botocore runs a `credential_process` again before every request. The SDKs for JavaScript and Go
 * wait longer.
 * @see https://github.com/boto/botocore/blob/develop/botocore/credentials.py `_advisory_refresh_timeout`
 */
const renewBeforeMs = 15 * 60 * 1000;

/** `auth-cli credentials`: prints the identity's AWS credentials for other tools. No other command prints secrets. */
export async function exportCredentials(flags: CredentialsFlags, environment: Environment): Promise<void> {
  const sessions = readSessions(environment);
  const resolved = await resolveDeployment(environment, flags, () => sessions);
  const login = await findLogin(environment, resolved, sessions, flags.user);
  const format = flags.format ?? (flags.json ? "json" : "process");
  if (format === "canary") {
    await environment.terminal.printUnmasked([await canarySecret(environment, resolved, await login.load())]);
    return;
  }
  const identity = await obtainIdentity(environment, resolveForLogin(resolved, login, sessions), login, {
    renewBeforeMs,
  });
  // `print` would mask the secrets.
  await environment.terminal.printUnmasked(formatIdentity(identity, format).split("\n"));
}

/**
 * The login itself, which a canary needs to get credentials of its own.
 * @throws AuthCliError `invalid-usage` for another provider
 */
async function canarySecret(
  environment: Environment,
  { configuration }: ResolvedDeployment,
  { token, provider }: LoadedLogin,
): Promise<string> {
  if (token === undefined) {
    throw new AuthCliError("invalid-usage", {
      message: `a canary cannot use the login by ${provider}`,
      cause: "its token expires",
      fix: "log in by Twitter: `auth-cli login`",
    });
  }
  const { findClientCredentials } = await import("../../deployment/client-credentials.ts");
  const client = await findClientCredentials(environment, configuration);
  return JSON.stringify({
    accessToken: token.token,
    accessTokenSecret: token.secret,
    ...(client && { consumerKey: client.key, consumerSecret: client.secret }),
  });
}

function formatIdentity(
  { identityId, credentials }: Identity,
  format: Exclude<CredentialFormat, "canary">,
): string {
  if (format === "process") return JSON.stringify(processFormat(credentials), undefined, 2);
  if (format === "json") {
    return JSON.stringify({ ...processFormat(credentials), IdentityId: identityId }, undefined, 2);
  }
  return Object.entries({
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: expiration(credentials),
  })
    .map(([name, value]) => assignment(format, name, value))
    .join("\n");
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
function processFormat(credentials: AwsCredentials): Record<string, unknown> {
  return {
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: expiration(credentials),
  };
}

/** Whole seconds with an offset, as the aws CLI prints them: older versions read no other format. */
function expiration(credentials: AwsCredentials): string {
  return credentials.expiration.replace(/(\.\d+)?Z$/, "+00:00");
}
