import { expect, it } from "vitest";
import { parseJson } from "./json.ts";

it("refuses JSON that is nested too deep to be followed", () => {
  expect(parseJson(`${"[".repeat(200)}${"]".repeat(200)}`)).toBeInstanceOf(Array);
  expect(() => parseJson(`${'{"a":'.repeat(201)}1${"}".repeat(201)}`)).toThrow(SyntaxError);
});
