import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { deployedFile, generate, generateDeployed, read } from "./generate-resource-schemas.ts";

it("resource-schemas.br is what the generator writes", () => {
  expect(read() === generate()).toBe(true);
}, 60_000);

it("deployed-types.json is what the generator writes", async () => {
  expect(readFileSync(deployedFile, "utf8")).toBe(await generateDeployed());
}, 60_000);
