import { isJsonObject } from "../../aws/json-protocol.ts";
import { evaluate, type Scope } from "./intrinsics.ts";
import type { Template } from "./template.ts";
import { validationError } from "../validation-error.ts";

/**
 * Checks the assertions of the Rules section.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html}
 *
 * @throws ServiceError ValidationError with the assertion's own description
 */
export function checkRules({ rules }: Template, scope: Scope): void {
  for (const [name, rule] of Object.entries(rules)) {
    if (!isJsonObject(rule)) throw validationError(`Template format error: Rule ${name} must be an object.`);
    if (rule["RuleCondition"] !== undefined && !evaluate(rule["RuleCondition"], scope, [])) continue;
    const assertions: unknown = rule["Assertions"];
    for (const assertion of Array.isArray(assertions) ? (assertions as unknown[]) : []) {
      if (!isJsonObject(assertion))
        throw validationError(`Template format error: Rule ${name} is malformed.`);
      if (evaluate(assertion["Assert"], scope, [])) continue;
      const description = assertion["AssertDescription"];
      throw validationError(
        `Template validation error: Rule ${name}: ${typeof description === "string" ? description : "an assertion does not hold"}`,
      );
    }
  }
}
