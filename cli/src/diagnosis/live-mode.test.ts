import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reply } from "../../test/fakes/fake-environment.ts";
import type { Answer } from "../../test/fakes/scripted-services.ts";
import { smokeWith } from "../../test/fakes/smoke-world.ts";
import { authCli, reportedError, steps } from "../../test/fakes/world.ts";

/** What SST deploys for a function of `sst dev`. */
const bridge = readFileSync(
  new URL("../../../node_modules/sst/support/bridge/live-lambda.mjs", import.meta.url),
  "utf8",
);
const [, body = ""] = /statusCode:500,body:"(This function is in live [^"]*)"/.exec(bridge) ?? [];

const unanswered: Answer = () =>
  reply(500, body, [
    ["apigw-requestid", "request-1="],
    ["content-type", "text/plain;charset=UTF-8"],
  ]);

const known = {
  reason: "live-unanswered",
  cause: expect.stringContaining("`sst dev` is not running for this stage, or cannot reach AWS IoT"),
  fix: expect.stringContaining("run `npx sst dev --stage prod`"),
};

describe("a stage of `sst dev` without its developer's computer", () => {
  it.each([
    ["a signed call", ["call", "/private"]],
    ["an unsigned call", ["call", "/public", "--unsigned"]],
  ])("is named by %s without an experiment", async (_what, args) => {
    const ran = await authCli([...args, "--json"], { loggedIn: true, answers: { "api.call": unanswered } });
    expect(ran.code).toBe(22);
    expect(reportedError(ran)).toMatchObject(known);
    expect(steps(ran).filter((step) => step.startsWith("diagnosis."))).toEqual([]);
  });

  it("is named by smoke at the open route and at the protected one", async () => {
    const ran = await smokeWith([], {
      answers: { "private.signed": unanswered, "public.open": unanswered },
    });
    expect(ran.failed).toEqual(["public.open", "private.signed"]);
    for (const name of ["public.open", "private.signed"] as const)
      expect(ran.check(name).error).toMatchObject(known);
  });

  it("shows that an unsigned request reached the function", async () => {
    const ran = await smokeWith([], { answers: { "private.unsigned": unanswered } });
    expect(ran.check("private.unsigned").error).toMatchObject({ reason: "route-open" });
  });

  it("is not assumed of another server that repeats the words", async () => {
    const answers = { "api.call": () => reply(500, body), "diagnosis.*": () => reply(500, body) };
    const ran = await authCli(["call", "/private", "--json"], { loggedIn: true, answers });
    expect(reportedError(ran)["reason"]).toBe("undetermined");
  });
});
