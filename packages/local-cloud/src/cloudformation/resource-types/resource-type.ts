import type { Properties } from "./properties.ts";

/** Where a resource stands in its stack: what names are made of. */
export interface ResourceContext {
  stackName: string;
  stackId: string;
  logicalId: string;
  type: string;
}

/** A deployed resource as `Ref` and `Fn::GetAtt` see it. */
export interface ResourceInstance {
  /** What `Ref` gives. */
  physicalId: string;
  attributes: Readonly<Record<string, unknown>>;
}

/**
 * What CloudFormation does to make resources of one type. Each function does all or, when it throws, nothing.
 * A change of a property that the specification marks `replaces` never reaches `update`.
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
}
