import {
  attachmentRefusals,
  oidcProviderRefusals,
  roleRefusals,
} from "../cloudformation/resource-types/iam-refusals.ts";
import { functionRefusals, permissionRefusals } from "../cloudformation/resource-types/lambda-refusals.ts";
import { policyRefusals } from "../iam/policy-refusals.ts";

/** Every refusal of the local cloud. docs/local-cloud.md and the tests of the refusals are generated from it. */
export const refusals = {
  functionRefusals,
  permissionRefusals,
  policyRefusals,
  roleRefusals,
  attachmentRefusals,
  oidcProviderRefusals,
};
