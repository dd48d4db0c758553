import type { Configuration } from "../deployment/configuration.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { judgeAccessToken } from "../twitter/access-token-shape.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import { registerToken } from "./register-secrets.ts";

/**
 * The Twitter token that the environment gives instead of a stored login.
 * @throws AuthCliError `missing-configuration` when only one of token and secret is set
 */
export async function tokenFromConfiguration(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
): Promise<{ tokenCredentials: TokenCredentials; source: string } | undefined> {
  const token = await configuration.find("TWITTER_ACCESS_TOKEN");
  const secret = await configuration.find("TWITTER_ACCESS_TOKEN_SECRET");
  if (token === undefined && secret === undefined) return undefined;
  registerToken(environment, { token: token?.value ?? "", secret: secret?.value ?? "" });
  const consumerKey = (await configuration.find("TWITTER_CONSUMER_KEY"))?.value;
  const problem = judgeAccessToken({ token: token?.value ?? "", secret: secret?.value ?? "" }, consumerKey);
  if (token !== undefined && problem?.status === "fault") {
    throw new AuthCliError("invalid-configuration", {
      step: "twitter.token",
      message: `invalid access token in ${token.source}`,
      cause: problem.message,
      fix: problem.fix,
    });
  }
  if (token === undefined || secret === undefined) {
    const missing = token === undefined ? "TWITTER_ACCESS_TOKEN" : "TWITTER_ACCESS_TOKEN_SECRET";
    throw new AuthCliError("missing-configuration", {
      message: `${missing} is not set`,
      cause: "an access token and its secret work only together",
      fix: `set ${missing}, or unset both and run \`auth-cli login\``,
    });
  }
  return { tokenCredentials: { token: token.value, secret: secret.value }, source: token.source };
}
