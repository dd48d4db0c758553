import { createHash } from "node:crypto";

export interface TwitterUser {
  /** Decimal, nineteen digits: too long for a JavaScript number, like real ids. */
  userId: string;
  /** Without the `@`. */
  screenName: string;
}

/** The users that the authorize page lists. */
export const readyScreenNames = ["ada_local", "grace_local"] as const;

export const screenNamePattern = "[A-Za-z0-9_]{1,15}";

/**
 * The user of a screen name. Every valid name exists, with the same id in every run. Screen names ignore case, so the id
 * is derived from the lower-case name.
 *
 * @param text with or without the `@`
 * @returns undefined for a name that X does not allow
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
