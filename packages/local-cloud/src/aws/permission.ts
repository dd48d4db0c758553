import type { PolicyDocument } from "../account.ts";
import type { RequestContext } from "../iam/conditions.ts";

/** What policies must allow for a request. */
export interface Permission {
  /** `secretsmanager:GetSecretValue`. */
  action: string;
  /** ARN, or `*`. */
  resource: string;
  /** What the refusal calls the resource; the ARN by default. */
  resourceName?: string;
  /** The service's own condition keys. */
  context?: RequestContext;
  /** The policy of the resource. */
  resourcePolicy?: PolicyDocument;
  /** The resource's own policy allows it. */
  isGranted?: boolean;
}
