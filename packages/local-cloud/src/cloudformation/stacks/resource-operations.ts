import { randomUUID } from "node:crypto";
import type { Account } from "../../account.ts";
import type { JsonObject } from "../../aws/json-protocol.ts";
import { Properties, validateProperties } from "../resource-types/properties.ts";
import { PartialFailure } from "../resource-types/resource-error.ts";
import { resourceRefusals } from "../resource-types/resource-refusals.ts";
import { isCustom } from "../resource-types/custom-resource.ts";
import type { Recorder } from "../resource-types/recorded-resource.ts";
import { findSpecification } from "../resource-types/resource-schemas.ts";
import type { ResourceContext, ResourceInstance, ResourceType } from "../resource-types/resource-type.ts";
import { type DynamicReferenceSources, resolveDynamicReferences } from "../template/dynamic-references.ts";
import {
  type DeployedResource,
  type ResourceStatus,
  type Stack,
  type StackResource,
  exists,
} from "./stack.ts";
import { messageOf } from "../../error-text.ts";

export interface ResourceEnvironment {
  account: Account;
  resourceTypes: ReadonlyMap<string, ResourceType>;
  /** Undefined to refuse what the local cloud does not deploy. */
  recorder?: Recorder;
  /** Runs the functions of custom resources. */
  customResource?: ResourceType | undefined;
  sources: DynamicReferenceSources;
  now: () => Date;
  /** Gets one line for each event. */
  log: (line: string) => void;
  /** Gets what the user must know. `log` gets it too. */
  warn?: (line: string) => void;
}

/** A failure that the stack's events already record. The message is the reason for the stack's own event. */
export class DeploymentFailure extends Error {}

export type RollbackStep = () => Promise<void>;

const failureVerbs = { CREATE_FAILED: "create", UPDATE_FAILED: "update", DELETE_FAILED: "delete" } as const;

/**
 * Creates, replaces, updates and removes single resources. Each operation writes events.
 * @param rollbackSteps gets a step for each operation that is more than a removal
 */
export function createResourceOperations(
  stack: Stack,
  environment: ResourceEnvironment,
  clientRequestToken: string | undefined,
  rollbackSteps: RollbackStep[] = [],
) {
  const { account, resourceTypes, customResource, sources, now, log } = environment;

  function record(resource: StackResource, status: ResourceStatus, statusReason?: string): void {
    resource.status = status;
    resource.statusReason = statusReason ?? resource.statusReason;
    resource.lastUpdated = now();
    stack.events.unshift({
      eventId: `${resource.logicalId}-${status}-${randomUUID()}`,
      operationId: stack.operationId,
      logicalId: resource.logicalId,
      physicalId: resource.physicalId ?? "",
      resourceType: resource.type,
      timestamp: resource.lastUpdated,
      status,
      statusReason,
      clientRequestToken,
    });
  }

  function failed(
    resource: StackResource,
    status: keyof typeof failureVerbs,
    reason: string,
  ): DeploymentFailure {
    record(resource, status, reason);
    stack.resources.set(resource.logicalId, resource);
    log(`cloudformation ${stack.stackName} ${resource.logicalId} (${resource.type}) ${status}: ${reason}`);
    return new DeploymentFailure(
      `The following resource(s) failed to ${failureVerbs[status]}: [${resource.logicalId}].`,
    );
  }

  /** The resource is unchanged, so the failure leaves nothing to roll back. */
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

  /** Resolves dynamic references and checks the properties against the schema. */
  function prepare({ logicalId, type, properties }: StackResource): Properties {
    const resolved = resolveDynamicReferences(properties, sources) as JsonObject;
    const specification = findSpecification(type);
    if (specification !== undefined) return validateProperties(logicalId, resolved, specification);
    const custom = new Properties(resolved);
    const token = custom.text("ServiceToken");
    resourceRefusals.serviceToken.when(!account.functions.has(token), token);
    return custom;
  }

  function typeOf(resource: StackResource): ResourceType {
    const { type } = resource;
    const found =
      recordedType(resource, environment) ??
      resourceTypes.get(type) ??
      (isCustom(type) ? customResource : undefined);
    return resourceRefusals.type.unless(found, type);
  }

  async function createInstance(resource: StackResource): Promise<ResourceInstance> {
    record(resource, "CREATE_IN_PROGRESS");
    try {
      const instance = await typeOf(resource).create(prepare(resource), contextOf(resource));
      setInstance(resource, instance);
      record(resource, "CREATE_COMPLETE");
      return instance;
    } catch (error) {
      if (error instanceof PartialFailure) resource.physicalId = error.physicalId;
      throw failed(resource, "CREATE_FAILED", messageOf(error));
    }
  }

  async function remove(resource: DeployedResource, fate: "delete" | "keep"): Promise<void> {
    if (fate === "keep") {
      record(resource, "DELETE_SKIPPED");
      return;
    }
    record(resource, "DELETE_IN_PROGRESS");
    try {
      const type = typeOf(resource);
      // Deletion needs no secrets, and a secret that the properties refer to may be deleted by now.
      await type.remove(instanceOf(resource), new Properties(resource.properties), contextOf(resource));
      record(resource, "DELETE_COMPLETE");
    } catch (error) {
      // A replaced resource must not take the place of its replacement.
      const inPlace = stack.resources.get(resource.logicalId);
      const failure = failed(resource, "DELETE_FAILED", messageOf(error));
      if (inPlace !== undefined) stack.resources.set(resource.logicalId, inPlace);
      throw failure;
    }
  }

  return {
    failed,
    updateFailed,
    remove,

    async create(resource: StackResource): Promise<void> {
      stack.resources.set(resource.logicalId, resource);
      rollbackSteps.push(async () => {
        if (exists(resource))
          await remove(resource, resource.deletionPolicy === "Retain" ? "keep" : "delete");
      });
      await createInstance(resource);
    },

    async replace(current: DeployedResource, resource: StackResource): Promise<void> {
      record(
        current,
        "UPDATE_IN_PROGRESS",
        "Requested update requires the creation of a new physical resource; hence creating one.",
      );
      current.statusReason = undefined;
      try {
        const instance = await typeOf(resource).create(prepare(resource), contextOf(resource));
        setInstance(resource, instance);
      } catch (error) {
        throw updateFailed(current, messageOf(error));
      }
      record(resource, "UPDATE_COMPLETE");
      stack.resources.set(resource.logicalId, resource);
      rollbackSteps.push(() => takeBack(resource, current));
    },

    /** @returns whether the type replaced the resource */
    async update(current: DeployedResource, resource: StackResource): Promise<boolean> {
      const before = { ...current };
      const instanceBefore = instanceOf(current);
      record(current, "UPDATE_IN_PROGRESS");
      let previous: Properties;
      let type: ResourceType;
      let instance: ResourceInstance;
      const rollBackFrom = (from: ResourceInstance) => async () => {
        record(resource, "UPDATE_IN_PROGRESS");
        const context: ResourceContext = { ...contextOf(resource), isRollback: true };
        await type.update(from, previous, prepare(resource), context);
        Object.assign(current, { ...before, statusReason: current.statusReason });
        stack.resources.set(current.logicalId, current);
        record(current, "UPDATE_COMPLETE");
      };
      try {
        type = typeOf(resource);
        previous = prepare(before);
        instance = await type.update(instanceBefore, prepare(resource), previous, contextOf(resource));
      } catch (error) {
        if (error instanceof PartialFailure) rollbackSteps.push(rollBackFrom(instanceBefore));
        throw updateFailed(current, messageOf(error));
      }
      setInstance(resource, instance);
      record(resource, "UPDATE_COMPLETE");
      stack.resources.set(resource.logicalId, resource);
      const isReplaced = instance.physicalId !== current.physicalId;
      rollbackSteps.push(isReplaced ? () => takeBack(resource, current) : rollBackFrom(instance));
      return isReplaced;
    },
  };

  async function takeBack(resource: StackResource, current: DeployedResource): Promise<void> {
    if (exists(resource)) await remove(resource, "delete");
    stack.resources.set(current.logicalId, current);
    record(current, "UPDATE_COMPLETE");
  }
}

/** How the resource is recorded; undefined for one that is deployed. */
export function recordedType(
  { type, properties }: StackResource,
  { recorder, resourceTypes }: Pick<ResourceEnvironment, "recorder" | "resourceTypes">,
): ResourceType | undefined {
  return recorder?.(type, properties, resourceTypes.has(type));
}

function instanceOf({ physicalId, attributes, noEcho, notRun }: DeployedResource): ResourceInstance {
  return { physicalId, attributes, noEcho, notRun };
}

function setInstance(
  resource: StackResource,
  { physicalId, attributes, noEcho, notRun }: ResourceInstance,
): void {
  Object.assign(resource, { physicalId, attributes, noEcho, notRun });
}

export function newResource(logicalId: string, type: string): StackResource {
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
