import type { Properties } from "./properties.ts";

/** The place of a resource in its stack, from which names are generated. */
export interface ResourceContext {
  stackName: string;
  stackId: string;
  logicalId: string;
  type: string;
  /** An update that takes back another one. */
  isRollback?: true;
}

/** A deployed resource as `Ref` and `Fn::GetAtt` see it. */
export interface ResourceInstance {
  /** The value of `Ref`. */
  physicalId: string;
  attributes: Readonly<Record<string, unknown>>;
  /** The attributes are secrets, which outputs do not show. */
  noEcho?: boolean | undefined;
  /** Why the local cloud could not run the function of a custom resource. The resource is then recorded only. */
  notRun?: string | undefined;
}

/** A property in the template and as it is. */
export interface PropertyDifference {
  /** JSON pointer: `/Environment/Variables`. */
  path: string;
  expected: unknown;
  actual: unknown;
}

/**
 * Creates, updates and removes resources of one type. A function that throws has no effect, except with a
 * PartialFailure. `update` is not called for changes of properties that the specification marks `replaces`. When it returns
 * another physical id, the resource before it is removed at the end of the stack's update.
 */
export interface ResourceType {
  create(properties: Properties, context: ResourceContext): ResourceInstance | Promise<ResourceInstance>;
  update(
    instance: ResourceInstance,
    properties: Properties,
    previous: Properties,
    context: ResourceContext,
  ): ResourceInstance | Promise<ResourceInstance>;
  remove(instance: ResourceInstance, properties: Properties, context: ResourceContext): void | Promise<void>;
  /** Compares what requests to other services can change. Undefined for a type that is not checked. */
  drift?(instance: ResourceInstance, properties: Properties): PropertyDifference[] | "DELETED";
}
