import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import type { TokenCredentials } from "../protocol/oauth1.ts";

/** A token as sessions.json holds it: with its secret, or with the word that the keyring has it. */
export type StoredToken = TokenCredentials | { token: string; secretIn: "keyring" };

interface Stored {
  /** What the file is to hold. */
  token: StoredToken;
  /** To be told when the file holds no secret yet. */
  firstTimeNotice?: string;
}

/** What tells the tokens in the keyring apart. */
export interface TokenOwner {
  identityPoolId: string;
  userId: string;
  screenName: string;
}

type TokenEnvironment = Pick<Environment, "keyring" | "terminal" | "variables">;

/**
 * Puts a token's secret into the OS keyring where there is one, unless `AUTH_CLI_STORE` says `file`. A keyring that
 * fails is told, and the file takes its place.
 * @param path of the file that takes it otherwise
 */
export async function storeToken(
  { keyring, terminal, variables }: TokenEnvironment,
  owner: TokenOwner,
  token: StoredToken,
  path: string,
): Promise<Stored> {
  const setting = storeSetting(variables);
  if ("secretIn" in token || setting === "file") return { token };
  try {
    await keyring.write(keyringAccount(owner), token.secret);
    return { token: { token: token.token, secretIn: "keyring" } };
  } catch (error) {
    if (!isKeyringError(error)) throw error;
    const instead = `the login is kept in ${path}, which only you can read`;
    if (error.code === "keyring-missing" && setting === undefined)
      return { token, firstTimeNotice: `notice: ${error.message}; ${instead}\n` };
    terminal.say(`warning: ${error.message} (${error.cause ?? "unknown"}); ${instead}\n`);
    return { token };
  }
}

/**
 * The token with its secret, wherever that is.
 * @throws AuthCliError `not-logged-in` when the keyring no longer has it or does not give it
 */
export async function loadStoredToken(
  { keyring }: Pick<Environment, "keyring">,
  owner: TokenOwner,
  stored: StoredToken,
): Promise<TokenCredentials> {
  if (!("secretIn" in stored)) return stored;
  const account = keyringAccount(owner);
  const secret = await keyring.read(account).catch((error: unknown) => {
    if (!isKeyringError(error)) throw error;
    throw new AuthCliError("not-logged-in", {
      message: `the token of @${owner.screenName} cannot be had from the OS keyring`,
      cause: `${error.message}: ${error.cause ?? "unknown"}`,
      fix: "unlock the keyring and run the command again, or log in with `AUTH_CLI_STORE=file auth-cli login`",
    });
  });
  if (secret !== undefined) return { token: stored.token, secret };
  throw new AuthCliError("not-logged-in", {
    message: `the token of @${owner.screenName} is no longer in the OS keyring`,
    cause: `its entry auth-cli, ${account} was removed`,
    fix: "run `auth-cli login`",
  });
}

/** Removes the token's secret from the keyring; a keyring that fails is told, and keeps it. */
export async function forgetToken(
  { keyring, terminal }: Pick<Environment, "keyring" | "terminal">,
  owner: TokenOwner,
  stored: StoredToken,
): Promise<void> {
  if (!("secretIn" in stored)) return;
  const account = keyringAccount(owner);
  try {
    await keyring.remove(account);
  } catch (error) {
    if (!isKeyringError(error)) throw error;
    terminal.say(
      `warning: ${error.message} (${error.cause ?? "unknown"}); its entry auth-cli, ${account} stays there\n`,
    );
  }
}

/**
 * Twitter gives a user the same token again for as long as it is good, so that a login which ends between the keyring
 * and the file leaves the two in agreement.
 */
function keyringAccount({ identityPoolId, userId }: TokenOwner): string {
  return `${identityPoolId}/${userId}`;
}

/** @throws AuthCliError `invalid-configuration` */
export function storeSetting(variables: Environment["variables"]): "keyring" | "file" | undefined {
  const setting = variables["AUTH_CLI_STORE"];
  if (!setting) return undefined;
  if (setting === "keyring" || setting === "file") return setting;
  throw new AuthCliError("invalid-configuration", {
    message: `AUTH_CLI_STORE is ${JSON.stringify(setting)}`,
    fix: "set it to keyring or to file, or leave it out",
  });
}

function isKeyringError(error: unknown): error is AuthCliError {
  return (
    error instanceof AuthCliError && (error.code === "keyring-missing" || error.code === "keyring-failed")
  );
}
