import { AuthCliError } from "../errors.ts";

/** The error after Ctrl-C or SIGTERM. */
export function interrupted(): AuthCliError {
  return new AuthCliError("interrupted", { message: "interrupted" });
}
