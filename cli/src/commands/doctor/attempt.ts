import { type AuthCliError, toAuthCliError } from "../../errors.ts";

/** The result of some work, or the reason why it failed. */
export type Attempt<T> = { value: T; error?: undefined } | { value?: undefined; error: AuthCliError };

/** Never rejects, except with `interrupted`. */
export async function attempt<T>(work: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (thrown) {
    const error = toAuthCliError(thrown);
    if (error.code === "interrupted") throw error;
    return { error };
  }
}
