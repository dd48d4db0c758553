import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { addMember } from "./package-json.ts";

const addSmoke = (text: string): string => addMember(text, "scripts", "smoke", "auth-cli smoke");

describe("addMember", () => {
  it.each([
    [
      "two spaces",
      '{\n  "scripts": {\n    "a": "b"\n  }\n}\n',
      '{\n  "scripts": {\n    "a": "b",\n    "smoke": "auth-cli smoke"\n  }\n}\n',
    ],
    [
      "tabs, CRLF and no final newline",
      '{\r\n\t"scripts": {\r\n\t\t"a": "b"\r\n\t},\r\n\t"z": 1\r\n}',
      '{\r\n\t"scripts": {\r\n\t\t"a": "b",\r\n\t\t"smoke": "auth-cli smoke"\r\n\t},\r\n\t"z": 1\r\n}',
    ],
    [
      "no scripts",
      '{\n    "name": "x"\n}\n',
      '{\n    "name": "x",\n    "scripts": {\n        "smoke": "auth-cli smoke"\n    }\n}\n',
    ],
    [
      "empty scripts, and a lookalike before them",
      '{\n  "x": ["\\"}", { "scripts": {} }],\n  "scripts": {}\n}',
      '{\n  "x": ["\\"}", { "scripts": {} }],\n  "scripts": {\n    "smoke": "auth-cli smoke"\n  }\n}',
    ],
    [
      "scripts on one line",
      '{\n  "scripts": { "a": "b" }\n}\n',
      '{\n  "scripts": { "a": "b", "smoke": "auth-cli smoke" }\n}\n',
    ],
    ["a file on one line", '{"a":1}', '{"a":1,"scripts": {"smoke": "auth-cli smoke"}}'],
    ["an empty object", "{}\n", '{\n  "scripts": {\n    "smoke": "auth-cli smoke"\n  }\n}\n'],
    [
      "a byte order mark",
      '\uFEFF{\n  "a": 1\n}\n',
      '\uFEFF{\n  "a": 1,\n  "scripts": {\n    "smoke": "auth-cli smoke"\n  }\n}\n',
    ],
    [
      "scripts twice, of which npm takes the last",
      '{\n  "scripts": {},\n  "scripts": {}\n}',
      '{\n  "scripts": {},\n  "scripts": {\n    "smoke": "auth-cli smoke"\n  }\n}',
    ],
  ])("keeps %s", (_what, before, after) => {
    expect(addSmoke(before)).toBe(after);
  });

  it("adds to any JSON object, and changes no other value", () => {
    const scripts = fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined });
    const rest = fc.dictionary(
      fc.string().filter((key) => key !== "scripts" && key !== "__proto__"),
      fc.jsonValue(),
    );
    const indents = fc.constantFrom(undefined, "\t", 1, 2, 4);
    fc.assert(
      fc.property(rest, scripts, rest, indents, (first, own, last, indent) => {
        const content = { ...first, ...(own && { scripts: own }), ...last };
        const { smoke: _smoke, ...others } = own ?? {};
        const before = JSON.stringify({ ...content, ...(own && { scripts: others }) }, undefined, indent);
        const after = JSON.parse(addSmoke(before)) as object;
        expect(after).toEqual({
          ...(JSON.parse(before) as object),
          scripts: { ...others, smoke: "auth-cli smoke" },
        });
      }),
      { numRuns: testRuns(100) },
    );
  });
});
