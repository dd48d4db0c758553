import { resolve, evaluateCondition, type Scope } from "../template/intrinsics.ts";
import { dependenciesOf, inDependencyOrder } from "../template/dependencies.ts";
import { findSpecification } from "../resource-types/resource-schemas.ts";
import type { ResourceInstance } from "../resource-types/resource-type.ts";
import { exists, type Stack, type StackRequest, type StackResource } from "./stack.ts";
import type { JsonObject } from "../../aws/json-protocol.ts";
import { canonicalJson } from "../template/values.ts";

type Replacement = "True" | "False";

/** The change of a resource in an update. */
export interface ResourceChange {
  action: "Add" | "Modify" | "Remove";
  logicalId: string;
  type: string;
  physicalId: string | undefined;
  replacement: Replacement | undefined;
  changedProperties: string[];
}

/** Logical ids of the resources that the template deploys under its conditions, dependencies first. */
export function deployedInOrder(request: StackRequest, scope: Scope): string[] {
  return inDependencyOrder(dependenciesOf(request.template)).filter((logicalId) => {
    const condition = request.template.resources.get(logicalId)?.condition;
    return condition === undefined || evaluateCondition(condition, scope);
  });
}

/** Properties with intrinsic functions resolved. */
export function declaredProperties(request: StackRequest, logicalId: string, scope: Scope): JsonObject {
  return resolve(request.template.resources.get(logicalId)?.properties ?? {}, scope) as JsonObject;
}

/** Names of the properties that differ, in no particular order. */
export function changedProperties(previous: JsonObject, next: JsonObject): string[] {
  const names = new Set([...Object.keys(previous), ...Object.keys(next)]);
  return [...names].filter((name) => canonicalJson(previous[name]) !== canonicalJson(next[name]));
}

/** Whether the changed properties give the resource a new physical id. */
export function causesReplacement(
  previous: StackResource,
  type: string,
  changed: readonly string[],
): boolean {
  if (previous.type !== type) return true;
  const properties = findSpecification(type)?.properties;
  // A custom resource is replaced when its function changes.
  if (properties === undefined) return changed.includes("ServiceToken");
  return changed.some((name) => properties[name]?.replaces === true);
}

/**
 * The changes that a request makes to a stack, without deploying it. Resources that do not exist yet get placeholder
 * names, so that everything that refers to them counts as changed.
 */
export function planChanges(
  stack: Stack,
  request: StackRequest,
  createScope: (instance: (logicalId: string) => ResourceInstance | undefined) => Scope,
): ResourceChange[] {
  const future = new Set<string>();
  const scope = createScope((logicalId) => {
    const current = stack.resources.get(logicalId);
    if (exists(current) && !future.has(logicalId)) return current;
    return request.template.resources.has(logicalId) ? placeholder(logicalId) : undefined;
  });
  const order = deployedInOrder(request, scope);
  const changes: ResourceChange[] = [];
  for (const logicalId of order) {
    const change = planResource(logicalId, stack, request, scope);
    if (change === undefined) continue;
    if (change.action === "Add" || change.replacement === "True") future.add(logicalId);
    changes.push(change);
  }
  for (const resource of stack.resources.values()) {
    if (!exists(resource) || order.includes(resource.logicalId)) continue;
    const { logicalId, type, physicalId } = resource;
    changes.push({
      action: "Remove",
      logicalId,
      type,
      physicalId,
      replacement: undefined,
      changedProperties: [],
    });
  }
  return changes;
}

function planResource(
  logicalId: string,
  stack: Stack,
  request: StackRequest,
  scope: Scope,
): ResourceChange | undefined {
  const declared = request.template.resources.get(logicalId);
  if (declared === undefined) return undefined;
  const { type, metadata, deletionPolicy, updateReplacePolicy } = declared;
  const current = stack.resources.get(logicalId);
  if (!exists(current)) {
    return {
      action: "Add",
      logicalId,
      type,
      physicalId: undefined,
      replacement: undefined,
      changedProperties: [],
    };
  }
  const changed = changedDeclaredProperties(current, logicalId, request, scope);
  const otherwise =
    type !== current.type ||
    canonicalJson(metadata) !== canonicalJson(current.metadata) ||
    deletionPolicy !== current.deletionPolicy ||
    updateReplacePolicy !== current.updateReplacePolicy;
  if (changed.length === 0 && !otherwise) return undefined;
  return {
    action: "Modify",
    logicalId,
    type,
    physicalId: current.physicalId,
    replacement: causesReplacement(current, type, changed) ? "True" : "False",
    changedProperties: changed,
  };
}

function changedDeclaredProperties(
  current: StackResource,
  logicalId: string,
  request: StackRequest,
  scope: Scope,
): string[] {
  const written = request.template.resources.get(logicalId)?.properties ?? {};
  const names = new Set([...Object.keys(current.properties), ...Object.keys(written)]);
  return [...names].filter((name) => {
    let next: unknown;
    try {
      next = resolve(written[name], scope);
    } catch {
      // Functions fail on the placeholder of a new resource, so the property changes.
      return true;
    }
    return canonicalJson(next) !== canonicalJson(current.properties[name]);
  });
}

function placeholder(logicalId: string): ResourceInstance {
  const unknown = `{{changeSet:KNOWN_AFTER_APPLY:${logicalId}}}`;
  return {
    physicalId: unknown,
    attributes: new Proxy({}, { get: (_target, name) => `${unknown}.${String(name)}` }),
  };
}
