import { randomUUID } from "node:crypto";
import { ServiceError } from "../../aws/service-error.ts";
import { canonicalJson, planChanges, type ResourceChange, resolveOutputs } from "./plan-changes.ts";
import {
  deleteStackResources,
  deployStack,
  type DeploymentEnvironment,
  setStackStatus,
} from "./deploy-stack.ts";
import type { Scope } from "../template/intrinsics.ts";
import { resolveParameters, type ParameterInput, type StackParameter } from "../template/parameters.ts";
import type { ResourceInstance } from "../resource-types/resource-type.ts";
import { createStackScope } from "./stack-scope.ts";
import { exists, isInProgress, type Stack, type StackOutput, type StackRequest, type Tag } from "./stack.ts";
import { parseTemplate, type Template } from "../template/template.ts";
import { validateTemplate } from "../template/validate-template.ts";
import { validationError } from "../validation-error.ts";

/** What a caller asks of a stack, before it is checked. */
export interface StackInput {
  stackName: string;
  /** Undefined to keep the stack's template. */
  templateBody: string | undefined;
  parameters: readonly ParameterInput[];
  /** Undefined to keep the stack's tags. */
  tags: readonly Tag[] | undefined;
  capabilities: readonly string[];
  roleArn: string | undefined;
  clientRequestToken: string | undefined;
}

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

interface Export {
  name: string;
  value: string;
  exportingStackId: string;
}

/** The stacks of the account and what can be done to them. */
export interface Stacks {
  create(
    input: StackInput,
    options?: { disableRollback?: boolean; deleteOnFailure?: boolean },
  ): Promise<Stack>;
  update(input: StackInput): Promise<Stack>;
  /** Does nothing, as in AWS, when there is no such stack. */
  remove(stackName: string, retain: readonly string[], clientRequestToken: string | undefined): Promise<void>;
  /** By name or ARN; by name only a stack that is not deleted. @throws ServiceError ValidationError */
  get(stackName: string): Stack;
  /** Like `get`, but undefined when there is no such stack. */
  find(stackName: string): Stack | undefined;
  list(): Stack[];
  exports(): Export[];
  importsOf(exportName: string): string[];
  createChangeSet(
    input: StackInput,
    options: { changeSetName: string; type: "CREATE" | "UPDATE"; description: string | undefined },
  ): Promise<ChangeSet>;
  getChangeSet(changeSetName: string, stackName: string | undefined): ChangeSet;
  changeSetsOf(stack: Stack): ChangeSet[];
  executeChangeSet(changeSet: ChangeSet, options: { disableRollback: boolean }): Promise<void>;
  deleteChangeSet(changeSet: ChangeSet): void;
  /** Resolves when no operation is under way. */
  settled(): Promise<void>;
}

export type StacksOptions = Omit<DeploymentEnvironment, "createScope" | "checkExports">;

export function createStacks(options: StacksOptions): Stacks {
  const { account, sources, now } = options;
  /** Deleted ones included, which can still be described by their ARN. */
  const stacks = new Map<string, Stack>();
  const changeSets = new Map<string, ChangeSet>();
  const operations = new Set<Promise<void>>();

  const environment: DeploymentEnvironment = {
    ...options,
    createScope: (stack, request) =>
      scopeOf(stack, request, (logicalId) => {
        const resource = stack.resources.get(logicalId);
        return exists(resource) ? resource : undefined;
      }),
    checkExports,
  };

  function scopeOf(
    stack: Stack,
    request: Pick<StackRequest, "template" | "parameters">,
    instance: (logicalId: string) => ResourceInstance | undefined,
  ): Scope {
    return createStackScope({
      account,
      stackName: stack.stackName,
      stackId: stack.stackId,
      request,
      instance,
      importValue(name) {
        const found = exports().find((candidate) => candidate.name === name);
        if (found === undefined) throw validationError(`No export named ${name} found.`);
        stack.imports.add(name);
        return found.value;
      },
    });
  }

  function find(nameOrId: string): Stack | undefined {
    return nameOrId.startsWith("arn:")
      ? stacks.get(nameOrId)
      : [...stacks.values()].find(
          ({ stackName, status }) => stackName === nameOrId && status !== "DELETE_COMPLETE",
        );
  }

  function get(nameOrId: string): Stack {
    const stack = find(nameOrId);
    if (stack === undefined) throw validationError(`Stack with id ${nameOrId} does not exist`);
    return stack;
  }

  function exports(): Export[] {
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

  function checkExports(stack: Stack, outputs: readonly StackOutput[]): void {
    for (const { exportName } of outputs) {
      if (exportName === undefined) continue;
      const other = exports().find(
        ({ name, exportingStackId }) => name === exportName && exportingStackId !== stack.stackId,
      );
      if (other !== undefined) {
        const owner = stacks.get(other.exportingStackId)?.stackName ?? other.exportingStackId;
        throw validationError(`Export with name ${exportName} is already exported by stack ${owner}`);
      }
    }
    for (const { exportName, value } of stack.outputs) {
      if (exportName === undefined) continue;
      const users = importsOf(exportName);
      const next = outputs.find((output) => output.exportName === exportName);
      if (users.length > 0 && next?.value !== value) {
        const verb = next === undefined ? "deleted" : "updated";
        throw validationError(
          `Export ${exportName} cannot be ${verb} as it is in use by ${users.join(", ")}`,
        );
      }
    }
  }

  function newStack(stackName: string): Stack {
    if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stackName)) {
      throw validationError(
        `1 validation error detected: Value '${stackName}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      );
    }
    return {
      stackId: `arn:aws:cloudformation:${account.region}:${account.accountId}:stack/${stackName}/${randomUUID()}`,
      stackName,
      status: "CREATE_IN_PROGRESS",
      statusReason: undefined,
      creationTime: now(),
      lastUpdatedTime: undefined,
      deletionTime: undefined,
      request: undefined,
      disableRollback: false,
      terminationProtection: false,
      outputs: [],
      imports: new Set(),
      resources: new Map(),
      events: [],
    };
  }

  /** Everything that can be refused before the first resource. */
  async function check(stack: Stack, input: StackInput): Promise<StackRequest> {
    const template = await templateOf(stack, input);
    const previous = stack.request?.parameters ?? new Map<string, StackParameter>();
    const parameters = resolveParameters(template, input.parameters, previous, sources.parameterStore);
    const request: StackRequest = {
      template,
      parameters,
      tags: input.tags ?? stack.request?.tags ?? [],
      capabilities: input.capabilities,
      roleArn: input.roleArn ?? stack.request?.roleArn,
      clientRequestToken: input.clientRequestToken,
    };
    validateTemplate(template, environment.createScope(stack, request), input.capabilities);
    return request;
  }

  function plan(stack: Stack, request: StackRequest): ResourceChange[] {
    return planChanges(stack, request, (instance) => scopeOf(stack, request, instance));
  }

  function changesAnything(stack: Stack, request: StackRequest): boolean {
    if (plan(stack, request).length > 0) return true;
    if (tagText(stack.request?.tags ?? []) !== tagText(request.tags)) return true;
    const outputs = resolveOutputs(request, environment.createScope(stack, request));
    return canonicalJson(outputs) !== canonicalJson(stack.outputs);
  }

  /** Runs after the reply: the caller sees `…_IN_PROGRESS` first, and asks until it is over. */
  function start(stack: Stack, run: () => Promise<void>): void {
    const operation = run()
      .catch((error: unknown) => {
        // A fault of the local cloud itself; the stack must not stay in progress for ever.
        const reason = `Internal failure: ${error instanceof Error ? error.message : String(error)}`;
        setStackStatus(stack, failedStatus(stack), reason, undefined, environment);
      })
      .finally(() => operations.delete(operation));
    operations.add(operation);
  }

  function requireUnusedName(stackName: string): void {
    const other = find(stackName);
    if (other !== undefined) {
      throw new ServiceError("AlreadyExistsException", `Stack [${other.stackName}] already exists`);
    }
  }

  async function runCreate(stack: Stack, request: StackRequest, deleteOnFailure: boolean): Promise<void> {
    await deployStack(stack, request, "CREATE", environment);
    if (deleteOnFailure && stack.status === "ROLLBACK_COMPLETE") {
      await deleteStackResources(stack, [], request.clientRequestToken, environment);
    }
  }

  return {
    get,
    find,
    list: () => [...stacks.values()].toReversed(),
    exports,
    importsOf,

    async create(input, { disableRollback = false, deleteOnFailure = false } = {}) {
      requireUnusedName(input.stackName);
      const stack = newStack(input.stackName);
      const request = await check(stack, input);
      requireUnusedName(input.stackName);
      stack.disableRollback = disableRollback;
      stacks.set(stack.stackId, stack);
      start(stack, () => runCreate(stack, request, deleteOnFailure));
      return stack;
    },

    async update(input) {
      const stack = find(input.stackName);
      if (stack === undefined) throw validationError(`Stack [${input.stackName}] does not exist`);
      requireUpdatable(stack);
      const request = await check(stack, input);
      requireUpdatable(stack);
      if (!changesAnything(stack, request)) throw validationError("No updates are to be performed.");
      start(stack, () => deployStack(stack, request, "UPDATE", environment));
      return stack;
    },

    remove(stackName, retain, clientRequestToken) {
      const stack = find(stackName);
      if (stack === undefined || stack.status === "DELETE_COMPLETE") return Promise.resolve();
      requireIdle(stack, "deleted");
      if (stack.terminationProtection) {
        throw validationError(
          `Stack [${stack.stackName}] cannot be deleted while TerminationProtection is enabled`,
        );
      }
      if (retain.length > 0 && stack.status !== "DELETE_FAILED") {
        throw validationError(
          `Invalid operation on stack [${stack.stackId}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.`,
        );
      }
      for (const [id, changeSet] of changeSets) if (changeSet.stack === stack) changeSets.delete(id);
      start(stack, () => deleteStackResources(stack, retain, clientRequestToken, environment));
      return Promise.resolve();
    },

    async createChangeSet(input, { changeSetName, type, description }) {
      if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(changeSetName)) {
        throw validationError(`Value '${changeSetName}' at 'changeSetName' failed to satisfy constraint`);
      }
      let stack = find(input.stackName);
      if (type === "UPDATE") {
        if (stack === undefined) throw validationError(`Stack [${input.stackName}] does not exist`);
        requireUpdatable(stack);
      } else if (stack !== undefined && stack.status !== "REVIEW_IN_PROGRESS") {
        throw validationError(
          `Stack [${input.stackName}] already exists and cannot be created again with the changeSet [${changeSetName}].`,
        );
      }
      stack ??= newStack(input.stackName);
      const target = stack;
      if (
        [...changeSets.values()].some(
          (other) => other.stack === target && other.changeSetName === changeSetName,
        )
      ) {
        throw new ServiceError("AlreadyExistsException", `ChangeSet ${changeSetName} already exists`);
      }
      const request = await check(target, input);
      const isEmpty = type === "UPDATE" && !changesAnything(target, request);
      const changeSet: ChangeSet = {
        changeSetId: `arn:aws:cloudformation:${account.region}:${account.accountId}:changeSet/${changeSetName}/${randomUUID()}`,
        changeSetName,
        description,
        stack: target,
        type,
        request,
        changes: plan(target, request),
        status: isEmpty ? "FAILED" : "CREATE_COMPLETE",
        statusReason: isEmpty
          ? "The submitted information didn't contain changes. Submit different information to create a change set."
          : undefined,
        executionStatus: isEmpty ? "UNAVAILABLE" : "AVAILABLE",
        creationTime: now(),
      };
      if (!stacks.has(target.stackId)) {
        stacks.set(target.stackId, target);
        setStackStatus(target, "REVIEW_IN_PROGRESS", "User Initiated", input.clientRequestToken, environment);
      }
      changeSets.set(changeSet.changeSetId, changeSet);
      return changeSet;
    },

    getChangeSet(changeSetName, stackName) {
      const stack = stackName === undefined ? undefined : get(stackName);
      const found = changeSetName.startsWith("arn:")
        ? changeSets.get(changeSetName)
        : [...changeSets.values()].find(
            (changeSet) => changeSet.changeSetName === changeSetName && changeSet.stack === stack,
          );
      if (found === undefined) {
        throw new ServiceError("ChangeSetNotFound", `ChangeSet [${changeSetName}] does not exist`, 404);
      }
      return found;
    },

    changeSetsOf: (stack) => [...changeSets.values()].filter((changeSet) => changeSet.stack === stack),

    executeChangeSet(changeSet, { disableRollback }) {
      const { stack, request, type } = changeSet;
      if (changeSet.executionStatus !== "AVAILABLE" || request === undefined) {
        throw new ServiceError(
          "InvalidChangeSetStatus",
          `ChangeSet [${changeSet.changeSetId}] cannot be executed in its current status of [${changeSet.status}]`,
        );
      }
      if (type === "UPDATE") requireUpdatable(stack);
      // Every other change set was computed against what the stack was before.
      for (const [id, other] of changeSets) if (other.stack === stack) changeSets.delete(id);
      stack.disableRollback = disableRollback;
      start(stack, () =>
        type === "CREATE"
          ? runCreate(stack, request, false)
          : deployStack(stack, request, "UPDATE", environment),
      );
      return Promise.resolve();
    },

    deleteChangeSet(changeSet) {
      changeSets.delete(changeSet.changeSetId);
    },

    async settled() {
      while (operations.size > 0) await Promise.all(operations);
    },
  };
}

function templateOf(stack: Stack, { templateBody }: StackInput): Promise<Template> | Template {
  if (templateBody !== undefined) return parseTemplate(templateBody);
  if (stack.request === undefined) {
    throw validationError("Either Template URL or Template Body must be specified.");
  }
  return stack.request.template;
}

function requireIdle(stack: Stack, verb: string): void {
  if (isInProgress(stack)) {
    throw validationError(`Stack:${stack.stackId} is in ${stack.status} state and can not be ${verb}.`);
  }
}

function requireUpdatable(stack: Stack): void {
  const updatable = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];
  if (!updatable.includes(stack.status)) {
    throw validationError(`Stack:${stack.stackId} is in ${stack.status} state and can not be updated.`);
  }
}

function failedStatus({ status }: Stack): Stack["status"] {
  if (status.startsWith("DELETE")) return "DELETE_FAILED";
  if (status.includes("UPDATE_ROLLBACK")) return "UPDATE_ROLLBACK_FAILED";
  if (status.startsWith("ROLLBACK")) return "ROLLBACK_FAILED";
  return status.startsWith("UPDATE") ? "UPDATE_FAILED" : "CREATE_FAILED";
}

function tagText(tags: readonly Tag[]): string {
  return canonicalJson(tags.map(({ key, value }) => `${key}=${value}`).toSorted());
}
