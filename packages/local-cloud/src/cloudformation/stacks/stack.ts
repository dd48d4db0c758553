import type { JsonObject } from "../../aws/json-protocol.ts";
import type { StackParameter } from "../template/parameters.ts";
import type { DeletionPolicy, Template } from "../template/template.ts";

export type StackStatus =
  | "REVIEW_IN_PROGRESS"
  | "CREATE_IN_PROGRESS"
  | "CREATE_FAILED"
  | "CREATE_COMPLETE"
  | "ROLLBACK_IN_PROGRESS"
  | "ROLLBACK_FAILED"
  | "ROLLBACK_COMPLETE"
  | "UPDATE_IN_PROGRESS"
  | "UPDATE_FAILED"
  | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
  | "UPDATE_COMPLETE"
  | "UPDATE_ROLLBACK_IN_PROGRESS"
  | "UPDATE_ROLLBACK_FAILED"
  | "UPDATE_ROLLBACK_COMPLETE"
  | "DELETE_IN_PROGRESS"
  | "DELETE_FAILED"
  | "DELETE_COMPLETE";

export type ResourceStatus =
  `${"CREATE" | "UPDATE" | "DELETE"}_${"IN_PROGRESS" | "FAILED" | "COMPLETE"}` | "DELETE_SKIPPED";

/** A resource of a stack, as it stands. */
export interface StackResource {
  logicalId: string;
  type: string;
  /** Undefined as long as it has not been created. */
  physicalId: string | undefined;
  attributes: Readonly<Record<string, unknown>>;
  /** Intrinsic functions resolved; dynamic references still references, so that no secret is kept. */
  properties: JsonObject;
  metadata: unknown;
  deletionPolicy: DeletionPolicy;
  updateReplacePolicy: DeletionPolicy;
  dependencies: string[];
  status: ResourceStatus;
  /**
   * Why it failed in the stack's last operation. Unlike AWS it is kept when the rollback has put the resource right:
   * `sst deploy` looks for reasons here when the operation is already over at its first look.
   */
  statusReason: string | undefined;
  lastUpdated: Date;
}

export interface StackEvent {
  eventId: string;
  logicalId: string;
  physicalId: string;
  resourceType: string;
  timestamp: Date;
  status: StackStatus | ResourceStatus;
  statusReason: string | undefined;
  clientRequestToken: string | undefined;
}

export interface StackOutput {
  key: string;
  value: string;
  description: string | undefined;
  exportName: string | undefined;
}

export interface Tag {
  key: string;
  value: string;
}

/** What a stack was last asked to be. */
export interface StackRequest {
  template: Template;
  parameters: ReadonlyMap<string, StackParameter>;
  tags: readonly Tag[];
  capabilities: readonly string[];
  roleArn: string | undefined;
  clientRequestToken: string | undefined;
}

export interface Stack {
  /** ARN. */
  stackId: string;
  stackName: string;
  status: StackStatus;
  statusReason: string | undefined;
  creationTime: Date;
  lastUpdatedTime: Date | undefined;
  deletionTime: Date | undefined;
  /** Undefined for a stack that a change set is to create. */
  request: StackRequest | undefined;
  disableRollback: boolean;
  terminationProtection: boolean;
  outputs: StackOutput[];
  /** Names of exports of other stacks that this one uses. */
  imports: Set<string>;
  resources: Map<string, StackResource>;
  /** Newest first. */
  events: StackEvent[];
}

export function isInProgress({ status }: Stack): boolean {
  return status.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS";
}

/** Whether there is something behind the record of a resource. */
export function exists(
  resource: StackResource | undefined,
): resource is StackResource & { physicalId: string } {
  return resource?.physicalId !== undefined && resource.status !== "DELETE_COMPLETE";
}
