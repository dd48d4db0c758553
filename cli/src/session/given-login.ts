import { AuthCliError, toErrorReport } from "../errors.ts";

/** A token that the environment gives instead of a stored login. */
export interface GivenLogin {
  /** For people: a variable, or a `.env` file. */
  source: string;
  /** What holds the token. */
  variables: readonly string[];
  /** What to unset, so that a stored login is used. */
  toUnset: string;
}

/**
 * The same error, with a fix for a token from the environment. A login would not replace it, since the environment goes
 * first.
 * @param given undefined for a stored login
 */
export function nameGivenLogin(error: AuthCliError, given: GivenLogin | undefined): AuthCliError {
  if (given === undefined || error.fix === undefined) return error;
  const names = given.variables.join(" and ");
  const fix = error.fix
    // The cached AWS credentials of the token are renewed by a check.
    .replaceAll("`auth-cli login --force`", "`auth-cli status --check`")
    .replaceAll(
      /(?:run )?(`auth-cli login[^`]*`)(?: again)?/g,
      `set a new token in ${names}, or unset ${given.toUnset} and run $1`,
    );
  if (fix === error.fix) return error;
  const { code, ...details } = toErrorReport(error);
  return new AuthCliError(code, {
    ...details,
    fix,
    evidence: [...error.evidence, `the token comes from ${given.source}`],
  });
}
