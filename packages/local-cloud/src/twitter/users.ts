import { createHash } from "node:crypto";

export interface TwitterUser {
  /** Decimal, nineteen digits: too long for a JavaScript number, as ids of real accounts are. */
  userId: string;
  /** As shown, without the `@`. */
  screenName: string;
}

/** Two people to log in as without typing. */
export const readyScreenNames = ["ada_local", "grace_local"] as const;

/** What X allows in a screen name. */
export const screenNamePattern = "[A-Za-z0-9_]{1,15}";

/**
 * The user of a screen name. Everyone exists, and has the same id in every run: screen names are compared without
 * case, so that the id comes from the lower-case name.
 *
 * @param text with or without the `@`
 * @returns undefined when X would not allow the name
 */
export function findUser(text: string): TwitterUser | undefined {
  const name = text.trim().replace(/^@/, "");
  if (!new RegExp(`^${screenNamePattern}$`).test(name)) return undefined;
  const lowerCase = name.toLowerCase();
  const digest = createHash("sha256").update(lowerCase).digest().readBigUInt64BE();
  return {
    userId: String(10n ** 18n + (digest % 10n ** 18n)),
    screenName: readyScreenNames.find((ready) => ready === lowerCase) ?? name,
  };
}
