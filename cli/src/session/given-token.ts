import type { Configuration } from "../deployment/configuration.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";
import type { TokenCredentials } from "../twitter/oauth1.ts";
import { registerLoginToken, registerToken } from "./register-secrets.ts";
import { twitterProvider } from "../aws/logins.ts";
import { parseProviderName } from "./provider-name.ts";

/** Whose token, and where it is: in a variable, else on standard input. */
export interface LoginSource {
  /** The key of the logins map. */
  provider: string;
  variable: string | undefined;
}

/** AWS: a login's value has at most 50,000 characters. */
const maximumLength = 50_000;

/**
 * `<provider>=-` or `<provider>=env:<variable>`. The command line is no place for a token: others can see it, and the shell
 * remembers it.
 * @param setting where it was written, `--login`
 * @throws AuthCliError `invalid-usage`, which never repeats what may be a token
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
      cause: "an identity provider, = and the token's place are expected",
      fix: fix("accounts.google.com"),
    });
  }
  if (place === "-") return { provider: parseProviderName(name, setting), variable: undefined };
  const [, variable] = /^env:([A-Za-z_]\w*)$/.exec(place) ?? [];
  if (variable !== undefined) return { provider: parseProviderName(name, setting), variable };
  redactor.add("login token", place);
  const provider = parseProviderName(name, setting);
  const isVariable = place.startsWith("env:");
  throw new AuthCliError("invalid-usage", {
    message: isVariable
      ? `${setting} ${provider}=env:… names no environment variable`
      : `${setting} takes no token itself, and what follows ${provider}= is neither - nor env:NAME`,
    cause: isVariable
      ? "a variable's name has letters, digits and underscores; the shell may have put its value there in place of the name"
      : "other users of this computer see the command line, and the shell keeps it; a token that was typed there is known to both",
    fix: fix(provider),
  });
}

/** What was found where the token should be, and where that was. */
export interface LoginText {
  text: string;
  source: string;
}

/**
 * From the variable (or the `.env` files), standard input, or a person.
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
  // A name in mixed letters may be a token.
  const name = /^([A-Z\d_]{1,64}|[a-z\d_]{1,64})$/.test(variable) ? variable : undefined;
  throw new AuthCliError("missing-configuration", {
    message:
      name === undefined
        ? `the environment variable with the token of ${provider} is not set`
        : `${name}, which should hold the token of ${provider}, is not set`,
    cause: "neither the environment nor a .env file of the project has it",
    fix: `export it, or pipe the token: \`auth-cli login --login ${provider}=-\``,
  });
}

/**
 * The token in what was read, which is never shown.
 * @throws AuthCliError `login-cancelled` without a token, `invalid-usage` for what is none
 */
export function parseLoginToken(
  environment: Pick<Environment, "redactor">,
  provider: string,
  { text, source }: LoginText,
): string {
  const token = text.replace(/^\uFEFF/, "").trim();
  registerLoginToken(environment, token);
  const fix = "give the ID token alone (for Facebook and Amazon the access token), on one line";
  if (token === "") {
    throw new AuthCliError("login-cancelled", {
      step: "login.token",
      message: `no token of ${provider} was given`,
      cause: `${source} is empty`,
      fix,
    });
  }
  const fault = whatIsWrong(token);
  if (fault === undefined) return token;
  throw new AuthCliError("invalid-usage", {
    step: "login.token",
    message: `what was read from ${source} is not a token of ${provider}`,
    cause: fault,
    fix,
  });
}

function whatIsWrong(token: string): string | undefined {
  if (token.length > maximumLength)
    return `it has ${token.length} characters, and Cognito takes ${maximumLength}`;
  if (/^[{[]/.test(token))
    return "it is the provider's whole answer, in JSON; the token is one member of it, id_token or IdToken";
  if (/^["'`].*["'`]$/s.test(token)) return "it is in quotes";
  if (/^bearer\s/i.test(token)) return "it begins with Bearer, which belongs to a header";
  if (/\s/.test(token)) return "there is white space in it";
  return undefined;
}

/**
 * The login that `AUTH_CLI_LOGIN` gives instead of a stored one, for CI: `accounts.google.com=env:GOOGLE_ID_TOKEN`.
 * @throws AuthCliError as the functions above
 */
export async function loginFromConfiguration(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
): Promise<{ provider: string; token: string; source: string } | undefined> {
  const setting = await configuration.find("AUTH_CLI_LOGIN");
  if (setting === undefined) return undefined;
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
  const read = await readVariable(configuration, provider, variable);
  return { provider, token: parseLoginToken(environment, provider, read), source: read.source };
}

/**
 * The token that the environment gives in place of a stored login.
 * @throws AuthCliError `missing-configuration` when one half of it is missing
 */
export async function tokenFromConfiguration(
  environment: Pick<Environment, "redactor">,
  configuration: Configuration,
): Promise<{ tokenCredentials: TokenCredentials; source: string } | undefined> {
  const token = await configuration.find("TWITTER_ACCESS_TOKEN");
  const secret = await configuration.find("TWITTER_ACCESS_TOKEN_SECRET");
  if (token === undefined && secret === undefined) return undefined;
  if (token === undefined || secret === undefined) {
    const missing = token === undefined ? "TWITTER_ACCESS_TOKEN" : "TWITTER_ACCESS_TOKEN_SECRET";
    throw new AuthCliError("missing-configuration", {
      message: `${missing} is not set`,
      cause: "an access token and its secret are only of use together",
      fix: `set ${missing} too, or neither and run \`auth-cli login\``,
    });
  }
  const tokenCredentials = { token: token.value, secret: secret.value };
  registerToken(environment, tokenCredentials);
  return { tokenCredentials, source: token.source };
}
