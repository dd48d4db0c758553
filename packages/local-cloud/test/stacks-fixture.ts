import { type Account, createAccount } from "../src/account.ts";
import { createCloudClock } from "../src/cloud-clock.ts";
import { type CloudWatch, createCloudWatch } from "../src/cloudwatch/cloudwatch.ts";
import { memoryState } from "../src/state.ts";
import { type Buckets, createBuckets } from "../src/s3/buckets.ts";
import { createSecretsManager, type SecretsManager } from "../src/secrets-manager/secrets-manager.ts";
import { createParameterStore, type ParameterStore } from "../src/ssm/parameter-store.ts";
import { readTemplate } from "../src/cloudformation/cloudformation.ts";
import { createResourceTypes } from "../src/cloudformation/resource-types/resource-types.ts";
import type { ResourceType } from "../src/cloudformation/resource-types/resource-type.ts";
import { createStacks, type Stacks, type StacksOptions } from "../src/cloudformation/stacks/stacks.ts";
import type { Stack, StackInput } from "../src/cloudformation/stacks/stack.ts";

/** An account and its stacks without a server. */
export interface StacksFixture {
  account: Account;
  buckets: Buckets;
  cloudWatch: CloudWatch;
  parameterStore: ParameterStore;
  secretsManager: SecretsManager;
  stacks: Stacks;
  /** Ids of the open APIs and function URLs. */
  listening: Set<string>;
  /** Creates or updates the stack `test`, and waits until the operation ends. */
  deploy(template: object, input?: Partial<StackInput>): Promise<Stack>;
  /** `LogicalId STATUS` or `LogicalId STATUS: reason`, oldest first. */
  events(stack: Stack): string[];
}

/**
 * @param wrap changes each resource type, for a test that watches them
 * @param more replaces options of the stacks
 */
export function createStacksFixture(
  wrap: (type: ResourceType, name: string) => ResourceType = (type) => type,
  more: Partial<StacksOptions> = {},
): StacksFixture {
  let milliseconds = Date.parse("2026-01-02T03:04:05Z");
  const now = (): Date => new Date(milliseconds++);
  const account = createAccount("000000000000", "us-east-1");
  const buckets = createBuckets({ now });
  const parameterStore = createParameterStore({ ...account, now });
  const secretsManager = createSecretsManager({ ...account, now });
  const clock = createCloudClock(now, memoryState());
  const cloudWatch = createCloudWatch({ account, clock, log: () => {} });
  const listening = new Set<string>();
  const origins = {
    open({ apiId }: { apiId: string }): Promise<string> {
      listening.add(apiId);
      return Promise.resolve(`http://${apiId}.example`);
    },
    openFunctionUrl({ urlId }: { urlId: string }): Promise<string> {
      listening.add(urlId);
      return Promise.resolve(`http://${urlId}.example/`);
    },
    openRestApi({ apiId }: { apiId: string }): Promise<string> {
      listening.add(apiId);
      return Promise.resolve(`http://${apiId}.example`);
    },
    openGraphqlApi({ apiId }: { apiId: string }): Promise<string> {
      listening.add(apiId);
      return Promise.resolve(`http://${apiId}.example`);
    },
    close(apiId: string): Promise<void> {
      listening.delete(apiId);
      return Promise.resolve();
    },
  };
  const types = createResourceTypes({
    account,
    now,
    buckets,
    cloudWatch,
    dynamoDb: { run: () => Promise.resolve({}), redefine: () => Promise.resolve() },
    parameterStore,
    secretsManager,
    origins,
  });
  const stacks = createStacks({
    account,
    resourceTypes: new Map([...types].map(([name, type]) => [name, wrap(type, name)])),
    sources: { parameterStore, secretsManager },
    readTemplate: (url) => readTemplate(url, buckets),
    now,
    log: () => {},
    ...more,
  });
  return {
    account,
    buckets,
    cloudWatch,
    parameterStore,
    secretsManager,
    stacks,
    listening,
    async deploy(template, overrides = {}) {
      const input: StackInput = {
        stackName: "test",
        templateBody: JSON.stringify(template),
        parameters: [],
        tags: undefined,
        capabilities: ["CAPABILITY_NAMED_IAM"],
        roleArn: undefined,
        clientRequestToken: undefined,
        ...overrides,
      };
      const isNew = stacks.find(input.stackName) === undefined;
      const stack = await (isNew ? stacks.create(input) : stacks.update(input));
      await stacks.settled();
      return stack;
    },
    events: (stack) =>
      stack.events
        .map(
          ({ logicalId, status, statusReason }) =>
            `${logicalId} ${status}${statusReason ? `: ${statusReason}` : ""}`,
        )
        .toReversed(),
  };
}
