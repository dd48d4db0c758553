import { expect, it } from "vitest";
import { generate, read } from "./generate-resource-schemas.ts";

it("resource-schemas.br is what the generator writes", () => {
  expect(read() === generate()).toBe(true);
}, 60_000);
