import { join, resolve } from "node:path";
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import type { Configuration } from "../../deployment/configuration.ts";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError } from "../../errors.ts";
import { listNames } from "../../list-names.ts";
import { registerToken } from "../../session/register-secrets.ts";
import { judgeAccessToken } from "../../twitter/access-token-shape.ts";
import type { ClientCredentials } from "../../twitter/oauth1.ts";
import type { AuthorizedUser } from "../../twitter/twitter-api.ts";
import { userIdOf } from "./twitter-login.ts";

interface TwurlProfile extends AuthorizedUser {
  /** The X app that the token was made for. */
  clientCredentials: ClientCredentials;
}

/** Logs in with the token from `twurl authorize`. The file names the user, so this sends no request. */
export async function logInFromTwurl(
  environment: Environment,
  configuration: Configuration,
  file: string | true,
  { user, consumerKey }: { user?: string | undefined; consumerKey?: string | undefined },
): Promise<AuthorizedUser> {
  const configured =
    consumerKey === undefined
      ? await configuration.find("TWITTER_CONSUMER_KEY")
      : { value: consumerKey, source: undefined };
  const { clientCredentials, ...authorized } = readTwurlProfile(environment, file, {
    user,
    consumerKey: configured?.value,
  });
  if (configured !== undefined && configured.value !== clientCredentials.key) {
    const app =
      configured.source === undefined ? "--consumer-key" : `TWITTER_CONSUMER_KEY (${configured.source})`;
    environment.terminal.say(
      `warning: twurl's token for @${authorized.screenName} belongs to another X app than ${app}; an identity pool accepts only tokens of its own app`,
    );
  }
  return authorized;
}

/** Chooses a profile. */
interface ProfileQuery {
  /** A screen name. */
  user: string | undefined;
  /** An identity pool accepts only tokens of its own app. */
  consumerKey: string | undefined;
}

/**
 * Reads a profile from a `.twurlrc`, the YAML file that `twurl authorize` writes.
 * @param file `true` for the file in the home folder
 * @param query by default twurl's own default profile
 * @see https://github.com/twitter/twurl/blob/master/lib/twurl/rcfile.rb
 */
function readTwurlProfile(environment: Environment, file: string | true, query: ProfileQuery): TwurlProfile {
  const path =
    file === true ? join(environment.homeDirectory, ".twurlrc") : resolve(environment.workingDirectory, file);
  const text = environment.files.readText(path);
  if (text === undefined) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} does not exist`,
      cause: "`twurl authorize` writes profiles to .twurlrc in the home folder",
      fix: "run `auth-cli login --from-twurl <file>`, or log in without twurl: `auth-cli login`",
    });
  }
  const profile = chooseProfile(path, parse(path, text), query);
  const { username = "", token = "", secret = "" } = profile.attributes;
  const { consumer_key: key = "", consumer_secret: consumerSecret = "" } = profile.attributes;
  const tokenCredentials = { token, secret };
  registerToken(environment, tokenCredentials);
  environment.redactor.add("consumer secret", consumerSecret);
  const missing = attributes.filter((name) => (profile.attributes[name] ?? "") === "");
  const userId = userIdOf(tokenCredentials);
  const problem = missing.length === 0 ? judgeAccessToken(tokenCredentials, key) : undefined;
  if (problem?.status === "fault") {
    throw new AuthCliError("invalid-configuration", {
      message: `invalid access token of the profile ${profile.name} in ${path}`,
      cause: problem.message,
      fix: "run `twurl authorize` again, or log in without twurl: `auth-cli login`",
    });
  }
  if (missing.length > 0 || userId === undefined) {
    throw new AuthCliError("invalid-configuration", {
      message: `incomplete profile ${profile.name} in ${path}`,
      cause:
        missing.length > 0
          ? `it has no ${missing.join(", ")}`
          : "its token does not start with a user id and a dash, as X access tokens do",
      fix: "run `twurl authorize` again, or log in without twurl: `auth-cli login`",
    });
  }
  return {
    userId,
    screenName: username,
    tokenCredentials,
    clientCredentials: { key, secret: consumerSecret },
  };
}

/** The attributes of a profile. */
const attributes = ["username", "consumer_key", "consumer_secret", "token", "secret"] as const;

type Attributes = Partial<Record<(typeof attributes)[number], string>>;

interface RcFile {
  /** By screen name, then by consumer key. */
  profiles: Map<string, Map<string, Attributes>>;
  /** Screen name and consumer key. */
  defaultProfile: readonly string[];
}

/** A profile has some 200 bytes. Parsing takes a second for each 5 MB. */
const maximumSize = 1024 * 1024;

function parse(path: string, text: string): RcFile {
  if (text.length > maximumSize)
    throw invalidFile(path, `it has ${text.length} bytes; twurl writes some kilobytes`);
  let file: unknown;
  try {
    // This schema keeps every scalar a string: a screen name may look like a number, `no` or a date.
    file = load(text, { schema: FAILSAFE_SCHEMA });
  } catch {
    // The parser's message quotes the file, which holds secrets.
    throw invalidFile(path, "it is not YAML");
  }
  const profiles = entriesOf(entriesOf(file)?.get("profiles"));
  if (profiles === undefined) throw invalidFile(path, "it has no `profiles`");
  const chosen = entriesOf(entriesOf(file)?.get("configuration"))?.get("default_profile");
  return {
    profiles: new Map(
      [...profiles].map(([name, apps]) => [
        name,
        new Map([...(entriesOf(apps) ?? [])].map(([key, value]) => [key, attributesOf(value)])),
      ]),
    ),
    defaultProfile: Array.isArray(chosen) ? chosen.map(String) : [],
  };
}

function chooseProfile(
  path: string,
  { profiles, defaultProfile }: RcFile,
  { user, consumerKey = "" }: ProfileQuery,
): { name: string; attributes: Attributes } {
  const [defaultName, defaultKey] = defaultProfile;
  const owners = [...profiles.keys()].filter((each) => profiles.get(each)?.has(consumerKey));
  const owner = owners.length === 1 ? owners[0] : defaultName;
  const wanted = (user?.replace(/^@/, "") ?? owner)?.toLowerCase();
  const names = [...profiles.keys()];
  if (wanted === undefined && names.length !== 1) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} has no default profile`,
      cause: names.length === 0 ? "it has no profiles" : `its profiles are ${listNames(names)}`,
      fix:
        names.length === 0
          ? "run `twurl authorize`, or log in without twurl: `auth-cli login`"
          : "select one with --user",
    });
  }
  const name = names.find((each) => wanted === undefined || each.toLowerCase() === wanted);
  const apps = name === undefined ? undefined : profiles.get(name);
  if (name === undefined || apps === undefined || apps.size === 0) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} has no profile ${wanted ?? name ?? ""}`,
      cause: names.length === 0 ? "it has no profiles" : `its profiles are ${listNames(names)}`,
      fix: "select one with --user, or run `twurl authorize`",
    });
  }
  const chosen =
    apps.get(consumerKey) ??
    (name === defaultName && defaultKey !== undefined ? apps.get(defaultKey) : undefined);
  const [only] = apps.values();
  if (chosen === undefined && apps.size > 1) {
    throw new AuthCliError("invalid-configuration", {
      message: `${path} has ${apps.size} X apps for ${name}`,
      cause: `their consumer keys are ${listNames([...apps.keys()])}`,
      fix: `set TWITTER_CONSUMER_KEY, or choose one with \`twurl set default ${name} <consumer key>\``,
    });
  }
  return { name, attributes: chosen ?? only ?? {} };
}

function attributesOf(value: unknown): Attributes {
  const found: Attributes = {};
  for (const name of attributes) {
    const text = entriesOf(value)?.get(name);
    if (typeof text === "string") found[name] = text;
  }
  return found;
}

function entriesOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

function invalidFile(path: string, cause: string): AuthCliError {
  return new AuthCliError("invalid-configuration", {
    message: `${path} is not a twurl file`,
    cause,
    fix: "run `auth-cli login --from-twurl <file>` with the .twurlrc that twurl wrote",
  });
}
