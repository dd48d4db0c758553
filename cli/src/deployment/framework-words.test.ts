import { describe, expect, it } from "vitest";
import { howToDeploy, inWordsOf } from "./framework-words.ts";

const readLog =
  "read the handler's log: `npx sst dev`, the CloudWatch log group of the function in us-east-1";

describe("inWordsOf", () => {
  it("leaves a fix for SST as it is", () => {
    expect(inWordsOf("sst", readLog)).toBe(readLog);
  });

  it.each(["cdk", "amplify", "sam", "serverless", undefined] as const)(
    "names no command of SST to %s",
    (framework) => {
      for (const fix of [
        readLog,
        "read its log: `npx sst dev`, CloudWatch, or the terminal",
        "run `npx sst deploy`",
      ]) {
        expect(inWordsOf(framework, fix)).not.toContain("sst");
      }
      expect(inWordsOf(framework, readLog)).toContain("the CloudWatch log group");
    },
  );

  it.each(["cdk", "amplify", "sam", "serverless"] as const)(
    "names no construct of SST to %s",
    (framework) => {
      expect(
        inWordsOf(framework, "find out; `auth.attachPermissionsForAuthUsers(stack, [api])` allows the route"),
      ).toMatch(/^find out; allow execute-api:Invoke .* if its policy lacks it$/);
      const fix =
        "set `cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } }` in identityPoolFederation and deploy, or pass --allow-guests";
      expect(inWordsOf(framework, fix)).toMatch(
        /^set `(?!cdk)[^`]*llowUnauthenticatedIdentities.* and deploy, or pass/,
      );
    },
  );

  it.each([
    ["cdk", "set `authorizer: new HttpNoneAuthorizer()` on the route in the stack and deploy"],
    ["sam", "set `Auth: { Authorizer: NONE }` on the route in the stack and deploy"],
    ["serverless", "remove `authorizer` from the route in the stack and deploy"],
  ] as const)("opens a route in the words of %s", (framework, fix) => {
    expect(inWordsOf(framework, 'set `authorizer: "none"` on the route in the stack and deploy')).toBe(fix);
  });

  it("says where CDK's users find the name of a stage", () => {
    expect(inWordsOf("cdk", "use the stage name of `npx sst deploy --stage …`")).toBe(
      "use a stage of the outputs file or of auth-cli.json",
    );
  });
});

describe("howToDeploy", () => {
  it("deploys, then writes the outputs", () => {
    expect(howToDeploy("cdk")).toEqual(["run `npx cdk deploy --all --outputs-file cdk-outputs.json`"]);
    expect(howToDeploy("amplify")).toEqual(["run `npx ampx sandbox --once`"]);
    expect(howToDeploy("sam")).toEqual([
      "run `sam build && sam deploy`",
      expect.stringContaining("describe-stacks"),
    ]);
  });
});
