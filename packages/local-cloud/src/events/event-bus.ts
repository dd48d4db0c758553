import { randomUUID } from "node:crypto";

import { isJsonObject } from "../aws/json-protocol.ts";
import type { Account, EventRule, LambdaFunction } from "../account.ts";
import { compileArnPattern } from "../iam/wildcards.ts";
import type { Lambda } from "../lambda/lambda.ts";

/** What a service says in an event. The bus adds the rest. */
interface ServiceEvent {
  source: string;
  detailType: string;
  /** ARNs. */
  resources: readonly string[];
  detail: object;
}

export interface EventBus {
  /** Invokes the functions of the rules that match, without waiting for them. */
  publish(event: ServiceEvent): void;
}

export interface EventBusOptions {
  account: Account;
  lambda: Pick<Lambda, "invoke">;
  now: () => Date;
  log: (line: string) => void;
}

/**
 * The default event bus of EventBridge, for the events of CloudFormation. The targets are Lambda functions.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html
 */
export function createEventBus({ account, lambda, now, log }: EventBusOptions): EventBus {
  return {
    publish({ source, detailType, resources, detail }) {
      const event = {
        version: "0",
        id: randomUUID(),
        "detail-type": detailType,
        source,
        account: account.accountId,
        time: now().toISOString().replace(/\.\d+/, ""),
        region: account.region,
        resources,
        detail,
      };
      const rules = [...account.eventRules.values()].filter(({ pattern }) => matches(pattern, event));
      for (const rule of rules) {
        for (const target of rule.targets) {
          const lambdaFunction = account.functions.get(target);
          if (lambdaFunction !== undefined && mayInvoke(lambdaFunction, rule))
            void lambda.invoke(lambdaFunction, event);
          else log(`events ${rule.arn}: no function ${target} that the rule may invoke`);
        }
      }
    },
  };
}

/**
 * Whether a pattern that lists values matches. Matchers such as `prefix` match nothing.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) return [value].flat().some((each) => pattern.includes(each));
  return (
    isJsonObject(pattern) &&
    isJsonObject(value) &&
    Object.entries(pattern).every(([name, part]) => matches(part, value[name]))
  );
}

function mayInvoke({ permissions }: LambdaFunction, rule: EventRule): boolean {
  return [...permissions.values()].some(
    ({ action, principal, sourceArn = "*" }) =>
      ["lambda:InvokeFunction", "lambda:*"].includes(action) &&
      ["events.amazonaws.com", "*"].includes(principal) &&
      compileArnPattern(sourceArn)(rule.arn),
  );
}
