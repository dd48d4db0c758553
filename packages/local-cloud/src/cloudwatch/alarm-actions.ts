import type { Account } from "../account.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { Lambda } from "../lambda/lambda.ts";
import { mayServiceInvoke } from "../lambda/service-permission.ts";
import { actionsOf, type Alarm, type AlarmChange } from "./alarm.ts";

export interface AlarmActionOptions {
  account: Account;
  lambda: Pick<Lambda, "invoke">;
  events: Pick<EventBus, "publish">;
  log: (line: string) => void;
}

/**
 * Sends the change of an alarm to the event bus, and runs its actions. Those are functions, and the log names all others.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export function runAlarmActions(
  { account, lambda, events, log }: AlarmActionOptions,
  alarm: Alarm,
  change: AlarmChange,
): void {
  const time = change.time.toISOString().replace("Z", "+0000");
  const alarmData = {
    alarmName: alarm.name,
    state: {
      value: change.to,
      reason: change.reason,
      ...(change.reasonData !== undefined && { reasonData: change.reasonData }),
      timestamp: time,
    },
    previousState: { value: change.from, reason: change.fromReason },
    configuration: describeConfiguration(alarm),
  };
  events.publish({
    source: "aws.cloudwatch",
    detailType: "CloudWatch Alarm State Change",
    resources: [alarm.arn],
    detail: alarmData,
  });
  for (const action of actionsOf(alarm, change.to)) {
    const lambdaFunction = account.functions.get(action);
    if (lambdaFunction === undefined) {
      log(
        `cloudwatch alarm ${alarm.name}: action ${action} is not run, because the local cloud has only functions`,
      );
    } else if (!mayServiceInvoke(lambdaFunction, "lambda.alarms.cloudwatch.amazonaws.com", alarm.arn)) {
      log(
        `cloudwatch alarm ${alarm.name}: action not run: no permission of ${action} lets lambda.alarms.cloudwatch.amazonaws.com invoke it for this alarm`,
      );
    } else {
      void lambda.invoke(lambdaFunction, {
        source: "aws.cloudwatch",
        alarmArn: alarm.arn,
        accountId: account.accountId,
        time,
        region: account.region,
        alarmData,
      });
    }
  }
}

function describeConfiguration({ settings, metric }: Alarm): object {
  const { AlarmDescription: description } = settings;
  return {
    ...(description !== undefined && { description }),
    metrics:
      metric === undefined
        ? []
        : [
            {
              id: "m1",
              metricStat: {
                metric: {
                  namespace: metric.namespace,
                  name: metric.name,
                  dimensions: metric.dimensions,
                },
                period: metric.period,
                stat: metric.statistic,
                ...(metric.unit !== undefined && { unit: metric.unit }),
              },
              returnData: true,
            },
          ],
  };
}
