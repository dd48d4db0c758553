import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { generate } from "./generate-evidence-tables.ts";

it.each(generate())("$file has the tables that `npm run generate` writes", ({ file, text }) => {
  expect(readFileSync(file, "utf8")).toBe(text);
});
