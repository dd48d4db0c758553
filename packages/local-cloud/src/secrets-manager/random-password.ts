import { randomInt } from "node:crypto";
import { secretRefusals } from "./secret-refusals.ts";

/** The options of GetRandomPassword, which GenerateSecretString of AWS::SecretsManager::Secret has too. */
export interface PasswordOptions {
  /** 32 by default. */
  length?: number | undefined;
  excludeCharacters?: string | undefined;
  excludeLowercase?: boolean | undefined;
  excludeNumbers?: boolean | undefined;
  excludePunctuation?: boolean | undefined;
  excludeUppercase?: boolean | undefined;
  includeSpace?: boolean | undefined;
  /** True by default. */
  requireEachIncludedType?: boolean | undefined;
}

/**
 * A password as Secrets Manager generates it.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
 */
export function randomPassword({
  length = 32,
  excludeCharacters = "",
  requireEachIncludedType = true,
  ...options
}: PasswordOptions): string {
  secretRefusals.passwordLength.when(!Number.isInteger(length) || length < 1 || length > 4096);
  const types = [
    options.excludeLowercase !== true && "abcdefghijklmnopqrstuvwxyz",
    options.excludeUppercase !== true && "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    options.excludeNumbers !== true && "0123456789",
    options.excludePunctuation !== true && "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    options.includeSpace === true && " ",
  ]
    .filter((type) => type !== false)
    .map((type) => Array.from(type).filter((character) => !excludeCharacters.includes(character)))
    .filter((type) => type.length > 0);
  secretRefusals.passwordCharacters.when(types.length === 0);
  const required = requireEachIncludedType ? types : [];
  secretRefusals.passwordTypes.when(required.length > length);
  const all = types.flat();
  const characters = [
    ...required.map(pick),
    ...Array.from({ length: Math.max(0, length - required.length) }, () => pick(all)),
  ];
  // Shuffled, so that the required types are anywhere.
  for (let index = characters.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    [characters[index], characters[other]] = [characters[other] ?? "", characters[index] ?? ""];
  }
  return characters.join("");
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? "";
}
