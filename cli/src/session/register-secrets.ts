import type { AwsCredentials } from "../aws/sigv4.ts";
import type { Environment } from "../environment/environment.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";

export function registerToken(environment: Pick<Environment, "redactor">, token: TokenCredentials): void {
  environment.redactor.add("access token", token.token);
  environment.redactor.add("access token secret", token.secret);
}

/** Registers the parts too: claims or signature alone must not show either. */
export function registerLoginToken(environment: Pick<Environment, "redactor">, token: string): void {
  const name = "login token";
  environment.redactor.add(name, token);
  const [, claims, signature] = token.split(".");
  environment.redactor.add(name, claims);
  environment.redactor.add(name, signature);
}

export function registerCredentials(
  environment: Pick<Environment, "redactor">,
  credentials: AwsCredentials,
): void {
  environment.redactor.add("secret access key", credentials.secretAccessKey);
  environment.redactor.add("session token", credentials.sessionToken);
}
