import { evaluateCondition, resolve, type Scope } from "../template/intrinsics.ts";
import { textOf } from "../template/values.ts";
import { stackRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";
import type { Stack, StackOutput, StackRequest } from "./stack.ts";

/** An output with a name that other stacks can import. */
export interface Export {
  name: string;
  value: string;
  exportingStackId: string;
}

/** Resolves the outputs whose condition is true. @throws ServiceError ValidationError when a value is not text */
export function resolveOutputs(request: StackRequest, deployed: Scope): StackOutput[] {
  const scope: Scope = {
    ...deployed,
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html NoEcho
    attribute: (logicalId, name) =>
      deployed.isSecret?.(logicalId) ? "*****" : deployed.attribute(logicalId, name),
  };
  return [...request.template.outputs].flatMap(([key, { value, description, exportName, condition }]) => {
    if (condition !== undefined && !evaluateCondition(condition, scope)) return [];
    const resolved = resolve(value, scope);
    if (resolved === undefined || typeof resolved === "object") {
      throw validationError(
        `Template format error: Output ${key} is malformed. The Value field of every Outputs member must evaluate to a String.`,
      );
    }
    const name = exportName === undefined ? undefined : textOf(resolve(exportName, scope));
    return [{ key, value: textOf(resolved), description, exportName: name }];
  });
}

export interface Exports {
  list(): Export[];
  /** Records the import in the stack. @throws ServiceError ValidationError when no stack exports the name */
  importValue(stack: Stack, name: string): string;
  /** Names of the stacks that import an export. */
  importsOf(exportName: string): string[];
  /** @throws ServiceError ValidationError when an export's name is taken, or a changed export is in use */
  check(stack: Stack, outputs: readonly StackOutput[]): void;
}

/** @param stacks by stack id */
export function createExports(stacks: ReadonlyMap<string, Stack>): Exports {
  function list(): Export[] {
    return [...stacks.values()].flatMap(({ stackId, outputs }) =>
      outputs.flatMap(({ exportName, value }) =>
        exportName === undefined ? [] : [{ name: exportName, value, exportingStackId: stackId }],
      ),
    );
  }

  function importsOf(exportName: string): string[] {
    return [...stacks.values()]
      .filter(({ imports }) => imports.has(exportName))
      .map(({ stackName }) => stackName);
  }

  return {
    list,
    importsOf,

    importValue(stack, name) {
      const found = stackRefusals.noExport.unless(
        list().find((candidate) => candidate.name === name),
        name,
      );
      stack.imports.add(name);
      return found.value;
    },

    check(stack, outputs) {
      for (const { exportName } of outputs) {
        if (exportName === undefined) continue;
        const other = list().find(
          ({ name, exportingStackId }) => name === exportName && exportingStackId !== stack.stackId,
        );
        const owner = other && (stacks.get(other.exportingStackId)?.stackName ?? other.exportingStackId);
        stackRefusals.exportTaken.when(owner !== undefined, exportName, owner ?? "");
      }
      for (const { exportName, value } of stack.outputs) {
        if (exportName === undefined) continue;
        const users = importsOf(exportName);
        const next = outputs.find((output) => output.exportName === exportName);
        const verb = next === undefined ? "deleted" : "updated";
        stackRefusals.exportInUse.when(users.length > 0 && next?.value !== value, exportName, verb, users);
      }
    },
  };
}
