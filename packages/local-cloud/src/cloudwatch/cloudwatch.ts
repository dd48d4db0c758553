import type { Account } from "../account.ts";
import type { JsonObject } from "../aws/json-protocol.ts";
import type { Permission } from "../aws/permission.ts";
import { findOperation } from "../aws/service-error.ts";
import type { CloudClock } from "../cloud-clock.ts";
import { memoryState, type State } from "../state.ts";
import { actionsOf, type Alarm, type AlarmChange, alarmStates } from "./alarm.ts";
import { type Alarms, createAlarms, requireStatistic } from "./alarms.ts";
import { cloudWatchRefusals } from "./cloudwatch-refusals.ts";
import { readEmbeddedMetrics } from "./embedded-metrics.ts";
import { Input } from "./input.ts";
import {
  createMetrics,
  describeMetric,
  keyOf,
  type MetricId,
  type MetricSamples,
  statisticOf,
} from "./metrics.ts";
import { units } from "./units.ts";

export interface CloudWatchOptions {
  account: Pick<Account, "accountId" | "region">;
  clock: CloudClock;
  log: (line: string) => void;
  state?: State | undefined;
  /** An alarm has another state. */
  changed?: (alarm: Alarm, change: AlarmChange) => void;
}

/** Amazon CloudWatch: metrics and metric alarms. */
export interface CloudWatch {
  /** What policies must allow for an operation. */
  permissions(operation: string, input: JsonObject): Permission[];
  /** @throws ServiceError with the codes of the query protocol */
  handle(operation: string, input: JsonObject): object;
  /** Takes the metrics of a line that a function printed. */
  readLine(functionName: string, line: string): void;
  /** Samples of a service's own metric, at this time. */
  record(id: MetricId, unit: string, value: number): void;
  alarms: Alarms;
}

/** Metrics of a page of ListMetrics. */
const pageSize = 500;

export function createCloudWatch({
  account,
  clock,
  log,
  state = memoryState(),
  changed = () => {},
}: CloudWatchOptions): CloudWatch {
  const metrics = createMetrics(state);
  const alarms = createAlarms({
    account,
    metrics,
    now: () => clock.now(),
    state,
    toClient: (time) => clock.toClient(time),
    changed(alarm, change) {
      log(
        `cloudwatch alarm ${alarm.name}: ${change.from} -> ${change.to}: ${change.reason}${descriptionOf(alarm)}`,
      );
      changed(alarm, change);
    },
    described: (alarm) => log(`cloudwatch alarm ${alarm.name}: ALARM:${descriptionOf(alarm)}`),
  });

  const operations: Record<string, (input: Input) => object> = {
    PutMetricData(input) {
      const namespace = input.requiredText("Namespace");
      cloudWatchRefusals.namespace.when(namespace.startsWith("AWS/"), namespace);
      const data = input.objects("MetricData");
      cloudWatchRefusals.metrics.when(data.length > 1000);
      // All of them or none.
      const read = data.map((datum) => readDatum(namespace, datum, clock));
      for (const [id, samples] of read) metrics.put(id, samples);
      return {};
    },
    ListMetrics(input) {
      const namespace = input.text("Namespace");
      const name = input.text("MetricName");
      const wanted = input.objects("Dimensions");
      const found = metrics.list().filter(
        (id) =>
          (namespace === undefined || id.namespace === namespace) &&
          (name === undefined || id.name === name) &&
          wanted.every((dimension) => {
            const value = id.dimensions[dimension.requiredText("Name")];
            return value !== undefined && value === (dimension.text("Value") ?? value);
          }),
      );
      const { page, nextToken } = paged(found, input.text("NextToken"), pageSize);
      return {
        Metrics: page.map(describeMetric),
        NextToken: nextToken,
      };
    },
    GetMetricStatistics(input) {
      const period = input.requiredNumber("Period");
      cloudWatchRefusals.period.when(!isQueryPeriod(period));
      const { start, end } = readRange(input, period, clock);
      const id = input.metric();
      const simple = input.texts("Statistics");
      const extended = input.texts("ExtendedStatistics");
      for (const statistic of [...simple, ...extended]) requireStatistic(statistic);
      cloudWatchRefusals.missing.when(simple.length + extended.length === 0, "Statistics");
      const unit = input.choice("Unit", [...units]);
      return {
        Label: id.name,
        Datapoints: metrics.datapoints(id, { start, end, period, unit }).map((datapoint) => ({
          Timestamp: datapoint.time,
          ...Object.fromEntries(simple.map((statistic) => [statistic, statisticOf(datapoint, statistic)])),
          Unit: datapoint.unit,
          ...(extended.length > 0 && {
            ExtendedStatistics: new Map(
              extended.map((statistic) => [statistic, statisticOf(datapoint, statistic)]),
            ),
          }),
        })),
      };
    },
    GetMetricData(input) {
      const isAscending = input.text("ScanBy") === "TimestampAscending";
      const results = input.objects("MetricDataQueries").flatMap((query) => {
        const queryId = query.requiredText("Id");
        const stat = query.object("MetricStat");
        const metric = stat?.object("Metric");
        cloudWatchRefusals.expression.when(query.text("Expression") !== undefined, queryId);
        if (stat === undefined || metric === undefined)
          return cloudWatchRefusals.missing.unless(undefined, "MetricStat");
        const period = stat.requiredNumber("Period");
        cloudWatchRefusals.period.when(!isQueryPeriod(period));
        const statistic = stat.requiredText("Stat");
        requireStatistic(statistic);
        if (query.flag("ReturnData") === false) return [];
        const id = metric.metric();
        const { start, end } = readRange(input, period, clock);
        const values = metrics
          .datapoints(id, { start, end, period, unit: stat.text("Unit") })
          .flatMap((datapoint): { time: Date; value: number }[] => {
            const value = statisticOf(datapoint, statistic);
            return value === undefined ? [] : [{ time: datapoint.time, value }];
          });
        if (!isAscending) values.reverse();
        return [
          {
            Id: queryId,
            Label: query.text("Label") ?? id.name,
            Timestamps: values.map(({ time }) => time),
            Values: values.map(({ value }) => value),
            StatusCode: "Complete",
          },
        ];
      });
      return { MetricDataResults: results, Messages: [] };
    },
    PutMetricAlarm(input) {
      alarms.put(input.values);
      return {};
    },
    DescribeAlarms(input) {
      const names = input.texts("AlarmNames");
      const prefix = input.text("AlarmNamePrefix") ?? "";
      const wantedState = input.choice("StateValue", alarmStates);
      const actionPrefix = input.text("ActionPrefix");
      const types = input.texts("AlarmTypes");
      const found = alarms
        .list()
        .filter(
          (alarm) =>
            (types.length === 0 || types.includes("MetricAlarm")) &&
            (names.length === 0 || names.includes(alarm.name)) &&
            alarm.name.startsWith(prefix) &&
            (wantedState === undefined || alarm.state === wantedState) &&
            (actionPrefix === undefined ||
              actionsOf(alarm, alarm.state).some((action) => action.startsWith(actionPrefix))),
        )
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const { page, nextToken } = paged(found, input.text("NextToken"), input.number("MaxRecords") ?? 50);
      return { MetricAlarms: page.map(describeAlarm), CompositeAlarms: [], NextToken: nextToken };
    },
    DescribeAlarmsForMetric(input) {
      const wanted = keyOf(input.metric());
      const found = alarms.list().filter(({ metric }) => metric && keyOf(metric) === wanted);
      return { MetricAlarms: found.map(describeAlarm) };
    },
    DescribeAlarmHistory(input) {
      const name = input.text("AlarmName");
      const items = alarms
        .list()
        .filter((alarm) => name === undefined || alarm.name === name)
        .flatMap((alarm) => alarm.history.map((change) => ({ alarm, change })))
        .toSorted((a, b) => b.change.time.getTime() - a.change.time.getTime());
      const { page, nextToken } = paged(items, input.text("NextToken"), input.number("MaxRecords") ?? 100);
      return {
        AlarmHistoryItems: page.map(({ alarm, change }) => ({
          AlarmName: alarm.name,
          AlarmType: "MetricAlarm",
          Timestamp: change.time,
          HistoryItemType: "StateUpdate",
          HistorySummary: `Alarm updated from ${change.from} to ${change.to}`,
          HistoryData: JSON.stringify({
            version: "1.0",
            oldState: { stateValue: change.from, stateReason: change.fromReason },
            newState: { stateValue: change.to, stateReason: change.reason },
          }),
        })),
        NextToken: nextToken,
      };
    },
    DeleteAlarms(input) {
      for (const name of input.texts("AlarmNames")) alarms.remove(name);
      return {};
    },
    SetAlarmState(input) {
      const to = cloudWatchRefusals.missing.unless(input.choice("StateValue", alarmStates), "StateValue");
      const name = input.requiredText("AlarmName");
      alarms.setState(name, to, input.requiredText("StateReason"), input.text("StateReasonData"));
      return {};
    },
    EnableAlarmActions: (input) => setActions(input, true),
    DisableAlarmActions: (input) => setActions(input, false),
  };

  function setActions(input: Input, enabled: boolean): object {
    for (const name of input.texts("AlarmNames")) {
      const alarm = alarms.find(name);
      if (alarm !== undefined) alarm.settings["ActionsEnabled"] = enabled;
    }
    return {};
  }

  return {
    permissions(operation, input) {
      const action = `cloudwatch:${operation}`;
      const { AlarmName: name, AlarmNames: names, Namespace: namespace } = input;
      const named = [name ?? (Array.isArray(names) ? names : [])].flat().map(String);
      if (named.length > 0) return named.map((each) => ({ action, resource: alarms.arnOf(each) }));
      if (operation.startsWith("DescribeAlarm")) return [{ action, resource: alarms.arnOf("*") }];
      const isPut = operation === "PutMetricData" && typeof namespace === "string";
      return [{ action, resource: "*", ...(isPut && { context: { "cloudwatch:namespace": namespace } }) }];
    },
    handle(operation, input) {
      const run = findOperation(operations, operation, { service: "CloudWatch", code: "InvalidAction" });
      return inClientTime(run(new Input(input)), clock) as object;
    },
    readLine(functionName, line) {
      const found = readEmbeddedMetrics(line);
      if (found === undefined) return;
      if (typeof found === "string") {
        log(`cloudwatch: no metrics of a line of ${functionName} in the embedded metric format: ${found}`);
        return;
      }
      for (const { id, samples } of found)
        metrics.put(id, { ...samples, time: clock.fromClient(samples.time) });
    },
    record(id, unit, value) {
      metrics.put(id, { time: clock.now(), unit, samples: [[value, 1]], resolution: 60 });
    },
    alarms,
  };
}

function descriptionOf({ settings }: Alarm): string {
  const { AlarmDescription: description } = settings;
  return typeof description === "string" ? ` Description: ${description}` : "";
}

function describeAlarm(alarm: Alarm): object {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    ...alarm.settings,
    AlarmConfigurationUpdatedTimestamp: alarm.configured,
    StateValue: alarm.state,
    StateReason: alarm.reason,
    StateReasonData: alarm.reasonData,
    StateUpdatedTimestamp: alarm.updated,
    StateTransitionedTimestamp: alarm.history.at(-1)?.time ?? alarm.configured,
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
function readDatum(namespace: string, datum: Input, clock: CloudClock): [MetricId, MetricSamples] {
  const value = datum.number("Value");
  const values = datum.numbers("Values");
  const set = datum.object("StatisticValues");
  const given = [value !== undefined, values.length > 0, set !== undefined].filter(Boolean).length;
  cloudWatchRefusals.value.when(given !== 1);
  const counts = datum.numbers("Counts");
  cloudWatchRefusals.counts.when(
    values.length > 150 || (counts.length > 0 && counts.length !== values.length),
  );
  const time = datum.date("Timestamp");
  return [
    datum.metric(namespace),
    {
      time: time === undefined ? clock.now() : clock.fromClient(time),
      unit: datum.choice("Unit", [...units]) ?? "None",
      resolution: datum.number("StorageResolution") === 1 ? 1 : 60,
      samples:
        set === undefined
          ? (value === undefined ? values : [value]).map((each, index) => [each, counts[index] ?? 1] as const)
          : {
              sampleCount: set.requiredNumber("SampleCount"),
              sum: set.requiredNumber("Sum"),
              minimum: set.requiredNumber("Minimum"),
              maximum: set.requiredNumber("Maximum"),
            },
    },
  ];
}

/** Starts at a multiple of the period. */
function readRange(input: Input, period: number, clock: CloudClock): { start: Date; end: Date } {
  const start = input.requiredDate("StartTime");
  const end = input.requiredDate("EndTime");
  cloudWatchRefusals.range.when(start >= end);
  const seconds = Math.floor(clock.fromClient(start).getTime() / 1000);
  return { start: new Date((seconds - (seconds % period)) * 1000), end: clock.fromClient(end) };
}

function isQueryPeriod(period: number): boolean {
  return period > 0 && ([1, 5, 10, 20, 30].includes(period) || period % 60 === 0);
}

function paged<Item>(
  items: readonly Item[],
  token: string | undefined,
  size: number,
): { page: Item[]; nextToken: string | undefined } {
  const start = Number(token ?? 0) || 0;
  const end = start + size;
  return { page: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}

function inClientTime(value: unknown, clock: CloudClock): unknown {
  if (value instanceof Date) return clock.toClient(value);
  if (value instanceof Map) return value;
  if (Array.isArray(value)) return value.map((each) => inClientTime(each, clock));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, inClientTime(member, clock)]),
  );
}
