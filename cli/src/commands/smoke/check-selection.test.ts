import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fakes/fake-environment.ts";
import { parseCheckNames, selectChecks } from "./check-selection.ts";
import { type CheckName, checkNames } from "./report.ts";

describe("the names of checks", () => {
  it("come alone or in a list", () => {
    expect(parseCheckNames("--only", "private.signed")).toEqual(["private.signed"]);
    expect(parseCheckNames("--only", "public.open, private.signed")).toEqual([
      "public.open",
      "private.signed",
    ]);
  });

  it.each([
    ["private.sgned", "private.signed"],
    ["private.Signed", "private.signed"],
    ["identity", "identity.match"],
    ["cognito.getid", "cognito.get-id"],
    ["twitter", "twitter.token"],
    ["guest", "cognito.guest"],
    ["signed", "private.signed"],
    ["", undefined],
    ["zzzzzzzzzz", undefined],
  ])("%j is none: %s may be meant", async (name, meant) => {
    const error = await failure(() => parseCheckNames("--skip", `public.open,${name}`));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toBe(`${JSON.stringify(name)} is not a check (--skip)`);
    expect(error.fix).toBe(
      meant === undefined ? "name one of them, or several with commas" : `did you mean --skip ${meant}?`,
    );
    for (const known of checkNames) expect(error.cause).toContain(known);
  });
});

function running(only: CheckName[], skip: CheckName[]): CheckName[] {
  const { whyLeftOut } = selectChecks(only, skip);
  return checkNames.filter((name) => whyLeftOut(name) === undefined);
}

describe("which checks run", () => {
  it.each<[only: CheckName[], skip: CheckName[], CheckName[]]>([
    [[], [], [...checkNames]],
    [["public.open"], [], ["outputs", "public.open"]],
    [["outputs"], [], ["outputs"]],
    [
      ["identity.match"],
      [],
      ["outputs", "cognito.get-id", "cognito.get-credentials", "private.signed", "identity.match"],
    ],
    [
      ["private.tampered", "public.open"],
      ["public.open"],
      ["outputs", "cognito.get-id", "cognito.get-credentials", "private.tampered"],
    ],
    [[], ["twitter.token"], checkNames.filter((name) => name !== "twitter.token")],
  ])("--only %j --skip %j", (only, skip, names) => {
    expect(running(only, skip)).toEqual(names);
  });

  it("says by which flag one is left out", () => {
    const { whyLeftOut } = selectChecks(["public.open", "cognito.guest"], ["cognito.guest"]);
    expect(whyLeftOut("cognito.guest")).toBe("left out by --skip");
    expect(whyLeftOut("private.signed")).toBe("left out by --only");
  });

  it.each<[CheckName[], CheckName[], string]>([
    [[], checkNames.slice(1), "leave no check to run"],
    [["public.open"], ["public.open"], "leave no check to run"],
    [[], ["outputs"], "outputs cannot be skipped"],
  ])("is refused when that leaves nothing: --only %j --skip %j", async (only, skip, message) => {
    const error = await failure(() => selectChecks(only, skip));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toContain(message);
  });
});
