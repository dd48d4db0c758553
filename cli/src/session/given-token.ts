import { readIdToken } from "../aws/id-token.ts";
import { twitterProvider } from "../aws/logins.ts";
import type { Configuration, Setting } from "../deployment/configuration.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import { registerLoginToken } from "./register-secrets.ts";
import { parseProviderName } from "./provider-name.ts";

/** A token given with `--login` or `AUTH_CLI_LOGIN`: its provider and its place. */
export interface LoginSource {
  /** The key of the logins map. */
  provider: string;
  /** The environment variable that holds it; undefined for standard input. */
  variable: string | undefined;
}

/** The longest value that Cognito accepts in a logins map. */
const maximumLength = 50_000;

/**
 * Parses `<provider>=-` or `<provider>=env:<variable>`. Rejects a token: other users can see the command line, and the
 * shell keeps it in its history.
 * @param setting where the text was written, `--login`
 * @throws AuthCliError `invalid-usage`, which never repeats a possible token
 */
export function parseLoginSource(
  { redactor }: Pick<Environment, "redactor">,
  text: string,
  setting: string,
): LoginSource {
  const fix = (provider: string): string =>
    setting === "--login"
      ? `write \`--login ${provider}=env:NAME\` with a variable's name, or \`--login ${provider}=-\` with the token on standard input`
      : `write ${setting}=${provider}=env:NAME with a variable's name`;
  const [, name, place] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || place === undefined) {
    if (!/^[a-z\d./-]+$/.test(text)) redactor.add("login token", text);
    throw new AuthCliError("invalid-usage", {
      message: `${setting} does not say where the token is`,
      cause: "the form is <provider>=<place>",
      fix: fix("accounts.google.com"),
    });
  }
  if (place === "-") return { provider: parseProviderName(name, setting), variable: undefined };
  const [, variable] = /^env:([A-Za-z_]\w*)$/.exec(place) ?? [];
  if (variable !== undefined) return { provider: parseProviderName(name, setting, place), variable };
  redactor.add("login token", place);
  const provider = parseProviderName(name, setting);
  const isVariable = place.startsWith("env:");
  throw new AuthCliError("invalid-usage", {
    message: isVariable
      ? `invalid variable name in ${setting} ${provider}=env:…`
      : `${setting} does not accept a token: only - or env:NAME may follow ${provider}=`,
    cause: isVariable
      ? "a name consists of letters, digits and underscores; the shell may have replaced it with the variable's value"
      : "other users of this computer can see the command line, and the shell keeps it in its history",
    fix: fix(provider),
  });
}

/** The text read from the place of a token, and that place. */
export interface LoginText {
  text: string;
  source: string;
}

/**
 * Reads the token from the variable (also from the `.env` files), from standard input or from a prompt.
 * @throws AuthCliError `missing-configuration` for a variable that is not set
 */
export async function readLoginText(
  environment: Environment,
  configuration: Configuration,
  login: LoginSource,
): Promise<LoginText> {
  const { provider, variable } = login;
  if (variable !== undefined) return readVariable(configuration, provider, variable);
  const { terminal } = environment;
  const text = terminal.interactive
    ? ((await terminal.askSecret(`Token of ${provider} (not shown): `)) ?? "")
    : Buffer.from(await terminal.readAll()).toString("utf8");
  return { text, source: "standard input" };
}

async function readVariable(
  configuration: Configuration,
  provider: string,
  variable: string,
): Promise<LoginText> {
  const setting = await configuration.find(variable);
  if (setting !== undefined) return { text: setting.value, source: setting.source };
  // A name in mixed case may be a token.
  const name = /^([A-Z\d_]{1,64}|[a-z\d_]{1,64})$/.test(variable) ? variable : undefined;
  throw new AuthCliError("missing-configuration", {
    message:
      name === undefined
        ? `the environment variable with the token of ${provider} is not set`
        : `${name} is not set; it should hold the token of ${provider}`,
    cause: "neither the environment nor the project's .env files set it",
    fix: `export it, or pipe the token: \`auth-cli login --login ${provider}=-\``,
  });
}

/**
 * Checks the text read and returns the token. Errors never show the text.
 * @throws AuthCliError `login-cancelled` without a token, `invalid-usage` for an invalid one
 */
export function parseLoginToken(
  environment: Pick<Environment, "redactor">,
  provider: string,
  { text, source }: LoginText,
): string {
  const token = text.replace(/^\uFEFF/, "").trim();
  registerLoginToken(environment, token);
  const fix = "provide only the ID token (for Facebook and Amazon the access token), on one line";
  if (token === "") {
    throw new AuthCliError("login-cancelled", {
      step: "login.token",
      message: `no token of ${provider} given`,
      cause: `${source} is empty`,
      fix,
    });
  }
  const fault = findFault(token);
  if (fault === undefined) return token;
  throw new AuthCliError("invalid-usage", {
    step: "login.token",
    message: `invalid token of ${provider} in ${source}`,
    cause: fault,
    fix,
  });
}

function findFault(token: string): string | undefined {
  if (token.length > maximumLength)
    return `it has ${token.length} characters; Cognito accepts ${maximumLength}`;
  if (/^[{[]/.test(token))
    return "it is the provider's whole JSON response; the token is its member id_token or IdToken";
  if (/^["'`].*["'`]$/s.test(token)) return "it is enclosed in quotes";
  if (/^bearer\s/i.test(token)) return "it starts with Bearer, which belongs in a header";
  if (/\s/.test(token)) return "it contains white space";
  return undefined;
}

/**
 * The login that `AUTH_CLI_LOGIN` gives instead of a stored one, for CI: `accounts.google.com=env:GOOGLE_ID_TOKEN`.
 * @throws AuthCliError as the functions above
 */
export async function loginFromSetting(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
  setting: Setting,
): Promise<{
  provider: string;
  token: string;
  source: string;
  variable: string;
  expiresAt: string | undefined;
}> {
  const { provider, variable } = parseLoginSource(environment, setting.value, "AUTH_CLI_LOGIN");
  if (variable === undefined) {
    throw new AuthCliError("invalid-configuration", {
      message: "AUTH_CLI_LOGIN cannot be read from standard input",
      fix: `write ${provider}=env:NAME with the name of a variable`,
    });
  }
  if (provider === twitterProvider) {
    throw new AuthCliError("invalid-configuration", {
      message: `AUTH_CLI_LOGIN does not support ${twitterProvider}`,
      fix: "set TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET",
    });
  }
  if (setting.isFromProject && configuration.findInEnvironment(variable) !== undefined) {
    throw new AuthCliError("invalid-configuration", {
      message: `${setting.source} sets AUTH_CLI_LOGIN to a variable of your environment`,
      cause: "a project's file may not choose which of your variables is sent as a token",
      fix: "set AUTH_CLI_LOGIN in the environment too",
    });
  }
  const read = await readVariable(configuration, provider, variable);
  const token = parseLoginToken(environment, provider, read);
  return { provider, token, source: read.source, variable, expiresAt: readIdToken(token)?.expiresAt };
}
