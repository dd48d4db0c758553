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

/** The file of logins, the keyring, and the current login. */
export async function examineStore(examination: Examination): Promise<Finding[]> {
  return [
    ...modes(examination),
    logins(examination),
    await keyring(examination),
    ...(await login(examination)),
  ];
}

/** Files that other users of this computer can access. The next command that reads one fixes its mode. */
function modes({ environment, sessions }: Examination): Finding[] {
  const folder = dirname(sessions.path);
  const cache = cacheFolder(environment);
  return [folder, sessions.path, cache].flatMap((path) => {
    const state = environment.files.describe(path);
    if (state?.mode === undefined || (state.mode & 0o077) === 0) return [];
    const wanted = state.folder ? "700" : "600";
    return [
      warning("store.modes", `other users of this computer can access ${path}`, {
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
      return ok(name, "no login on this computer yet", { source: path });
    case "readable":
      return ok(name, `${sessions.length} stored ${sessions.length === 1 ? "login" : "logins"}`, {
        source: path,
      });
    case "broken":
      return warning(name, "cannot parse the file of stored logins", {
        evidence: ["the next command renames it and starts a new one"],
        fix: "run `auth-cli login`, or repair the file by hand",
        source: path,
      });
    case "newer":
      return fault(name, "a newer auth-cli wrote the file of stored logins", {
        fix: "update auth-cli, or set AUTH_CLI_CONFIG_DIR to another folder",
        source: path,
      });
    case "closed":
    default:
      return fault(name, "cannot read the file of stored logins", {
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
    return ok(name, "not used; secrets are stored in the file", {
      source: "the environment variable AUTH_CLI_STORE",
    });
  }
  const { error } = await attempt(() => environment.keyring.read(noAccount));
  if (error === undefined) return ok(name, "the OS keyring answers; it holds the secrets of tokens");
  if (needed.length > 0) {
    const users = needed.map(userName).join(", ");
    return fromError(
      name,
      new AuthCliError(error.code, {
        message: `cannot read the tokens of ${users} from the OS keyring`,
        cause: `${error.message}: ${error.cause ?? "unknown"}`,
        fix: "unlock the keyring, or run `AUTH_CLI_STORE=file auth-cli login`",
      }),
    );
  }
  if (error.code === "keyring-missing" && setting.value === undefined)
    return ok(name, `no OS keyring (${error.cause}); secrets are stored in the file`);
  return fromError(
    name,
    new AuthCliError(error.code, {
      message: error.message,
      cause: `${error.cause ?? "unknown"}; secrets are stored in the file instead`,
      fix: "unlock the keyring, or set AUTH_CLI_STORE=file",
    }),
    "warning",
  );
}

/** The login to the stage, and the expiry of its AWS credentials. */
async function login({ environment, resolved, sessions, flags }: Examination): Promise<Finding[]> {
  const name = "store.login";
  if (resolved.value === undefined) return [skipped(name, "the identity pool is unknown")];
  const target = resolved.value;
  const found = await attempt(() => findLogin(environment, target, sessions.sessions, flags.user));
  if (found.error !== undefined) {
    // The findings on the X app report half a token as a fault.
    return [fromError(name, found.error, "warning")];
  }
  const { provider, session, source } = found.value;
  const given = provider === twitterProvider ? "a Twitter token is set" : `a token of ${provider} is set`;
  const who =
    session === undefined
      ? given
      : `a login of ${userName(session)} is stored; \`auth-cli status --check\` asks whether it still works`;
  const cache = cachePath(environment, target.deployment.identityPoolId, found.value.cacheKey);
  const identity = peekCachedIdentity(environment, cache);
  return [
    ok(name, who, { source }),
    ...tokenEnd(found.value, environment.now()),
    ok("store.credentials", expiry(identity?.credentials.expiration, environment.now()), { source: cache }),
  ];
}

/** For a provider whose tokens expire. */
function tokenEnd({ provider, tokenExpiresAt }: Login, nowMs: number): Finding[] {
  if (tokenExpiresAt === undefined) return [];
  const minutes = Math.round((Date.parse(tokenExpiresAt) - nowMs) / 60_000);
  if (minutes > 0) return [ok("store.token", `the token of ${provider} expires in ${minutes} min`)];
  return [
    warning("store.token", `the token of ${provider} expired ${-minutes} min ago`, {
      fix: `run \`auth-cli login --login ${provider}=-\` with a new token`,
    }),
  ];
}

function expiry(expiration: string | undefined, nowMs: number): string {
  if (expiration === undefined) return "no AWS credentials yet; the next call gets them";
  const minutes = Math.round((Date.parse(expiration) - nowMs) / 60_000);
  return minutes > 0
    ? `the AWS credentials expire in ${minutes} min`
    : `the AWS credentials expired ${-minutes} min ago; the next call renews them`;
}
