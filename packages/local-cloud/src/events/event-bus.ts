import { randomUUID } from "node:crypto";

import { isJsonObject } from "../aws/json-protocol.ts";
import type { Account, EventRule } from "../account.ts";
import type { Lambda } from "../lambda/lambda.ts";
import { mayServiceInvoke } from "../lambda/service-permission.ts";
import { parseSchedule } from "./schedule-expression.ts";
import { type CloudEvent, targetInput } from "./target-input.ts";

/** The members of an event that a service sets. The bus adds the others. */
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
  /** When the next scheduled rule is due; undefined without one. */
  nextDue(): Date | undefined;
  /**
   * Runs the scheduled rules that are due, and waits for their functions. A run that is more than a minute late, because
   * the computer slept or the local cloud did not run, is skipped.
   */
  runDue(time: Date): Promise<void>;
}

export interface EventBusOptions {
  account: Account;
  lambda: Pick<Lambda, "invoke">;
  now: () => Date;
  log: (line: string) => void;
}

const longestDelayMs = 60_000;

/**
 * The default event bus of EventBridge, for the events of CloudFormation and CloudWatch, and for schedules. The targets
 * are Lambda functions.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html
 */
export function createEventBus({ account, lambda, now, log }: EventBusOptions): EventBus {
  function createEvent({ source, detailType, resources, detail }: ServiceEvent, time: Date): CloudEvent {
    return {
      version: "0",
      id: randomUUID(),
      "detail-type": detailType,
      source,
      account: account.accountId,
      time: time.toISOString().replace(/\.\d+/, ""),
      region: account.region,
      resources,
      detail,
    };
  }

  async function deliver(rule: EventRule, event: CloudEvent): Promise<void> {
    const deliveries = rule.targets.map(async (target) => {
      const lambdaFunction = account.functions.get(target.arn);
      if (lambdaFunction === undefined) {
        log(`events ${rule.arn}: no function ${target.arn}`);
        return;
      }
      if (!mayServiceInvoke(lambdaFunction, "events.amazonaws.com", rule.arn)) {
        log(
          `events ${rule.arn}: not invoked: no permission of ${target.arn} lets events.amazonaws.com invoke it for this rule`,
        );
        return;
      }
      let input: unknown;
      try {
        input = targetInput(target, event, rule);
      } catch (error) {
        log(
          `events ${rule.arn}: not invoked: the input of ${target.arn} is not JSON: ${(error as Error).message}`,
        );
        return;
      }
      log(`events ${rule.arn}: ${String(event["detail-type"])} to ${lambdaFunction.functionName}`);
      await lambda.invoke(lambdaFunction, input);
    });
    await Promise.all(deliveries);
  }

  return {
    publish(serviceEvent) {
      const event = createEvent(serviceEvent, now());
      const rules = [...account.eventRules.values()].filter(
        ({ bus, pattern }) => bus === "default" && pattern !== undefined && matches(pattern, event),
      );
      for (const rule of rules) void deliver(rule, event);
    },
    nextDue() {
      const times = [...account.eventRules.values()].flatMap(({ schedule }) =>
        schedule?.due === undefined ? [] : [schedule.due.getTime()],
      );
      return times.length === 0 ? undefined : new Date(Math.min(...times));
    },
    async runDue(time) {
      const deliveries = [...account.eventRules.values()].map(async (rule) => {
        const { schedule } = rule;
        const due = schedule?.due;
        if (schedule === undefined || due === undefined || due > time) return;
        schedule.due = parseSchedule(schedule.expression)?.next(time, schedule.since);
        if (time.getTime() - due.getTime() > longestDelayMs) return;
        const event = createEvent(
          { source: "aws.events", detailType: "Scheduled Event", resources: [rule.arn], detail: {} },
          due,
        );
        await deliver(rule, event);
      });
      await Promise.all(deliveries);
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
