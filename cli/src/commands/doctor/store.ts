import { dirname } from "node:path";
import { AuthCliError } from "../../errors.ts";
import { findLogin, type Login } from "../../session/find-login.ts";
import { twitterProvider } from "../../aws/logins.ts";
import { cacheFolder } from "../../session/folders.ts";
import { cachePath, peekCachedIdentity } from "../../session/credentials-cache.ts";
import { secretOf, userName } from "../../session/sessions.ts";
import { storeSetting } from "../../session/token-store.ts";
import { attempt } from "./attempt.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";

/** Where logins are kept, whether they can be had, and who is logged in. */
export async function examineStore(examination: Examination): Promise<Finding[]> {
  return [
    ...modes(examination),
    logins(examination),
    await keyring(examination),
    ...(await login(examination)),
  ];
}

/** Files that other users of this computer could read; the next command that reads one closes it. */
function modes({ environment, sessions }: Examination): Finding[] {
  const folder = dirname(sessions.path);
  const cache = cacheFolder(environment);
  return [folder, sessions.path, cache].flatMap((path) => {
    const state = environment.files.describe(path);
    if (state?.mode === undefined || (state.mode & 0o077) === 0) return [];
    const wanted = state.folder ? "700" : "600";
    return [
      warning("store.modes", `${path} is open to other users of this computer`, {
        evidence: [`its mode is ${state.mode.toString(8)}`],
        fix: `run \`chmod ${wanted} ${path}\``,
        source: path,
      }),
    ];
  });
}

function logins({ sessions: { path, state, sessions } }: Examination): Finding {
  const name = "store.logins";
  switch (state) {
    case "absent":
      return ok(name, "nobody has logged in on this computer yet", { source: path });
    case "readable":
      return ok(name, `${sessions.length} ${sessions.length === 1 ? "login is" : "logins are"} kept`, {
        source: path,
      });
    case "broken":
      return warning(name, "the file of the logins cannot be understood", {
        evidence: ["the next command sets it aside under another name and begins a new one"],
        fix: "mend it by hand, or run `auth-cli login`",
        source: path,
      });
    case "newer":
      return fault(name, "the file of the logins is of a newer auth-cli", {
        fix: "update auth-cli, or give this one a folder of its own with AUTH_CLI_CONFIG_DIR",
        source: path,
      });
    case "closed":
    default:
      return fault(name, "the file of the logins cannot be read", {
        fix: `check the owner and the permissions of ${path}`,
        source: path,
      });
  }
}

/** An entry that is never written. */
const noAccount = "auth-cli-doctor";

async function keyring({ environment, sessions }: Examination): Promise<Finding> {
  const name = "store.keyring";
  const setting = await attempt(() => storeSetting(environment.variables));
  if (setting.error !== undefined) return fromError(name, setting.error);
  const needed = sessions.sessions.filter((session) => "secretIn" in secretOf(session));
  if (setting.value === "file" && needed.length === 0) {
    return ok(name, "is not used, the file is", { source: "the environment variable AUTH_CLI_STORE" });
  }
  const { error } = await attempt(() => environment.keyring.read(noAccount));
  if (error === undefined) return ok(name, "answers; the secrets of tokens are kept there");
  if (needed.length > 0) {
    const users = needed.map(userName).join(", ");
    return fromError(
      name,
      new AuthCliError(error.code, {
        message: `the tokens of ${users} are in the OS keyring, which does not give them`,
        cause: `${error.message}: ${error.cause ?? "unknown"}`,
        fix: "unlock the keyring, or log in with `AUTH_CLI_STORE=file auth-cli login`",
      }),
    );
  }
  if (error.code === "keyring-missing" && setting.value === undefined)
    return ok(name, `there is none (${error.cause}); the file is used`);
  return fromError(
    name,
    new AuthCliError(error.code, {
      message: error.message,
      cause: `${error.cause ?? "unknown"}; the file is used in its place`,
      fix: "unlock the keyring, or set AUTH_CLI_STORE=file",
    }),
    "warning",
  );
}

/** Who is logged in to the stage, and for how long the AWS credentials are good. */
async function login({ environment, resolved, sessions, flags }: Examination): Promise<Finding[]> {
  const name = "store.login";
  if (resolved.value === undefined)
    return [skipped(name, "it is not known which pool a login is wanted for")];
  const target = resolved.value;
  const found = await attempt(() => findLogin(environment, target, sessions.sessions, flags.user));
  if (found.error !== undefined) {
    // Half a token is told by the X app's findings.
    return [fromError(name, found.error, "warning")];
  }
  const { provider, session, source } = found.value;
  const given = provider === twitterProvider ? "a Twitter token is given" : `a token of ${provider} is given`;
  const who = session === undefined ? given : `${userName(session)} is logged in`;
  const cache = cachePath(environment, target.deployment.identityPoolId, found.value.cacheKey);
  const identity = peekCachedIdentity(environment, cache);
  return [
    ok(name, who, { source }),
    ...tokenEnd(found.value, environment.now()),
    ok("store.credentials", expiry(identity?.credentials.expiration, environment.now()), { source: cache }),
  ];
}

/** Of a provider whose tokens end. */
function tokenEnd({ provider, tokenExpiresAt }: Login, nowMs: number): Finding[] {
  if (tokenExpiresAt === undefined) return [];
  const minutes = Math.round((Date.parse(tokenExpiresAt) - nowMs) / 60_000);
  if (minutes > 0) return [ok("store.token", `the token of ${provider} is good for ${minutes} min`)];
  return [
    warning("store.token", `the token of ${provider} expired ${-minutes} min ago`, {
      fix: `get a new one and run \`auth-cli login --login ${provider}=-\``,
    }),
  ];
}

function expiry(expiration: string | undefined, nowMs: number): string {
  if (expiration === undefined) return "no AWS credentials yet; the next call gets them";
  const minutes = Math.round((Date.parse(expiration) - nowMs) / 60_000);
  return minutes > 0
    ? `the AWS credentials are good for ${minutes} min`
    : `the AWS credentials expired ${-minutes} min ago; the next call renews them`;
}
