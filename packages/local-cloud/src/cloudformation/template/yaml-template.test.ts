import { expect, it } from "vitest";
import { parseYamlTemplate } from "./yaml-template.ts";

it("names the place of the first error in one line", () => {
  expect(() => parseYamlTemplate("Resources:\n  A: [1\n  B: 2\n  C: ]\n")).toThrow(
    /^Template format error: YAML not well-formed\. \(.* at line 3, column \d+\)$/,
  );
});
