import { randomUUID } from "node:crypto";
import type { JsonObject } from "../../aws/json-protocol.ts";
import { dependenciesOf, inDependencyOrder } from "../template/dependencies.ts";
import type { Scope } from "../template/intrinsics.ts";
import { canonicalJson } from "../template/values.ts";
import { resolveOutputs } from "./outputs.ts";
import { causesReplacement, changedProperties, declaredProperties, deployedInOrder } from "./plan-changes.ts";
import {
  createResourceOperations,
  DeploymentFailure,
  newResource,
  recordedType,
  type ResourceEnvironment,
  type RollbackStep,
} from "./resource-operations.ts";
import {
  type DeployedResource,
  type Stack,
  type StackOutput,
  type StackRequest,
  type StackResource,
  type StackStatus,
  existingResources,
  exists,
} from "./stack.ts";
import { messageOf } from "../../error-text.ts";

export interface DeploymentEnvironment extends ResourceEnvironment {
  /** Resolves references in a template of this stack. */
  createScope(stack: Stack, request: StackRequest): Scope;
  /** @throws ServiceError when an export's name is taken, or a changed export is in use */
  checkExports(stack: Stack, outputs: readonly StackOutput[]): void;
  /** Called when the resources of a stack can no longer be rolled back. */
  finishNested?: (stack: Stack) => Promise<void>;
  /** Rollbacks of operations that failed with rollback disabled. Not part of a stack, which is saved: they are code. */
  pendingRollbacks: WeakMap<Stack, () => Promise<void>>;
  /** Gets each stack whose status has changed. */
  onStatus?: (stack: Stack) => void;
}

/** Creates or updates a stack. */
export async function deployStack(...deployment: Parameters<typeof deployResources>): Promise<void> {
  const { failure, finish } = await deployResources(...deployment);
  if (failure === undefined) await finish();
}

/** A stack whose resources are created or updated. */
export interface Deployment {
  /** Why it has failed. It is then rolled back, unless the stack disables that. */
  failure: string | undefined;
  rollBack: () => Promise<void>;
  /** Ends an update: removes what it has replaced. */
  finish: () => Promise<void>;
}

/**
 * Creates or updates a stack, resource by resource in dependency order. Replaced and removed resources are deleted
 * last, so that a failure before that can be rolled back: each step is rolled back in reverse order.
 */
export async function deployResources(
  stack: Stack,
  request: StackRequest,
  operation: "CREATE" | "UPDATE",
  environment: DeploymentEnvironment,
): Promise<Deployment> {
  const rollbackSteps: RollbackStep[] = [];
  const obsolete: DeployedResource[] = [];
  const scope = environment.createScope(stack, request);
  const resources = createResourceOperations(stack, environment, request.clientRequestToken, rollbackSteps);
  const setStatus = (status: StackStatus, reason?: string): void =>
    setStackStatus(stack, status, reason, request.clientRequestToken, environment);

  const { pendingRollbacks } = environment;
  const rollBackEarlierOperation = pendingRollbacks.get(stack);
  pendingRollbacks.delete(stack);
  const previous = { request: stack.request, outputs: stack.outputs, imports: stack.imports };
  for (const resource of stack.resources.values()) resource.statusReason = undefined;
  setStatus(`${operation}_IN_PROGRESS`, "User Initiated");
  if (operation === "UPDATE") stack.lastUpdatedTime = environment.now();
  stack.imports = new Set();
  stack.request = request;

  let order: string[] = [];
  try {
    order = deployedInOrder(request, scope);
    const dependencies = dependenciesOf(request.template);
    for (const logicalId of order) {
      await deployResource(logicalId, dependencies.get(logicalId) ?? []);
    }
    const outputs = resolveOutputs(request, scope);
    environment.checkExports(stack, outputs);
    stack.outputs = outputs;
  } catch (error) {
    await rollBackUnlessDisabled(messageOf(error));
    return {
      failure: messageOf(error),
      rollBack: () => pendingRollbacks.get(stack)?.() ?? Promise.resolve(),
      finish: () => Promise.resolve(),
    };
  }

  if (operation === "CREATE") await finish();
  else setStatus("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
  return {
    failure: undefined,
    rollBack: () => rollBack("User Initiated"),
    finish: operation === "CREATE" ? () => Promise.resolve() : finish,
  };

  async function finish(): Promise<void> {
    if (operation === "UPDATE") await cleanUp(order);
    setStatus(`${operation}_COMPLETE`);
    await environment.finishNested?.(stack);
    warnOfRecorded(stack, environment);
  }

  async function deployResource(logicalId: string, dependsOn: string[]): Promise<void> {
    const declared = request.template.resources.get(logicalId);
    if (declared === undefined) return;
    const current = stack.resources.get(logicalId);
    const { type, metadata, deletionPolicy, updateReplacePolicy } = declared;
    let properties: JsonObject;
    try {
      properties = declaredProperties(request, logicalId, scope);
    } catch (error) {
      throw exists(current)
        ? resources.updateFailed(current, messageOf(error))
        : resources.failed(newResource(logicalId, type), "CREATE_FAILED", messageOf(error));
    }
    const next: StackResource = {
      ...newResource(logicalId, type),
      properties,
      metadata,
      deletionPolicy,
      updateReplacePolicy,
      dependencies: dependsOn,
    };
    if (!exists(current)) {
      await resources.create(next);
      return;
    }
    const changed = changedProperties(current.properties, properties);
    if (causesReplacement(current, type, changed)) {
      await resources.replace(current, next);
      obsolete.push(current);
      return;
    }
    if (changed.length > 0) {
      if (await resources.update(current, next)) obsolete.push(current);
      return;
    }
    // Metadata, policies and dependencies change only the record of the resource.
    const same = { ...current, metadata, deletionPolicy, updateReplacePolicy, dependencies: dependsOn };
    if (canonicalJson(same) !== canonicalJson(current)) {
      stack.resources.set(logicalId, same);
      rollbackSteps.push(() => {
        stack.resources.set(logicalId, current);
        return Promise.resolve();
      });
    }
  }

  async function rollBackUnlessDisabled(reason: string): Promise<void> {
    if (!stack.disableRollback) return rollBack(`${reason} Rollback requested by user.`);
    setStatus(`${operation}_FAILED`, reason);
    pendingRollbacks.set(stack, () => rollBack("User Initiated"));
  }

  async function rollBack(reason: string): Promise<void> {
    pendingRollbacks.delete(stack);
    const prefix = operation === "CREATE" ? "ROLLBACK" : "UPDATE_ROLLBACK";
    setStatus(`${prefix}_IN_PROGRESS`, reason);
    try {
      for (const step of rollbackSteps.toReversed()) await step();
    } catch (error) {
      setStatus(`${prefix}_FAILED`, messageOf(error));
      return;
    }
    if (operation === "UPDATE") Object.assign(stack, previous);
    else stack.outputs = [];
    // The operation before this one failed too.
    if (rollBackEarlierOperation !== undefined) return rollBackEarlierOperation();
    setStatus(`${prefix}_COMPLETE`);
  }

  /** Leaves a resource that cannot be deleted, as CloudFormation does, and records the failure in the events. */
  async function cleanUp(deployed: readonly string[]): Promise<void> {
    const kept = new Set(deployed);
    const removed = [...stack.resources.values()].filter(({ logicalId }) => !kept.has(logicalId));
    const leftovers = [...removed.filter(exists), ...obsolete];
    for (const resource of inDeletionOrder(leftovers)) {
      const isReplaced = obsolete.includes(resource);
      const policy = isReplaced ? resource.updateReplacePolicy : resource.deletionPolicy;
      try {
        await resources.remove(resource, policy === "Delete" ? "delete" : "keep");
      } catch (error) {
        if (!(error instanceof DeploymentFailure)) throw error;
      }
    }
    for (const { logicalId } of removed) stack.resources.delete(logicalId);
  }
}

/** Deletes the resources that their deletion policies do not retain, dependents first. */
export async function deleteStackResources(
  stack: Stack,
  retain: readonly string[],
  clientRequestToken: string | undefined,
  environment: DeploymentEnvironment,
): Promise<void> {
  const resources = createResourceOperations(stack, environment, clientRequestToken);
  const setStatus = (status: StackStatus, reason?: string): void =>
    setStackStatus(stack, status, reason, clientRequestToken, environment);
  setStatus("DELETE_IN_PROGRESS", "User Initiated");
  try {
    environment.checkExports(stack, []);
  } catch (error) {
    setStatus("DELETE_FAILED", messageOf(error));
    return;
  }
  const failed: string[] = [];
  for (const resource of inDeletionOrder(existingResources(stack))) {
    const { logicalId, deletionPolicy } = resource;
    try {
      const isKept = deletionPolicy === "Retain" || deletionPolicy === "RetainExceptOnCreate";
      await resources.remove(resource, isKept || retain.includes(logicalId) ? "keep" : "delete");
    } catch (error) {
      if (!(error instanceof DeploymentFailure)) throw error;
      failed.push(logicalId);
    }
  }
  if (failed.length > 0) {
    setStatus("DELETE_FAILED", `The following resource(s) failed to delete: [${failed.join(", ")}]. `);
    return;
  }
  stack.outputs = [];
  stack.imports = new Set();
  stack.deletionTime = environment.now();
  setStatus("DELETE_COMPLETE");
}

/** Names the types that have no effect: what depends on them does not work in the local cloud. */
function warnOfRecorded(stack: Stack, environment: DeploymentEnvironment): void {
  const counts = new Map<string, number>();
  for (const resource of existingResources(stack)) {
    if (resource.notRun === undefined && recordedType(resource, environment) === undefined) continue;
    counts.set(resource.type, (counts.get(resource.type) ?? 0) + 1);
  }
  if (counts.size === 0) return;
  const list = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = list.map(([type, count]) => (count === 1 ? type : `${type} (${count})`)).join(", ");
  environment.warn?.(`cloudformation ${stack.stackName} recorded only: ${text}`);
  const reasons = existingResources(stack).flatMap(({ type, notRun }) =>
    notRun === undefined ? [] : [`cloudformation ${stack.stackName} did not run ${type}: ${notRun}`],
  );
  for (const line of new Set(reasons)) environment.warn?.(line);
}

export function setStackStatus(
  stack: Stack,
  status: StackStatus,
  statusReason: string | undefined,
  clientRequestToken: string | undefined,
  { now, log, onStatus }: Pick<DeploymentEnvironment, "now" | "log" | "onStatus">,
): void {
  if (beginsOperation(stack.status, status)) stack.operationId = randomUUID();
  stack.status = status;
  stack.statusReason = statusReason;
  stack.events.unshift({
    eventId: randomUUID(),
    operationId: stack.operationId,
    logicalId: stack.stackName,
    physicalId: stack.stackId,
    resourceType: "AWS::CloudFormation::Stack",
    timestamp: now(),
    status,
    statusReason,
    clientRequestToken,
  });
  const isFinal = !status.endsWith("_IN_PROGRESS");
  const reason = statusReason === undefined ? "" : `: ${statusReason}`;
  if (isFinal || status.includes("ROLLBACK")) log(`cloudformation ${stack.stackName} ${status}${reason}`);
  onStatus?.(stack);
}

/**
 * Creates, updates, deletes, rollbacks and the creation of change sets are operations. A rollback over several failed
 * operations is one.
 * D: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
 */
function beginsOperation(before: StackStatus, status: StackStatus): boolean {
  const isSameRollback = [before, status].every((each) => each.endsWith("ROLLBACK_IN_PROGRESS"));
  return /(?<!CLEANUP)_IN_PROGRESS$/.test(status) && !isSameRollback;
}

/** Dependents before their dependencies. A replaced resource shares the logical id of its replacement. */
function inDeletionOrder<Resource extends StackResource>(resources: readonly Resource[]): Resource[] {
  const order = inDependencyOrder(
    new Map(resources.map(({ logicalId, dependencies }) => [logicalId, dependencies])),
  );
  return resources.toSorted((a, b) => order.indexOf(b.logicalId) - order.indexOf(a.logicalId));
}
