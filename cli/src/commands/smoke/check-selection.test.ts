import { describe, expect, it } from "vitest";
import { rolesUnusable, smokeWith } from "../../../test/fakes/smoke-world.ts";
import { authCli, reportedError } from "../../../test/fakes/world.ts";
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

describe("--only and --skip", () => {
  it("--only runs the named checks and the checks they need, and skips the others with a reason", async () => {
    const ran = await smokeWith(["--only", "private.signed", "--only", "public.open"]);
    expect([ran.code, ran.failed]).toEqual([0, []]);
    expect(ran.passed).toEqual([
      "outputs",
      "cognito.get-id",
      "cognito.get-credentials",
      "public.open",
      "private.signed",
    ]);
    expect(ran.check("twitter.token").error?.message).toBe("excluded by --only");
    expect(ran.environment.requests.map(({ step }) => step).toSorted()).toEqual([
      "cognito.get-credentials",
      "cognito.get-id",
      "private.signed",
      "public.open",
    ]);
  });

  it("--skip excludes the named checks and the checks that need them", async () => {
    const ran = await smokeWith(["--skip", "private.signed,twitter.token"]);
    expect([ran.code, ran.failed, ran.skipped]).toEqual([
      0,
      [],
      ["twitter.token", "private.signed", "identity.match"],
    ]);
    expect(ran.check("private.signed").error?.message).toBe("excluded by --skip");
    expect(ran.check("identity.match").error?.message).toBe("needs private.signed, which was excluded");
  });

  it("--only reports the failure of a check that the named one needs", async () => {
    const ran = await smokeWith(["--only", "identity.match"], {
      answers: { "cognito.get-credentials": rolesUnusable },
    });
    expect([ran.code, ran.failed]).toEqual([1, ["cognito.get-credentials"]]);
    expect(ran.check("identity.match").error?.message).toBe("needs private.signed, which did not pass");
  });

  it("exits with 4 without a login, even without the check of the token", async () => {
    const ran = await smokeWith(["--skip", "twitter.token"], { loggedIn: false });
    expect([ran.code, ran.failed]).toEqual([4, ["cognito.get-id"]]);
    expect(ran.check("cognito.get-id").error?.code).toBe("not-logged-in");
  });

  it("needs no login for checks that do not use one", async () => {
    const ran = await smokeWith(["--only", "public.open,private.unsigned,cognito.guest"], {
      loggedIn: false,
    });
    expect([ran.code, ran.failed, ran.report.passed]).toEqual([0, [], true]);
  });

  it("exits with 2 and a report when no check could run", async () => {
    const ran = await smokeWith(["--only", "twitter.token"], {
      variables: { TWITTER_CONSUMER_KEY: "", TWITTER_CONSUMER_SECRET: "" },
    });
    expect([ran.code, ran.report.passed, ran.failed, ran.passed]).toEqual([2, false, [], ["outputs"]]);
    expect(reportedError(ran)).toMatchObject({
      code: "missing-configuration",
      message: "no check of prod could run",
      cause: expect.stringContaining("TWITTER_CONSUMER_KEY") as string,
    });
  });

  it("--only outputs passes when the deployment is found", async () => {
    const ran = await smokeWith(["--only", "outputs"]);
    expect([ran.code, ran.report.passed, ran.environment.requests]).toEqual([0, true, []]);
  });

  it.each([
    [["--skip", "outputs"], "cannot skip outputs (--skip)"],
    [["--only", "public.open", "--skip", "public.open"], "--only and --skip leave no check to run"],
    [["--only", "private.sgned"], 'invalid --only "private.sgned"'],
  ])("%j is a usage error", async (args, message) => {
    const ran = await authCli(["smoke", "--json", ...args], { loggedIn: true });
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(reportedError(ran)).toMatchObject({ code: "invalid-usage", message });
    expect(ran.environment.requests).toEqual([]);
  });
});
