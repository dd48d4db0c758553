import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { file, generate } from "./generate-resource-specifications.ts";

it("resource-specifications.ts is what the generator writes", async () => {
  expect(readFileSync(file, "utf8")).toBe(await generate());
}, 60_000);
