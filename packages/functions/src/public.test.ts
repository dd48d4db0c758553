import { expect, it } from "vitest";
import { handler } from "./public.ts";

it("greets every caller", async () => {
  expect(await handler()).toEqual({ statusCode: 200, body: "Hello stranger!" });
});
