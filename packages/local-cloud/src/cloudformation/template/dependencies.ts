import { referencesOf } from "./references.ts";
import type { Template } from "./template.ts";
import { templateRefusals } from "../stack-refusals.ts";

/** The dependencies of each resource: `DependsOn`, and the resources that its properties refer to. */
export function dependenciesOf(template: Template): Map<string, string[]> {
  return new Map(
    [...template.resources].map(([logicalId, { properties, dependsOn }]) => [
      logicalId,
      [...new Set([...dependsOn, ...referencesOf(properties)])].filter((name) =>
        template.resources.has(name),
      ),
    ]),
  );
}

/**
 * Puts every resource after its dependencies, otherwise in the order of the template.
 *
 * @throws ServiceError ValidationError, `Circular dependency between resources: [A, B]`
 */
export function inDependencyOrder(dependencies: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const waiting = new Set(dependencies.keys());
  while (waiting.size > 0) {
    const ready = [...waiting].filter((logicalId) =>
      (dependencies.get(logicalId) ?? []).every((name) => done.has(name) || !dependencies.has(name)),
    );
    templateRefusals.circle.when(ready.length === 0, circle(waiting, dependencies));
    // Without progress there is no order.
    if (ready.length === 0) return [...done, ...waiting];
    for (const logicalId of ready) {
      done.add(logicalId);
      waiting.delete(logicalId);
    }
  }
  return [...done];
}

/** The resources of a circle, without those that only depend on it. */
function circle(
  waiting: ReadonlySet<string>,
  dependencies: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const members = new Set(waiting);
  for (;;) {
    const outside = [...members].filter(
      (logicalId) => ![...members].some((other) => (dependencies.get(other) ?? []).includes(logicalId)),
    );
    if (outside.length === 0) return members;
    for (const logicalId of outside) members.delete(logicalId);
  }
}
