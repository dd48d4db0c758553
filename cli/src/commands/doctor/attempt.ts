import { type AuthCliError, toAuthCliError } from "../../errors.ts";

/** What some work gave, or why it failed: a doctor looks at the one as at the other. */
export type Attempt<T> = { value: T; error?: undefined } | { value?: undefined; error: AuthCliError };

/** Never rejects, but for `interrupted`. */
export async function attempt<T>(work: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (thrown) {
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    return { error };
  }
}
