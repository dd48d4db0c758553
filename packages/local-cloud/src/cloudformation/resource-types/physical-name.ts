import { nameSuffix } from "../../aws/identifiers.ts";
import type { ResourceContext } from "./resource-type.ts";

/**
 * Generates the name of a resource without one in its template: `<stack>-<logical id>-<random>`, cut to the type's limit.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-physical-names.html}
 */
export function physicalName({ stackName, logicalId }: ResourceContext, maximumLength = 64): string {
  const suffix = nameSuffix();
  const room = maximumLength - suffix.length - 2;
  const logicalPart = logicalId.slice(0, Math.max(24, room - stackName.length));
  const stackPart = stackName.slice(0, room - logicalPart.length);
  return `${stackPart}-${logicalPart}-${suffix}`;
}
