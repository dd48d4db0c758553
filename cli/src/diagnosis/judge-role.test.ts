import { expect, it } from "vitest";
import { roleBelongsTo } from "./judge-role.ts";

it.each([
  ["prod-notes-ExampleStack-AuthRole-1A2B", "prod", "notes", { own: true, stage: "prod" }],
  ["dev-notes-ExampleStack-AuthRole-1A2B", "prod", "notes", { own: false, stage: "dev" }],
  // CloudFormation cuts the stack's name.
  [
    "prod-a-very-long-name-of-CognitoIdentityPoolAuthRole-1A2B",
    "prod",
    "a-very-long-name-of-an-app",
    { own: true, stage: "prod" },
  ],
  ["set-by-hand", "prod", "notes", undefined],
  ["prod-notes-ExampleStack-AuthRole-1A2B", undefined, "notes", undefined],
  ["prod-notes-ExampleStack-AuthRole-1A2B", "prod", undefined, undefined],
])("finds the stage of the role %s (stage %s, app %s)", (role, stage, appName, expected) => {
  expect(roleBelongsTo(role, { stage, appName })).toEqual(expected);
});
