import * as fc from "fast-check";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";

import { compileArnPattern, matchesGlob } from "./wildcards.ts";

/** The definition, character by character, without a regular expression. */
function matches([first, ...pattern]: readonly string[], text: readonly string[]): boolean {
  if (first === undefined) return text.length === 0;
  if (first === "*")
    return matches(pattern, text) || (text.length > 0 && matches([first, ...pattern], text.slice(1)));
  return text.length > 0 && (first === "?" || first === text[0]) && matches(pattern, text.slice(1));
}

function fieldsOf(arn: string): string[] {
  const [partition = "", ...rest] = arn.split(":");
  const fields = [partition, ...rest];
  return fields.length <= 6 ? fields : [...fields.slice(0, 5), fields.slice(5).join(":")];
}

describe("matchesGlob", () => {
  it("needs no more time for many stars", () => {
    const stars = "*a".repeat(40);
    expect(matchesGlob(`${stars}b`, "a".repeat(1000))).toBe(false);
    expect(matchesGlob(`${stars}*`, "a".repeat(1000))).toBe(true);
  });
});

describe("compileArnPattern", () => {
  it("agrees with a comparison character by character", () => {
    const field = fc.array(fc.constantFrom("a", "b", "*", "?", "/", ".", "$", "😀", "(", "\n"), {
      maxLength: 4,
    });
    const arn = fc.array(
      field.map((characters) => characters.join("")),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(arn, arn, fc.array(fc.nat(7), { maxLength: 3 }), (pattern, others, same) => {
        // Fields taken from the pattern make matches likely.
        const fields = others.map((other, i) => (same.includes(i) ? (pattern[i] ?? other) : other));
        const [wanted, actual] = [fieldsOf(pattern.join(":")), fieldsOf(fields.join(":"))];
        const expected =
          pattern.join(":") === "*" ||
          wanted.every((glob, i) => matches(Array.from(glob), Array.from(actual[i] ?? "")));
        expect(compileArnPattern(pattern.join(":"))(fields.join(":"))).toBe(expected);
      }),
      { numRuns: testRuns(100) },
    );
  });
});
