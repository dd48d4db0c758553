import { expect, it } from "vitest";
import { resolveParameters } from "./parameters.ts";
import { parseTemplate } from "./template.ts";

it("refuses an AllowedPattern that is not a regular expression", async () => {
  const Name = { Type: "String", Default: "a", AllowedPattern: "(" };
  const Resources = { A: { Type: "AWS::SQS::Queue" } };
  const template = await parseTemplate(JSON.stringify({ Parameters: { Name }, Resources }));
  expect(() => resolveParameters(template, [], new Map(), { find: () => undefined })).toThrow(
    expect.objectContaining({
      code: "ValidationError",
      message: expect.stringContaining("AllowedPattern of the parameter Name"),
    }),
  );
});
