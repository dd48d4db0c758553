import { expect, it } from "vitest";
import { handler } from "./public.ts";

it("greets everybody", async () => {
  expect(await handler()).toEqual({ statusCode: 200, body: "Hello stranger!" });
});
