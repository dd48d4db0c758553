import { functionRefusals, permissionRefusals } from "../cloudformation/resource-types/lambda-refusals.ts";

/** Every refusal of the local cloud. docs/local-cloud.md and the tests of the refusals are generated from it. */
export const refusals = {
  functionRefusals,
  permissionRefusals,
};
