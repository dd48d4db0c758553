import { expect, it } from "vitest";
import { ServiceError } from "../../aws/service-error.ts";
import { parseTemplate } from "./template.ts";

const deep = `${"[".repeat(600)}${"]".repeat(600)}`;

it.each([
  ["JSON", `{"Resources": {"A": {"Type": "T", "Properties": {"P": ${deep}}}}}`],
  ["YAML", `Resources: {A: {Type: T, Properties: {P: ${deep}}}}`],
])("refuses a template in %s that is nested too deep", async (_format, body) => {
  await expect(parseTemplate(body)).rejects.toThrow(ServiceError);
});
