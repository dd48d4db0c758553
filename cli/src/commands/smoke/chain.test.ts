import { describe, expect, it } from "vitest";
import { signedControlNames } from "./checks/negative-controls.ts";
import type { Answer } from "../../../test/fakes/scripted-services.ts";
import { meeting, smokeWith } from "../../../test/fakes/smoke-world.ts";

/** Answers none of these requests before all are open. */
function together(names: readonly string[]): Record<string, Answer> {
  const meet = meeting(names.length);
  const waits: Answer = async () => {
    await meet();
    return undefined;
  };
  return Object.fromEntries(names.map((name) => [name, waits]));
}

describe("concurrency", () => {
  it("takes two round trips for the token exchange and the independent checks, then one", async () => {
    const beside = ["twitter.token", "cognito.guest", "public.open", "private.unsigned", "cognito.get-id"];
    const after = [...signedControlNames, "private.signed"];
    const ran = await smokeWith([], {
      answers: { ...together(beside), ...together(after) },
    });
    expect([ran.code, ran.failed]).toEqual([0, []]);
    expect(ran.environment.requests).toHaveLength(beside.length + after.length + 1);
  });
});

describe("connections to the API", () => {
  it.each([
    [[], 5],
    [["--route", "/a", "--route", "/b"], 10],
    [["--route", "/a", "--only", "private.signed"], 1],
    [["--only", "public.open"], 0],
    [Array.from({ length: 19 }, (_, index) => ["--route", `/${index}`]).flat(), 64],
  ])("open early: %j opens %i", async (args, count) => {
    const { environment, services } = await smokeWith(args);
    expect(environment.preconnected).toEqual(Array.from({ length: count }, () => services.apiEndpoint));
  });
});
