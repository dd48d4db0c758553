import type { Account } from "../account.ts";
import type { JsonObject } from "../aws/json-protocol.ts";
import type { State } from "../state.ts";
import type { Alarm, AlarmChange, AlarmState } from "./alarm.ts";
import { comparisons, type Evaluation, evaluateAlarm } from "./alarm-evaluation.ts";
import { cloudWatchRefusals } from "./cloudwatch-refusals.ts";
import { Input } from "./input.ts";
import { describeMetric, type Metrics, percentileOf, simpleStatistics } from "./metrics.ts";
import { units } from "./units.ts";

/** Changes that an alarm remembers. */
const maximumHistory = 100;

export interface Alarms {
  /** Creates or replaces an alarm; its state stays. @throws ServiceError as PutMetricAlarm */
  put(input: Readonly<JsonObject>): Alarm;
  /** The alarm does not have to exist. */
  arnOf(name: string): string;
  find(name: string): Alarm | undefined;
  list(): Alarm[];
  remove(name: string): void;
  /** @throws ServiceError for an alarm that does not exist */
  setState(name: string, state: AlarmState, reason: string, reasonData?: string): void;
  /** Evaluates every alarm with the data before this time. */
  evaluate(time: Date): void;
}

export interface AlarmsOptions {
  account: Pick<Account, "accountId" | "region">;
  metrics: Metrics;
  now: () => Date;
  state: State;
  /** Converts the times of a reason. */
  toClient: (time: Date) => Date;
  changed: (alarm: Alarm, change: AlarmChange) => void;
  /** An alarm in the state ALARM has another description. */
  described: (alarm: Alarm) => void;
}

export function createAlarms({
  account,
  metrics,
  now,
  state,
  toClient,
  changed,
  described,
}: AlarmsOptions): Alarms {
  const alarms = state.part("alarms", () => new Map<string, Alarm>());
  const arnOf = (name: string): string =>
    `arn:aws:cloudwatch:${account.region}:${account.accountId}:alarm:${name}`;

  function transition(
    alarm: Alarm,
    { state: to, reason, data }: Omit<Evaluation, "data"> & { data: string | undefined },
  ) {
    const change: AlarmChange = {
      time: now(),
      from: alarm.state,
      to,
      reason,
      fromReason: alarm.reason,
      reasonData: data,
    };
    Object.assign(alarm, { state: to, reason, reasonData: data, updated: change.time });
    if (change.from === to) return;
    alarm.history.push(change);
    alarm.history.splice(0, alarm.history.length - maximumHistory);
    changed(alarm, change);
  }

  return {
    put(values) {
      const input = new Input(values);
      const name = input.requiredText("AlarmName");
      const known = alarms.get(name);
      const time = now();
      const alarm: Alarm = {
        state: "INSUFFICIENT_DATA",
        reason: "Unchecked: Initial alarm creation",
        reasonData: undefined,
        updated: time,
        history: [],
        ...known,
        ...readAlarm(input),
        name,
        arn: arnOf(name),
        configured: time,
      };
      alarms.set(name, alarm);
      if (
        known?.state === "ALARM" &&
        known.settings["AlarmDescription"] !== alarm.settings["AlarmDescription"]
      )
        described(alarm);
      return alarm;
    },
    arnOf,
    find: (name) => alarms.get(name),
    list: () => [...alarms.values()],
    remove(name) {
      alarms.delete(name);
    },
    setState(name, to, reason, data) {
      transition(cloudWatchRefusals.alarm.unless(alarms.get(name)), { state: to, reason, data });
    },
    evaluate(time) {
      for (const alarm of alarms.values()) {
        const evaluation = evaluateAlarm(alarm, metrics, time, toClient);
        if (evaluation === undefined || evaluation.state === alarm.state) continue;
        transition(alarm, { ...evaluation, data: JSON.stringify(evaluation.data) });
      }
    },
  };
}

const treatments = ["breaching", "notBreaching", "ignore", "missing"] as const;
const actionLists = ["OKActions", "AlarmActions", "InsufficientDataActions"] as const;
/** What DescribeAlarms returns as it was put. */
const unchanged = ["AlarmDescription", "EvaluateLowSampleCountPercentile", "ThresholdMetricId", "Metrics"];

function readAlarm(
  input: Input,
): Pick<
  Alarm,
  | "settings"
  | "metric"
  | "threshold"
  | "comparisonOperator"
  | "evaluationPeriods"
  | "datapointsToAlarm"
  | "treatMissingData"
> {
  const evaluationPeriods = input.requiredNumber("EvaluationPeriods");
  const datapointsToAlarm = input.number("DatapointsToAlarm");
  cloudWatchRefusals.datapoints.when(
    datapointsToAlarm !== undefined && datapointsToAlarm > evaluationPeriods,
  );
  const queries = input.objects("Metrics");
  const comparisonOperator = cloudWatchRefusals.missing.unless(
    input.choice("ComparisonOperator", [
      ...Object.keys(comparisons),
      ...(queries.length > 0 ? anomalyOperators : []),
    ]),
    "ComparisonOperator",
  );
  const treatMissingData = input.choice("TreatMissingData", treatments) ?? "missing";
  for (const list of actionLists) cloudWatchRefusals.actions.when(input.list(list).length > 5, list);
  const metric = queries.length > 0 ? readQuery(queries) : readMetric(input, evaluationPeriods);
  // An alarm by an anomaly detector has no threshold.
  const threshold = queries.length > 0 ? (input.number("Threshold") ?? 0) : input.requiredNumber("Threshold");
  return {
    metric,
    threshold,
    comparisonOperator,
    evaluationPeriods,
    datapointsToAlarm,
    treatMissingData,
    settings: {
      ...Object.fromEntries(
        unchanged
          .filter((name) => input.values[name] !== undefined)
          .map((name) => [name, input.values[name]]),
      ),
      ActionsEnabled: input.flag("ActionsEnabled") ?? true,
      ...Object.fromEntries(actionLists.map((list) => [list, input.texts(list)])),
      ...(queries.length === 0 && metric !== undefined && describe(metric)),
      EvaluationPeriods: evaluationPeriods,
      ...(datapointsToAlarm !== undefined && { DatapointsToAlarm: datapointsToAlarm }),
      ...(input.number("Threshold") !== undefined && { Threshold: threshold }),
      ComparisonOperator: comparisonOperator,
      ...(input.text("TreatMissingData") !== undefined && { TreatMissingData: treatMissingData }),
    },
  };
}

/** Operators of anomaly detection, which only metric math has. */
const anomalyOperators = [
  "LessThanLowerOrGreaterThanUpperThreshold",
  "LessThanLowerThreshold",
  "GreaterThanUpperThreshold",
] as const;

type AlarmMetric = NonNullable<Alarm["metric"]>;

function readMetric(input: Input, evaluationPeriods: number): AlarmMetric {
  const period = input.requiredNumber("Period");
  cloudWatchRefusals.period.when(period <= 0 || (![10, 20, 30].includes(period) && period % 60 !== 0));
  const longest = period < 3600 ? 86_400 : 7 * 86_400;
  cloudWatchRefusals.window.when(period * evaluationPeriods > longest);
  const statistic = input.choice("Statistic", simpleStatistics);
  const extended = input.text("ExtendedStatistic");
  cloudWatchRefusals.statistic.when((statistic === undefined) === (extended === undefined));
  requireStatistic(statistic ?? extended ?? "");
  return {
    ...input.metric(),
    statistic: statistic ?? extended ?? "",
    period,
    unit: input.choice("Unit", [...units]),
  };
}

/** @throws ServiceError for an extended statistic that the local cloud does not have */
export function requireStatistic(statistic: string): void {
  const isKnown =
    simpleStatistics.some((each) => each === statistic) || percentileOf(statistic) !== undefined;
  cloudWatchRefusals.statisticKind.when(!isKnown, statistic);
}

/** A query of one metric is an alarm on this metric. */
function readQuery(queries: readonly Input[]): AlarmMetric | undefined {
  const [query, ...others] = queries.filter((each) => each.flag("ReturnData") ?? true);
  const stat = query?.object("MetricStat");
  const metric = stat?.object("Metric");
  if (stat === undefined || metric === undefined || others.length > 0) return undefined;
  const statistic = stat.requiredText("Stat");
  requireStatistic(statistic);
  return {
    ...metric.metric(),
    statistic,
    period: stat.requiredNumber("Period"),
    unit: stat.text("Unit"),
  };
}

function describe(metric: AlarmMetric): object {
  const { statistic, period, unit } = metric;
  return {
    ...describeMetric(metric),
    [percentileOf(statistic) === undefined ? "Statistic" : "ExtendedStatistic"]: statistic,
    Period: period,
    ...(unit !== undefined && { Unit: unit }),
  };
}
