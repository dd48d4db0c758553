import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fakes/fake-environment.ts";
import { parseCheckNames, selectChecks } from "./check-selection.ts";
import { type CheckName, checkNames } from "./report.ts";

describe("parseCheckNames", () => {
  it("reads one name or a list", () => {
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
  ])("rejects %j and suggests %s", async (name, nearest) => {
    const error = await failure(() => parseCheckNames("--skip", `public.open,${name}`));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toBe(`invalid --skip ${JSON.stringify(name)}`);
    expect(error.fix).toBe(
      nearest === undefined
        ? "use one of these names, or several separated by commas"
        : `try --skip ${nearest}`,
    );
    for (const known of checkNames) expect(error.cause).toContain(known);
  });
});

function running(only: CheckName[], skip: CheckName[]): CheckName[] {
  const { whyExcluded } = selectChecks(only, skip);
  return checkNames.filter((name) => whyExcluded(name) === undefined);
}

describe("selectChecks", () => {
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
  ])("selects the checks of --only %j --skip %j", (only, skip, names) => {
    expect(running(only, skip)).toEqual(names);
  });

  it("names the flag that excludes a check", () => {
    const { whyExcluded } = selectChecks(["public.open", "cognito.guest"], ["cognito.guest"]);
    expect(whyExcluded("cognito.guest")).toBe("excluded by --skip");
    expect(whyExcluded("private.signed")).toBe("excluded by --only");
  });

  it.each<[CheckName[], CheckName[], string]>([
    [[], checkNames.slice(1), "leave no check to run"],
    [["public.open"], ["public.open"], "leave no check to run"],
    [[], ["outputs"], "cannot skip outputs (--skip)"],
  ])("rejects --only %j --skip %j", async (only, skip, message) => {
    const error = await failure(() => selectChecks(only, skip));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.message).toContain(message);
  });
});
