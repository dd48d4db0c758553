import { ServiceError } from "../../aws/service-error.ts";
import type { ResourceInstance } from "../resource-types/resource-type.ts";
import type { Scope } from "../template/intrinsics.ts";
import { resolveParameters, type StackParameter } from "../template/parameters.ts";
import { parseTemplate, type Template } from "../template/template.ts";
import { validateTemplate } from "../template/validate-template.ts";
import { canonicalJson } from "../template/values.ts";
import { stackRefusals } from "../stack-refusals.ts";
import { validationError } from "../validation-error.ts";
import { type ChangeSet, createChangeSets, requireChangeSetName } from "./change-sets.ts";
import {
  deleteStackResources,
  deployStack,
  type DeploymentEnvironment,
  setStackStatus,
} from "./deploy-stack.ts";
import { createDriftDetection, type DriftDetection } from "./drift.ts";
import { createNestedStacks, nestedStackType } from "./nested-stacks.ts";
import { createExports, type Export, resolveOutputs } from "./outputs.ts";
import { planChanges, type ResourceChange } from "./plan-changes.ts";
import { createStackScope } from "./stack-scope.ts";
import {
  exists,
  failedStatus,
  isLeftFailed,
  newStack,
  requireIdle,
  requireUpdatable,
  type Stack,
  type StackInput,
  type StackRequest,
  type Tag,
} from "./stack.ts";
import { memoryState, type State } from "../../state.ts";
import { messageOf } from "../../error-text.ts";

/** The stacks of the account. */
export interface Stacks {
  create(
    input: StackInput,
    options?: { disableRollback?: boolean; deleteOnFailure?: boolean },
  ): Promise<Stack>;
  update(input: StackInput, options?: { disableRollback?: boolean }): Promise<Stack>;
  /** Rolls back an operation that failed without a rollback. @throws ServiceError ValidationError for another stack */
  rollBack(stackName: string): Promise<Stack>;
  /** Like AWS, ignores a stack that does not exist. */
  remove(stackName: string, retain: readonly string[], clientRequestToken: string | undefined): Promise<void>;
  /** By name or ARN; a name finds only a stack that is not deleted. @throws ServiceError ValidationError */
  get(stackName: string): Stack;
  /** Like `get`, but undefined when the stack does not exist. */
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
  drift: DriftDetection;
  /** Resolves when no operation runs. */
  settled(): Promise<void>;
  /** Whether no operation runs. */
  isSettled(): boolean;
}

export type StacksOptions = Omit<
  DeploymentEnvironment,
  "createScope" | "checkExports" | "finishNested" | "pendingRollbacks"
> & {
  /** Reads the template of a nested stack. @throws ServiceError for an address without one */
  readTemplate: (url: string) => string;
  state?: State | undefined;
};

export function createStacks(options: StacksOptions): Stacks {
  const { account, sources, now, state = memoryState() } = options;
  /** By ARN. Deleted stacks stay: DescribeStacks finds them by their ARN. */
  const stacks = state.part("stacks", () => new Map<string, Stack>());
  const exports = createExports(stacks);
  const changeSets = createChangeSets(account, now, state);
  const operations = new Set<Promise<void>>();
  const pendingRollbacks: DeploymentEnvironment["pendingRollbacks"] = new WeakMap();

  const nested = createNestedStacks({
    account,
    now,
    stacks,
    environment: () => environment,
    readTemplate: options.readTemplate,
    check,
    changesAnything,
  });
  const environment: DeploymentEnvironment = {
    ...options,
    resourceTypes: new Map([...options.resourceTypes, [nestedStackType, nested.type]]),
    finishNested: (stack) => nested.finish(stack),
    pendingRollbacks,
    createScope: (stack, request) =>
      scopeOf(stack, request, (logicalId) => {
        const resource = stack.resources.get(logicalId);
        return exists(resource) ? resource : undefined;
      }),
    checkExports: (stack, outputs) => exports.check(stack, outputs),
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
      importValue: (name) => exports.importValue(stack, name),
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
    return stackRefusals.missing.unless(find(nameOrId), nameOrId);
  }

  /** Validates a request before any resource is touched. */
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

  /** Runs after the reply: the caller sees `…_IN_PROGRESS` and polls until the operation ends. */
  function start(stack: Stack, run: () => Promise<void>): void {
    const operation = run()
      .catch((error: unknown) => {
        // After a fault of the local cloud the stack must not stay in progress.
        const reason = `Internal failure: ${messageOf(error)}`;
        setStackStatus(stack, failedStatus(stack), reason, undefined, environment);
      })
      .finally(() => operations.delete(operation));
    operations.add(operation);
  }

  function requireUnusedName(stackName: string): void {
    const other = find(stackName);
    stackRefusals.nameTaken.when(other !== undefined, stackName);
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
    drift: createDriftDetection(options.resourceTypes, now),
    list: () => [...stacks.values()].toReversed(),
    exports: () => exports.list(),
    importsOf: (exportName) => exports.importsOf(exportName),

    async create(input, { disableRollback = false, deleteOnFailure = false } = {}) {
      requireUnusedName(input.stackName);
      const stack = newStack(input.stackName, account, now());
      const request = await check(stack, input);
      requireUnusedName(input.stackName);
      stack.disableRollback = disableRollback;
      stacks.set(stack.stackId, stack);
      start(stack, () => runCreate(stack, request, deleteOnFailure));
      return stack;
    },

    async update(input, { disableRollback = false } = {}) {
      const stack = find(input.stackName);
      if (stack === undefined) throw validationError(`Stack [${input.stackName}] does not exist`);
      requireUpdatable(stack);
      const request = await check(stack, input);
      requireUpdatable(stack);
      stackRefusals.noUpdates.when(!changesAnything(stack, request) && !isLeftFailed(stack));
      stack.disableRollback = disableRollback;
      start(stack, () => deployStack(stack, request, "UPDATE", environment));
      return stack;
    },

    async rollBack(stackName) {
      const stack = get(stackName);
      stackRefusals.rollback.when(!isLeftFailed(stack), stack.stackName, stack.status);
      const rollBack = pendingRollbacks.get(stack);
      if (rollBack === undefined) {
        throw validationError(
          `The local cloud was started again after stack [${stack.stackName}] failed, and cannot roll it back. Deploy it again with --no-rollback, or delete it.`,
        );
      }
      start(stack, rollBack);
      return stack;
    },

    remove(stackName, retain, clientRequestToken) {
      const stack = find(stackName);
      if (stack === undefined || stack.status === "DELETE_COMPLETE") return Promise.resolve();
      requireIdle(stack, "deleted");
      stackRefusals.protection.when(stack.terminationProtection, stack.stackName);
      if (retain.length > 0 && stack.status !== "DELETE_FAILED") {
        throw validationError(
          `Invalid operation on stack [${stack.stackId}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.`,
        );
      }
      changeSets.deleteAll(stack);
      start(stack, () => deleteStackResources(stack, retain, clientRequestToken, environment));
      return Promise.resolve();
    },

    async createChangeSet(input, { changeSetName, type, description }) {
      requireChangeSetName(changeSetName);
      const stack = find(input.stackName);
      if (type === "UPDATE") {
        if (stack === undefined) throw validationError(`Stack [${input.stackName}] does not exist`);
        requireUpdatable(stack);
      } else if (stack !== undefined && stack.status !== "REVIEW_IN_PROGRESS") {
        throw validationError(
          `Stack [${input.stackName}] already exists and cannot be created again with the changeSet [${changeSetName}].`,
        );
      }
      const target = stack ?? newStack(input.stackName, account, now());
      changeSets.requireUnusedName(changeSetName, target);
      const request = await check(target, input);
      const isEmpty = type === "UPDATE" && !changesAnything(target, request) && !isLeftFailed(target);
      const changes = plan(target, request);
      if (!stacks.has(target.stackId)) {
        stacks.set(target.stackId, target);
        setStackStatus(target, "REVIEW_IN_PROGRESS", "User Initiated", input.clientRequestToken, environment);
      }
      return changeSets.create(
        { changeSetName, description, stack: target, type, request, changes },
        isEmpty,
      );
    },

    getChangeSet: (changeSetName, stackName) =>
      changeSets.get(changeSetName, stackName === undefined ? undefined : get(stackName)),

    changeSetsOf: (stack) => changeSets.of(stack),

    executeChangeSet(changeSet, { disableRollback }) {
      const { stack, request, type } = changeSet;
      if (changeSet.executionStatus !== "AVAILABLE" || request === undefined) {
        throw new ServiceError(
          "InvalidChangeSetStatus",
          `ChangeSet [${changeSet.changeSetId}] cannot be executed in its current status of [${changeSet.status}]`,
        );
      }
      if (type === "UPDATE") requireUpdatable(stack);
      // The stack's other change sets were computed for its previous state.
      changeSets.deleteAll(stack);
      stack.disableRollback = disableRollback;
      start(stack, () =>
        type === "CREATE"
          ? runCreate(stack, request, false)
          : deployStack(stack, request, "UPDATE", environment),
      );
      return Promise.resolve();
    },

    deleteChangeSet: (changeSet) => changeSets.delete(changeSet),

    isSettled: () => operations.size === 0,

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

function tagText(tags: readonly Tag[]): string {
  return canonicalJson(tags.map(({ key, value }) => `${key}=${value}`).toSorted());
}
