import { randomUUID } from "node:crypto";
import type { Account } from "../../account.ts";
import type { JsonObject } from "../../aws/json-protocol.ts";
import type { ParameterInput, StackParameter } from "../template/parameters.ts";
import type { DeletionPolicy, Template } from "../template/template.ts";
import { stackRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";

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

export interface StackResource {
  logicalId: string;
  type: string;
  /** Undefined until it is created. */
  physicalId: string | undefined;
  attributes: Readonly<Record<string, unknown>>;
  noEcho?: boolean | undefined;
  notRun?: string | undefined;
  /** Intrinsic functions resolved; dynamic references not, so that no secret is stored. */
  properties: JsonObject;
  metadata: unknown;
  deletionPolicy: DeletionPolicy;
  updateReplacePolicy: DeletionPolicy;
  dependencies: string[];
  status: ResourceStatus;
  /**
   * Why the resource failed in the stack's last operation. Unlike in AWS the reason survives the rollback: `sst deploy`
   * reads it here when the operation ends before the first poll.
   */
  statusReason: string | undefined;
  lastUpdated: Date;
}

export interface StackEvent {
  eventId: string;
  operationId: string;
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

/** A request to create or update a stack, not validated yet. */
export interface StackInput {
  stackName: string;
  /** Undefined to keep the stack's template. */
  templateBody: string | undefined;
  parameters: readonly ParameterInput[];
  /** Undefined to keep the stack's tags. */
  tags: readonly Tag[] | undefined;
  capabilities: readonly string[];
  roleArn: string | undefined;
  clientRequestToken: string | undefined;
}

/** The template and settings that a stack was last created or updated with. */
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
  /** ARN of the stack whose resource this one is. */
  parentId?: string | undefined;
  /** ARN of the stack above all of its parents. */
  rootId?: string | undefined;
  status: StackStatus;
  statusReason: string | undefined;
  creationTime: Date;
  lastUpdatedTime: Date | undefined;
  deletionTime: Date | undefined;
  /** Undefined for a stack that an unexecuted change set creates. */
  request: StackRequest | undefined;
  disableRollback: boolean;
  terminationProtection: boolean;
  outputs: StackOutput[];
  /** Names of exports of other stacks that this one uses. */
  imports: Set<string>;
  resources: Map<string, StackResource>;
  /** Of the operation that runs, or ran last. */
  operationId: string;
  /** Newest first. */
  events: StackEvent[];
}

export type DeployedResource = StackResource & { physicalId: string };

/** Whether the resource is deployed, rather than only recorded. */
export function exists(resource: StackResource | undefined): resource is DeployedResource {
  return resource?.physicalId !== undefined && resource.status !== "DELETE_COMPLETE";
}

/** The resources that exist, in the order of their creation. */
export function existingResources({ resources }: Pick<Stack, "resources">): DeployedResource[] {
  return [...resources.values()].filter(exists);
}

/** @throws ServiceError ValidationError for an invalid name */
export function newStack(stackName: string, { accountId, region }: Account, creationTime: Date): Stack {
  stackRefusals.stackName.when(!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stackName), stackName);
  return {
    stackId: `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${randomUUID()}`,
    stackName,
    status: "CREATE_IN_PROGRESS",
    statusReason: undefined,
    creationTime,
    lastUpdatedTime: undefined,
    deletionTime: undefined,
    request: undefined,
    disableRollback: false,
    terminationProtection: false,
    outputs: [],
    imports: new Set(),
    resources: new Map(),
    operationId: randomUUID(),
    events: [],
  };
}

/** @throws ServiceError ValidationError while an operation runs */
export function requireIdle(stack: Stack, verb: string): void {
  if (stack.status.endsWith("_IN_PROGRESS") && stack.status !== "REVIEW_IN_PROGRESS") {
    throw validationError(`Stack:${stack.stackId} is in ${stack.status} state and can not be ${verb}.`);
  }
}

/** @throws ServiceError ValidationError */
export function requireUpdatable(stack: Stack): void {
  const updatable = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];
  const isUpdatable = updatable.includes(stack.status) || isLeftFailed(stack);
  stackRefusals.state.when(!isUpdatable, stack.stackId, stack.status);
}

/** Whether its last operation failed without a rollback. It may be tried again, or rolled back. */
export function isLeftFailed({ status, disableRollback }: Stack): boolean {
  return disableRollback && (status === "CREATE_FAILED" || status === "UPDATE_FAILED");
}

/** The status of a stack after a fault of the local cloud. */
export function failedStatus({ status }: Stack): Stack["status"] {
  if (status.startsWith("DELETE")) return "DELETE_FAILED";
  if (status.includes("UPDATE_ROLLBACK")) return "UPDATE_ROLLBACK_FAILED";
  if (status.startsWith("ROLLBACK")) return "ROLLBACK_FAILED";
  return status.startsWith("UPDATE") ? "UPDATE_FAILED" : "CREATE_FAILED";
}
