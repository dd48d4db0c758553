import { expect, it } from "vitest";
import { parseJson, parseJsonObject } from "./json.ts";

it("refuses JSON that is nested too deep to be followed", () => {
  expect(parseJson(`${"[".repeat(200)}${"]".repeat(200)}`)).toBeInstanceOf(Array);
  expect(() => parseJson(`${'{"a":'.repeat(201)}1${"}".repeat(201)}`)).toThrow(SyntaxError);
});

it("finds an object only", () => {
  expect(parseJsonObject('{"a":1}')).toEqual({ a: 1 });
  for (const text of ["", "{", "[]", "null", "1", '{"a":'.repeat(300)])
    expect(parseJsonObject(text)).toBeUndefined();
});
