import { describe, expect, it } from "vitest";
import { deployed, deployer, liveFunction, smokeWith, templateOf } from "../../../test/fakes/smoke-world.ts";

const routes = { "GET /private": "AWS_IAM", "GET /public": "NONE" };
const resources = { PrivateFunction: liveFunction };
const answers = deployed(routes, resources);
const files = { "/project/.sst/dist/prod-notes-ExampleStack.template.json": templateOf(routes, resources) };
const ci = { CI: "true" };

describe("a stage of `sst dev`", () => {
  it.each([
    ["CloudFormation", { variables: { ...deployer, ...ci }, answers }],
    ["/project/.sst/dist", { variables: ci, files }],
  ])("is not proven in CI, by the template in %s", async (source, world) => {
    const ran = await smokeWith([], world);
    expect([ran.code, ran.failed, ran.report.passed, ran.report.live]).toEqual([1, ["outputs"], false, true]);
    expect(ran.check("outputs").error).toMatchObject({
      message:
        "the stage prod is live: one function runs on the computer of a developer with `sst dev`, not in AWS",
      cause: expect.stringContaining(`${source} has the bridge of \`sst dev\` as PrivateFunction`),
      fix: "run `npx sst deploy --stage prod`, or pass --allow-live",
    });
    // The other checks are reported too.
    expect(ran.check("private.signed").status).toBe("passed");
  });

  it("is not proven in CI by named routes either", async () => {
    const world = { variables: { ...deployer, ...ci }, answers };
    expect((await smokeWith(["--route", "/private"], world)).failed).toEqual(["outputs"]);
  });

  it.each([
    ["in CI with --allow-live", ["--allow-live"], { ...deployer, ...ci }],
    ["outside CI", [], deployer],
    ["where CI is false", [], { ...deployer, CI: "false" }],
  ])("passes with a note %s", async (_what, args, variables) => {
    const ran = await smokeWith(args, { variables, answers });
    expect([ran.code, ran.failed, ran.report.live]).toEqual([0, [], true]);
    expect(ran.stderr).toMatch(
      /^note: the stage prod is live: one function runs on the computer of a developer/,
    );
  });

  it.each([
    ["deployed functions", deployed(routes, { PrivateFunction: { Type: "AWS::Lambda::Function" } })],
    ["no template", {}],
  ])("is not assumed of %s", async (_what, others) => {
    const ran = await smokeWith([], { variables: { ...deployer, ...ci }, answers: others });
    expect([ran.failed, ran.report.live]).toEqual([[], undefined]);
  });
});
