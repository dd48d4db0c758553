import { randomUUID } from "node:crypto";
import type { Account } from "../../account.ts";
import { ServiceError } from "../../aws/service-error.ts";
import { validationError } from "../validation-error.ts";
import type { ResourceChange } from "./plan-changes.ts";
import type { Stack, StackRequest } from "./stack.ts";
import type { State } from "../../state.ts";

export interface ChangeSet {
  /** ARN. */
  changeSetId: string;
  changeSetName: string;
  description: string | undefined;
  stack: Stack;
  type: "CREATE" | "UPDATE";
  request: StackRequest | undefined;
  changes: ResourceChange[];
  status: "CREATE_COMPLETE" | "FAILED";
  statusReason: string | undefined;
  executionStatus: "AVAILABLE" | "UNAVAILABLE";
  creationTime: Date;
}

export interface ChangeSets {
  /** @throws ServiceError AlreadyExistsException */
  requireUnusedName(changeSetName: string, stack: Stack): void;
  /** @param isEmpty a change set without changes has failed and cannot be executed */
  create(
    content: Pick<ChangeSet, "changeSetName" | "description" | "stack" | "type" | "request" | "changes">,
    isEmpty: boolean,
  ): ChangeSet;
  /** By ARN, or by name in a stack. @throws ServiceError ChangeSetNotFound */
  get(nameOrId: string, stack: Stack | undefined): ChangeSet;
  of(stack: Stack): ChangeSet[];
  delete(changeSet: ChangeSet): void;
  deleteAll(stack: Stack): void;
}

export function createChangeSets({ accountId, region }: Account, now: () => Date, state: State): ChangeSets {
  const changeSets = state.part("change sets", () => new Map<string, ChangeSet>());
  const of = (stack: Stack): ChangeSet[] =>
    [...changeSets.values()].filter((changeSet) => changeSet.stack === stack);

  return {
    of,

    requireUnusedName(changeSetName, stack) {
      if (of(stack).some((other) => other.changeSetName === changeSetName)) {
        throw new ServiceError("AlreadyExistsException", `ChangeSet ${changeSetName} already exists`);
      }
    },

    create(content, isEmpty) {
      const changeSet: ChangeSet = {
        ...content,
        changeSetId: `arn:aws:cloudformation:${region}:${accountId}:changeSet/${content.changeSetName}/${randomUUID()}`,
        status: isEmpty ? "FAILED" : "CREATE_COMPLETE",
        statusReason: isEmpty
          ? "The submitted information didn't contain changes. Submit different information to create a change set."
          : undefined,
        executionStatus: isEmpty ? "UNAVAILABLE" : "AVAILABLE",
        creationTime: now(),
      };
      changeSets.set(changeSet.changeSetId, changeSet);
      return changeSet;
    },

    get(nameOrId, stack) {
      const found = nameOrId.startsWith("arn:")
        ? changeSets.get(nameOrId)
        : [...changeSets.values()].find(
            (changeSet) => changeSet.changeSetName === nameOrId && changeSet.stack === stack,
          );
      if (found === undefined) {
        throw new ServiceError("ChangeSetNotFound", `ChangeSet [${nameOrId}] does not exist`, 404);
      }
      return found;
    },

    delete(changeSet) {
      changeSets.delete(changeSet.changeSetId);
    },

    deleteAll(stack) {
      for (const { changeSetId } of of(stack)) changeSets.delete(changeSetId);
    },
  };
}

/** @throws ServiceError ValidationError */
export function requireChangeSetName(changeSetName: string): void {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(changeSetName)) {
    throw validationError(`Value '${changeSetName}' at 'changeSetName' failed to satisfy constraint`);
  }
}
