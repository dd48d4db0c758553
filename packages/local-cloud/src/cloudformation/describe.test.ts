import { expect, it } from "vitest";
import { summarizeTemplate } from "./describe.ts";

it("summarizes a template's metadata as JSON text, which ampx parses", async () => {
  const template = {
    Metadata: { "AWS::Amplify::Platform": { version: "1", stackOutputs: ["region"] } },
    Resources: { Topic: { Type: "AWS::SNS::Topic" } },
  };
  const { Metadata: metadata } = await summarizeTemplate(JSON.stringify(template));
  expect(JSON.parse(metadata ?? "")).toEqual(template.Metadata);
});
