import { randomUUID } from "node:crypto";
import type { JsonObject } from "../../aws/json-protocol.ts";
import type { Account } from "../../account.ts";
import {
  canonicalJson,
  causesReplacement,
  changedProperties,
  declaredProperties,
  deployedInOrder,
  resolveOutputs,
} from "./plan-changes.ts";
import { dependenciesOf, inDependencyOrder } from "../template/dependencies.ts";
import { type DynamicReferenceSources, resolveDynamicReferences } from "../template/dynamic-references.ts";
import type { Scope } from "../template/intrinsics.ts";
import { Properties, ResourceError, validateProperties } from "../resource-types/properties.ts";
import { resourceSpecifications } from "../resource-types/resource-specifications.ts";
import type { ResourceContext, ResourceInstance, ResourceType } from "../resource-types/resource-type.ts";
import {
  exists,
  type ResourceStatus,
  type Stack,
  type StackOutput,
  type StackRequest,
  type StackResource,
  type StackStatus,
} from "./stack.ts";

export interface DeploymentEnvironment {
  account: Account;
  resourceTypes: ReadonlyMap<string, ResourceType>;
  sources: DynamicReferenceSources;
  /** What templates refer to in this stack; `request` is what the stack is to become. */
  createScope(stack: Stack, request: StackRequest): Scope;
  /** @throws ServiceError when the exports clash with another stack's, or one in use would go */
  checkExports(stack: Stack, outputs: readonly StackOutput[]): void;
  now: () => Date;
  /** A line an event, for a person. */
  log: (line: string) => void;
}

/** Raised once the failure is in the events; carries only what the stack's own event has to say. */
class DeploymentFailure extends Error {}

/**
 * Makes a stack what the request says, resource by resource in the order of their dependencies. What it replaces or no
 * longer has goes last, so that until then everything can be taken back: when a resource fails, all that was done is
 * undone in reverse, and the stack is what it was.
 */
export async function deployStack(
  stack: Stack,
  request: StackRequest,
  operation: "CREATE" | "UPDATE",
  environment: DeploymentEnvironment,
): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const obsolete: (StackResource & { physicalId: string })[] = [];
  const scope = environment.createScope(stack, request);
  const resources = createResourceOperations(stack, environment, request.clientRequestToken);
  const setStatus = (status: StackStatus, reason?: string): void =>
    setStackStatus(stack, status, reason, request.clientRequestToken, environment);

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
    await rollBack(reasonOf(error));
    return;
  }

  if (operation === "CREATE") {
    setStatus("CREATE_COMPLETE");
    return;
  }
  setStatus("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
  await cleanUp(order);
  setStatus("UPDATE_COMPLETE");

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
        ? resources.updateFailed(current, reasonOf(error))
        : resources.failed(blank(logicalId, type), "CREATE_FAILED", reasonOf(error));
    }
    const next: StackResource = {
      ...blank(logicalId, type),
      properties,
      metadata,
      deletionPolicy,
      updateReplacePolicy,
      dependencies: dependsOn,
    };
    if (!exists(current)) {
      undo.push(await resources.create(next));
      return;
    }
    const changed = changedProperties(current.properties, properties);
    if (causesReplacement(current, type, changed)) {
      undo.push(await resources.replace(current, next));
      obsolete.push(current);
      return;
    }
    if (changed.length > 0) {
      undo.push(await resources.update(current, next));
      return;
    }
    // Metadata, policies and order concern the stack alone.
    const same = { ...current, metadata, deletionPolicy, updateReplacePolicy, dependencies: dependsOn };
    if (canonicalJson(same) !== canonicalJson(current)) {
      stack.resources.set(logicalId, same);
      undo.push(() => {
        stack.resources.set(logicalId, current);
        return Promise.resolve();
      });
    }
  }

  async function rollBack(reason: string): Promise<void> {
    const prefix = operation === "CREATE" ? "ROLLBACK" : "UPDATE_ROLLBACK";
    if (operation === "CREATE" && stack.disableRollback) {
      setStatus("CREATE_FAILED", reason);
      return;
    }
    setStatus(`${prefix}_IN_PROGRESS`, `${reason} Rollback requested by user.`);
    try {
      for (const step of undo.toReversed()) await step();
    } catch (error) {
      setStatus(`${prefix}_FAILED`, reasonOf(error));
      return;
    }
    if (operation === "UPDATE") Object.assign(stack, previous);
    else stack.outputs = [];
    setStatus(`${prefix}_COMPLETE`);
  }

  /** A resource that cannot be deleted now is left behind, as CloudFormation does; the events say so. */
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

/** Deletes everything in the stack that its policies let go, dependents first. */
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
    setStatus("DELETE_FAILED", reasonOf(error));
    return;
  }
  const failed: string[] = [];
  for (const resource of inDeletionOrder([...stack.resources.values()].filter(exists))) {
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

export function setStackStatus(
  stack: Stack,
  status: StackStatus,
  statusReason: string | undefined,
  clientRequestToken: string | undefined,
  { now, log }: Pick<DeploymentEnvironment, "now" | "log">,
): void {
  stack.status = status;
  stack.statusReason = statusReason;
  stack.events.unshift({
    eventId: randomUUID(),
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
}

/** What is done to single resources, each with its events; each returns how to take it back. */
function createResourceOperations(
  stack: Stack,
  environment: DeploymentEnvironment,
  clientRequestToken: string | undefined,
) {
  const { resourceTypes, sources, now, log } = environment;

  function record(resource: StackResource, status: ResourceStatus, statusReason?: string): void {
    resource.status = status;
    resource.statusReason = statusReason ?? resource.statusReason;
    resource.lastUpdated = now();
    stack.events.unshift({
      eventId: `${resource.logicalId}-${status}-${randomUUID()}`,
      logicalId: resource.logicalId,
      physicalId: resource.physicalId ?? "",
      resourceType: resource.type,
      timestamp: resource.lastUpdated,
      status,
      statusReason,
      clientRequestToken,
    });
  }

  function failed(resource: StackResource, status: keyof typeof verbs, reason: string): DeploymentFailure {
    record(resource, status, reason);
    stack.resources.set(resource.logicalId, resource);
    log(`cloudformation ${stack.stackName} ${resource.logicalId} (${resource.type}) ${status}: ${reason}`);
    return new DeploymentFailure(
      `The following resource(s) failed to ${verbs[status]}: [${resource.logicalId}].`,
    );
  }

  /** Nothing was done to it, so there is nothing to undo: it is again what it was. */
  function updateFailed(current: StackResource, reason: string): DeploymentFailure {
    const failure = failed(current, "UPDATE_FAILED", reason);
    record(current, "UPDATE_COMPLETE");
    return failure;
  }

  const contextOf = ({ logicalId, type }: StackResource): ResourceContext => ({
    stackName: stack.stackName,
    stackId: stack.stackId,
    logicalId,
    type,
  });

  /** Ready for the resource type: secrets looked up, checked against the schema. */
  function prepare({ logicalId, type, properties }: StackResource): Properties {
    const resolved = resolveDynamicReferences(properties, sources) as JsonObject;
    const specification = resourceSpecifications[type];
    if (specification !== undefined) return validateProperties(logicalId, resolved, specification);
    const custom = new Properties(resolved);
    if (!environment.account.functions.has(custom.text("ServiceToken"))) {
      throw new ResourceError(`Invalid service token: there is no function ${custom.text("ServiceToken")}.`);
    }
    return custom;
  }

  function typeOf({ type }: StackResource): ResourceType {
    const found = resourceTypes.get(type);
    if (found !== undefined) return found;
    throw new ResourceError(
      type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource"
        ? `The local cloud does not run custom resources, so it does not support ${type}.`
        : `The local cloud does not support the resource type ${type}.`,
    );
  }

  async function make(resource: StackResource): Promise<ResourceInstance> {
    record(resource, "CREATE_IN_PROGRESS");
    try {
      const instance = await typeOf(resource).create(prepare(resource), contextOf(resource));
      become(resource, instance);
      record(resource, "CREATE_COMPLETE");
      return instance;
    } catch (error) {
      throw failed(resource, "CREATE_FAILED", reasonOf(error));
    }
  }

  async function remove(
    resource: StackResource & { physicalId: string },
    fate: "delete" | "keep",
  ): Promise<void> {
    if (fate === "keep") {
      record(resource, "DELETE_SKIPPED");
      return;
    }
    record(resource, "DELETE_IN_PROGRESS");
    try {
      const type = typeOf(resource);
      // Deleting needs no secrets, and the one it was made with may be gone by now.
      await type.remove(instanceOf(resource), new Properties(resource.properties));
      record(resource, "DELETE_COMPLETE");
    } catch (error) {
      // A replaced resource must not come back in the place of its replacement.
      const inPlace = stack.resources.get(resource.logicalId);
      const failure = failed(resource, "DELETE_FAILED", reasonOf(error));
      if (inPlace !== undefined) stack.resources.set(resource.logicalId, inPlace);
      throw failure;
    }
  }

  return {
    failed,
    updateFailed,
    remove,

    async create(resource: StackResource): Promise<() => Promise<void>> {
      stack.resources.set(resource.logicalId, resource);
      await make(resource);
      return async () => {
        if (exists(resource))
          await remove(resource, resource.deletionPolicy === "Retain" ? "keep" : "delete");
      };
    },

    async replace(
      current: StackResource & { physicalId: string },
      resource: StackResource,
    ): Promise<() => Promise<void>> {
      record(
        current,
        "UPDATE_IN_PROGRESS",
        "Requested update requires the creation of a new physical resource; hence creating one.",
      );
      current.statusReason = undefined;
      try {
        const instance = await typeOf(resource).create(prepare(resource), contextOf(resource));
        become(resource, instance);
      } catch (error) {
        throw updateFailed(current, reasonOf(error));
      }
      record(resource, "UPDATE_COMPLETE");
      stack.resources.set(resource.logicalId, resource);
      return async () => {
        if (exists(resource)) await remove(resource, "delete");
        stack.resources.set(current.logicalId, current);
        record(current, "UPDATE_COMPLETE");
      };
    },

    async update(
      current: StackResource & { physicalId: string },
      resource: StackResource,
    ): Promise<() => Promise<void>> {
      const before = { ...current };
      record(current, "UPDATE_IN_PROGRESS");
      let previous: Properties;
      let type: ResourceType;
      let instance: ResourceInstance;
      try {
        type = typeOf(resource);
        previous = prepare(before);
        instance = await type.update(instanceOf(current), prepare(resource), previous, contextOf(resource));
      } catch (error) {
        throw updateFailed(current, reasonOf(error));
      }
      become(resource, instance);
      record(resource, "UPDATE_COMPLETE");
      stack.resources.set(resource.logicalId, resource);
      return async () => {
        record(resource, "UPDATE_IN_PROGRESS");
        await type.update(instance, previous, prepare(resource), contextOf(resource));
        Object.assign(current, { ...before, statusReason: current.statusReason });
        stack.resources.set(current.logicalId, current);
        record(current, "UPDATE_COMPLETE");
      };
    },
  };
}

function instanceOf({ physicalId, attributes }: StackResource & { physicalId: string }): ResourceInstance {
  return { physicalId, attributes };
}

function become(resource: StackResource, { physicalId, attributes }: ResourceInstance): void {
  resource.physicalId = physicalId;
  resource.attributes = attributes;
}

const verbs = { CREATE_FAILED: "create", UPDATE_FAILED: "update", DELETE_FAILED: "delete" } as const;

function blank(logicalId: string, type: string): StackResource {
  return {
    logicalId,
    type,
    physicalId: undefined,
    attributes: {},
    properties: {},
    metadata: undefined,
    deletionPolicy: "Delete",
    updateReplacePolicy: "Delete",
    dependencies: [],
    status: "CREATE_IN_PROGRESS",
    statusReason: undefined,
    lastUpdated: new Date(0),
  };
}

/** Dependents before what they depend on. A replaced resource has the same logical id as its replacement's. */
function inDeletionOrder<Resource extends StackResource>(resources: readonly Resource[]): Resource[] {
  const order = inDependencyOrder(
    new Map(resources.map(({ logicalId, dependencies }) => [logicalId, dependencies])),
  );
  return resources.toSorted((a, b) => order.indexOf(b.logicalId) - order.indexOf(a.logicalId));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
