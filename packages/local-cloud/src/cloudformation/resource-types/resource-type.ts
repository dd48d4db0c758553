import type { Properties } from "./properties.ts";

/** The place of a resource in its stack, from which names are generated. */
export interface ResourceContext {
  stackName: string;
  stackId: string;
  logicalId: string;
  type: string;
}

/** A deployed resource as `Ref` and `Fn::GetAtt` see it. */
export interface ResourceInstance {
  /** The value of `Ref`. */
  physicalId: string;
  attributes: Readonly<Record<string, unknown>>;
}

/** A property in the template and as it is. */
export interface PropertyDifference {
  /** JSON pointer: `/Environment/Variables`. */
  path: string;
  expected: unknown;
  actual: unknown;
}

/**
 * Creates, updates and removes resources of one type. A function that throws has no effect.
 * `update` is not called for changes of properties that the specification marks `replaces`.
 */
export interface ResourceType {
  create(properties: Properties, context: ResourceContext): ResourceInstance | Promise<ResourceInstance>;
  update(
    instance: ResourceInstance,
    properties: Properties,
    previous: Properties,
    context: ResourceContext,
  ): ResourceInstance | Promise<ResourceInstance>;
  remove(instance: ResourceInstance, properties: Properties): void | Promise<void>;
  /** Compares what requests to other services can change. Undefined for a type that is not checked. */
  drift?(instance: ResourceInstance, properties: Properties): PropertyDifference[] | "DELETED";
}
