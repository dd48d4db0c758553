import { expect, it } from "vitest";
import { actionMatches, wildcardMatches } from "./policy.ts";

it.each([
  ["arn:aws:execute-api:*:*:api/*/GET/*", "arn:aws:execute-api:us-east-1:1:api/$default/GET/x", true],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["a*", "a", true],
  ["a", "ab", false],
  ["*a*b", "xaxbxb", true],
  ["*.*", "ab", false],
  [`${"*a".repeat(40)}b`, "a".repeat(1000), false],
])("matches the pattern %s with %s: %s", (pattern, text, expected) => {
  expect(wildcardMatches(pattern, text)).toBe(expected);
});

it("matches no action with what is not text", () => {
  expect(actionMatches([{ toString: 1 }, 1], "iam:GetRole")).toBe(false);
  expect(actionMatches("IAM:get*", "iam:GetRole")).toBe(true);
});
