import { AuthCliError, toErrorReport } from "../errors.ts";

/** A token that is given instead of a stored login. */
export interface GivenLogin {
  /** For people: a variable, a `.env` file, or the name that the caller of the library gives it. */
  source: string;
  /** The environment that holds the token. Undefined for a login given to the library. */
  environment?: {
    /** What holds the token. */
    variables: readonly string[];
    /** What to unset, so that a stored login is used. */
    toUnset: string;
  };
}

/**
 * The same error, with a fix for a given token. A login would not replace it, since the given one goes first.
 * @param given undefined for a stored login
 */
export function nameGivenLogin(error: AuthCliError, given: GivenLogin | undefined): AuthCliError {
  if (given === undefined || error.fix === undefined) return error;
  const { source, environment } = given;
  const replacement =
    environment === undefined
      ? `run $1 and put the new token into ${source}`
      : `set a new token in ${environment.variables.join(" and ")}, or unset ${environment.toUnset} and run $1`;
  const fix = error.fix
    // The cached AWS credentials of the token are renewed by a check.
    .replaceAll("`auth-cli login --force`", "`auth-cli status --check`")
    .replaceAll(/(?:run )?(`auth-cli login[^`]*`)(?: again)?/g, replacement);
  if (fix === error.fix) return error;
  const { code, ...details } = toErrorReport(error);
  return new AuthCliError(code, {
    ...details,
    fix,
    evidence: [...error.evidence, `the token comes from ${source}`],
  });
}
