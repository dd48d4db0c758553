import { randomUUID } from "node:crypto";
import { validationError } from "../validation-error.ts";
import { Properties } from "../resource-types/properties.ts";
import type { PropertyDifference, ResourceType } from "../resource-types/resource-type.ts";
import { canonicalJson } from "../template/values.ts";
import { type DeployedResource, type Stack, type StackResource, existingResources } from "./stack.ts";

type DriftStatus = "IN_SYNC" | "MODIFIED" | "DELETED" | "NOT_CHECKED";

interface ResourceDrift {
  resource: StackResource;
  status: DriftStatus;
  differences: PropertyDifference[];
}

/** What drift detection found in a stack. */
interface Drift {
  id: string;
  stack: Stack;
  resources: ResourceDrift[];
  timestamp: Date;
}

/** {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html} */
export interface DriftDetection {
  /** @returns the id of the detection */
  detect(stack: Stack): string;
  /** @throws ServiceError ValidationError for an unknown id, or one before the last of its stack */
  get(id: string): Drift;
  /** The last one of a stack, if any. */
  last(stack: Stack): Drift | undefined;
}

export function createDriftDetection(
  resourceTypes: ReadonlyMap<string, ResourceType>,
  now: () => Date,
): DriftDetection {
  /** The last one of each stack. */
  const drifts = new Map<Stack, Drift>();

  function check(resource: DeployedResource): ResourceDrift {
    const { type, physicalId, attributes, properties } = resource;
    const found = resourceTypes.get(type)?.drift?.({ physicalId, attributes }, new Properties(properties));
    if (found === undefined) return { resource, status: "NOT_CHECKED", differences: [] };
    if (found === "DELETED") return { resource, status: found, differences: [] };
    const differences = found.filter(
      ({ expected, actual }) => canonicalJson(expected) !== canonicalJson(actual),
    );
    return { resource, status: differences.length === 0 ? "IN_SYNC" : "MODIFIED", differences };
  }

  return {
    detect(stack) {
      const id = randomUUID();
      const resources = existingResources(stack).map(check);
      drifts.set(stack, { id, stack, resources, timestamp: now() });
      return id;
    },
    get(id) {
      const drift = [...drifts.values()].find((each) => each.id === id);
      if (drift === undefined) throw validationError(`Drift detection ${id} does not exist`);
      return drift;
    },
    last: (stack) => drifts.get(stack),
  };
}
