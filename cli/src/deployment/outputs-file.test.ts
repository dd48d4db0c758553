import { expect, it } from "vitest";
import { parseOutputs } from "./outputs-file.ts";

it("reads stacks whose name is not text", () => {
  const stacks = [
    { StackName: { toString: 1 }, Outputs: [] },
    {
      StackName: "prod-notes-Api",
      Outputs: [{ OutputKey: "ApiEndpoint", OutputValue: "https://a.example" }],
    },
  ];
  const context = { appName: "notes", stage: "prod" };
  expect(parseOutputs("outputs.json", JSON.stringify({ Stacks: stacks }), context)).toMatchObject([
    { stage: "prod", values: { ApiEndpoint: "https://a.example" } },
  ]);
});
