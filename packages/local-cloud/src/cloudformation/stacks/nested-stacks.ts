import type { Account } from "../../account.ts";
import { physicalName } from "../resource-types/physical-name.ts";
import type { Properties } from "../resource-types/properties.ts";
import { PartialFailure } from "../resource-types/resource-error.ts";
import type { ResourceContext, ResourceInstance, ResourceType } from "../resource-types/resource-type.ts";
import { textOf } from "../template/values.ts";
import {
  deleteStackResources,
  type Deployment,
  type DeploymentEnvironment,
  deployResources,
} from "./deploy-stack.ts";
import {
  type Stack,
  type StackInput,
  type StackRequest,
  type Tag,
  existingResources,
  newStack,
} from "./stack.ts";

/** AWS::CloudFormation::Stack */
export const nestedStackType = "AWS::CloudFormation::Stack";

export interface NestedStacksOptions {
  account: Account;
  now: () => Date;
  /** By ARN. */
  stacks: Map<string, Stack>;
  environment: () => DeploymentEnvironment;
  /** @throws ServiceError for an address without a template */
  readTemplate: (url: string) => string;
  /** Validates a request before any resource is touched. */
  check: (stack: Stack, input: StackInput) => Promise<StackRequest>;
  changesAnything: (stack: Stack, request: StackRequest) => boolean;
}

export interface NestedStacks {
  type: ResourceType;
  /** Removes what the updates of a stack's nested stacks have replaced: they can no longer be rolled back. */
  finish(stack: Stack): Promise<void>;
}

/**
 * Stacks that are resources of another stack. They keep what an update replaces or removes until the root stack is
 * updated, so that its rollback can bring it back.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html}
 */
export function createNestedStacks(options: NestedStacksOptions): NestedStacks {
  const { account, now, stacks, environment, readTemplate, check, changesAnything } = options;
  /** Updates that are not finished, by the ARN of the nested stack. */
  const open = new Map<string, Deployment[]>();

  function inputOf(properties: Properties, { stackId }: ResourceContext, stackName: string): StackInput {
    const { request } = stacks.get(stackId) ?? {};
    const tags = properties
      .objects("Tags")
      .map((tag): Tag => ({ key: tag.text("Key"), value: tag.text("Value") }));
    const own = new Set(tags.map(({ key }) => key));
    return {
      stackName,
      templateBody: readTemplate(properties.text("TemplateURL")),
      parameters: Object.entries(properties.object("Parameters")?.values ?? {}).map(([key, value]) => ({
        key,
        value: Array.isArray(value) ? value.map(textOf).join(",") : textOf(value),
        usePreviousValue: false,
      })),
      tags: [...(request?.tags ?? []).filter(({ key }) => !own.has(key)), ...tags],
      capabilities: request?.capabilities ?? [],
      roleArn: request?.roleArn,
      clientRequestToken: request?.clientRequestToken,
    };
  }

  const keep = (stack: Stack, deployment: Deployment): void => {
    open.set(stack.stackId, [...(open.get(stack.stackId) ?? []), deployment]);
  };

  return {
    type: {
      async create(properties, context) {
        const parent = stacks.get(context.stackId);
        const nested = newStack(physicalName(context, 128), account, now());
        nested.parentId = context.stackId;
        nested.rootId = parent?.rootId ?? context.stackId;
        nested.disableRollback = parent?.disableRollback ?? false;
        const request = await check(nested, inputOf(properties, context, nested.stackName));
        stacks.set(nested.stackId, nested);
        const { failure } = await deployResources(nested, request, "CREATE", environment());
        if (failure !== undefined) fail(nested, "created", failure);
        return instanceOf(nested);
      },
      async update(instance, properties, _previous, context) {
        const nested = stacks.get(instance.physicalId);
        if (nested === undefined) return instance;
        if (context.isRollback === true) {
          await open.get(nested.stackId)?.pop()?.rollBack();
          return instanceOf(nested);
        }
        nested.disableRollback = stacks.get(context.stackId)?.disableRollback ?? false;
        const request = await check(nested, inputOf(properties, context, nested.stackName));
        const deployment = changesAnything(nested, request)
          ? await deployResources(nested, request, "UPDATE", environment())
          : unchanged;
        keep(nested, deployment);
        if (deployment.failure !== undefined) fail(nested, "updated", deployment.failure);
        return instanceOf(nested);
      },
      async remove({ physicalId }) {
        const nested = stacks.get(physicalId);
        if (nested === undefined || nested.status === "DELETE_COMPLETE") return;
        open.delete(physicalId);
        await deleteStackResources(nested, [], nested.request?.clientRequestToken, environment());
        const { status, statusReason = "" }: Pick<Stack, "status" | "statusReason"> = nested;
        if (status === "DELETE_FAILED") fail(nested, "deleted", statusReason);
      },
    },

    async finish(stack) {
      for (const { type, physicalId = "" } of existingResources(stack)) {
        if (type !== nestedStackType) continue;
        const deployments = open.get(physicalId) ?? [];
        open.delete(physicalId);
        // oxlint-disable-next-line no-await-in-loop -- as CloudFormation, in order
        for (const deployment of deployments) await deployment.finish();
      }
    },
  };
}

/** @throws PartialFailure */
function fail(stack: Stack, verb: string, reason: string): never {
  throw new PartialFailure(
    `Embedded stack ${stack.stackId} was not successfully ${verb}: ${reason}`,
    stack.stackId,
  );
}

const unchanged: Deployment = {
  failure: undefined,
  rollBack: () => Promise.resolve(),
  finish: () => Promise.resolve(),
};

function instanceOf({ stackId, outputs }: Stack): ResourceInstance {
  return {
    physicalId: stackId,
    attributes: Object.fromEntries(outputs.map(({ key, value }) => [`Outputs.${key}`, value])),
  };
}
