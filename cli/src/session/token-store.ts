import type { Environment } from "../environment/environment.ts";
import { AuthCliError } from "../errors.ts";

/** A login's secret in sessions.json: the secret, or a note that the keyring has it. */
export type StoredSecret = { secret: string } | { secretIn: "keyring" };

interface Stored {
  /** The value for the file. */
  secret: StoredSecret;
  /** Shown when the file holds no secret yet. */
  firstTimeNotice?: string;
}

/** The login that a secret belongs to. */
export interface SecretOwner {
  /** The account of the keyring entry. */
  account: string;
  /** For display: `@alice`. */
  name: string;
  /** The command that logs this user in again: `auth-cli login`. */
  loginCommand: string;
}

type TokenEnvironment = Pick<Environment, "keyring" | "terminal" | "variables">;

/**
 * Stores a login's secret in the OS keyring, or in the file if there is no keyring, the keyring fails (with a warning) or
 * `AUTH_CLI_STORE` is `file`.
 * @param path the path of the file
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
    const instead = `the login is stored in ${path}, which only you can read`;
    if (error.code === "keyring-missing" && setting === undefined)
      return { secret, firstTimeNotice: `notice: ${error.message}; ${instead}` };
    terminal.say(`warning: ${error.message} (${error.cause ?? "unknown"}); ${instead}`);
    return { secret };
  }
}

/**
 * Reads the secret from the file or the keyring.
 * @throws AuthCliError `not-logged-in` when the keyring fails or no longer has it
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
      message: `cannot read the token of ${name} from the OS keyring`,
      cause: `${error.message}: ${error.cause ?? "unknown"}`,
      fix: `unlock the keyring and run the command again, or log in with \`AUTH_CLI_STORE=file ${loginCommand}\``,
    });
  });
  if (secret !== undefined) return secret;
  throw new AuthCliError("not-logged-in", {
    message: `the OS keyring no longer has the token of ${name}`,
    cause: `the entry auth-cli, ${account} was removed`,
    fix: `run \`${loginCommand}\``,
  });
}

/** Removes the secret from the keyring. Warns if the keyring fails, because the entry stays there. */
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
      `warning: ${error.message} (${error.cause ?? "unknown"}); the entry auth-cli, ${account} stays there`,
    );
  }
}

/** @throws AuthCliError `invalid-configuration` */
export function storeSetting(variables: Environment["variables"]): "keyring" | "file" | undefined {
  const setting = variables["AUTH_CLI_STORE"];
  if (!setting) return undefined;
  if (setting === "keyring" || setting === "file") return setting;
  throw new AuthCliError("invalid-configuration", {
    message: `invalid AUTH_CLI_STORE ${JSON.stringify(setting)}`,
    fix: "set it to keyring or file, or unset it",
  });
}

function isKeyringError(error: unknown): error is AuthCliError {
  return (
    error instanceof AuthCliError && (error.code === "keyring-missing" || error.code === "keyring-failed")
  );
}
