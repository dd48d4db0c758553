import { describe, expect, it } from "vitest";
import { explainState } from "./state-errors.ts";

describe("the fix for a damaged state folder", () => {
  it.each([
    ["linux", "mv '/my state' '/my state.damaged'"],
    ["win32", 'move "/my state" "/my state.damaged"'],
  ] as const)("on %s is %s", (platform, command) => {
    const error = Object.assign(new Error("it is cut off"), {
      code: "STATE" as const,
      fault: "damaged" as const,
      folder: "/my state",
    });
    expect(explainState(error, platform).fix).toBe(`move it aside and deploy again: run \`${command}\``);
  });
});
