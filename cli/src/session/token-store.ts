import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";

/** A login's secret as sessions.json holds it: itself, or the word that the keyring has it. */
export type StoredSecret = { secret: string } | { secretIn: "keyring" };

interface Stored {
  /** What the file is to hold. */
  secret: StoredSecret;
  /** To be told when the file holds no secret yet. */
  firstTimeNotice?: string;
}

/** Whose secret it is. */
export interface SecretOwner {
  /** What tells the secrets in the keyring apart. */
  account: string;
  /** For people: `@alice`. */
  name: string;
  /** The command that logs this user in again: `auth-cli login`. */
  loginCommand: string;
}

type TokenEnvironment = Pick<Environment, "keyring" | "terminal" | "variables">;

/**
 * Puts a login's secret into the OS keyring where there is one, unless `AUTH_CLI_STORE` says `file`. A keyring that
 * fails is told, and the file takes its place.
 * @param path of the file that takes it otherwise
 */
export async function storeSecret(
  { keyring, terminal, variables }: TokenEnvironment,
  { account }: SecretOwner,
  secret: StoredSecret,
  path: string,
): Promise<Stored> {
  const setting = storeSetting(variables);
  if ("secretIn" in secret || setting === "file") return { secret };
  try {
    await keyring.write(account, secret.secret);
    return { secret: { secretIn: "keyring" } };
  } catch (error) {
    if (!isKeyringError(error)) throw error;
    const instead = `the login is kept in ${path}, which only you can read`;
    if (error.code === "keyring-missing" && setting === undefined)
      return { secret, firstTimeNotice: `notice: ${error.message}; ${instead}\n` };
    terminal.say(`warning: ${error.message} (${error.cause ?? "unknown"}); ${instead}\n`);
    return { secret };
  }
}

/**
 * The secret itself, wherever that is.
 * @throws AuthCliError `not-logged-in` when the keyring no longer has it or does not give it
 */
export async function loadSecret(
  { keyring }: Pick<Environment, "keyring">,
  { account, name, loginCommand }: SecretOwner,
  stored: StoredSecret,
): Promise<string> {
  if (!("secretIn" in stored)) return stored.secret;
  const secret = await keyring.read(account).catch((error: unknown) => {
    if (!isKeyringError(error)) throw error;
    throw new AuthCliError("not-logged-in", {
      message: `the token of ${name} cannot be had from the OS keyring`,
      cause: `${error.message}: ${error.cause ?? "unknown"}`,
      fix: `unlock the keyring and run the command again, or log in with \`AUTH_CLI_STORE=file ${loginCommand}\``,
    });
  });
  if (secret !== undefined) return secret;
  throw new AuthCliError("not-logged-in", {
    message: `the token of ${name} is no longer in the OS keyring`,
    cause: `its entry auth-cli, ${account} was removed`,
    fix: `run \`${loginCommand}\``,
  });
}

/** Removes the secret from the keyring; a keyring that fails is told, and keeps it. */
export async function forgetSecret(
  { keyring, terminal }: Pick<Environment, "keyring" | "terminal">,
  { account }: SecretOwner,
  stored: StoredSecret,
): Promise<void> {
  if (!("secretIn" in stored)) return;
  try {
    await keyring.remove(account);
  } catch (error) {
    if (!isKeyringError(error)) throw error;
    terminal.say(
      `warning: ${error.message} (${error.cause ?? "unknown"}); its entry auth-cli, ${account} stays there\n`,
    );
  }
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
