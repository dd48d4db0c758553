import type { Alarm, AlarmState } from "./alarm.ts";
import { type Datapoint, type Metrics, statisticOf } from "./metrics.ts";

export interface Evaluation {
  state: AlarmState;
  /** CloudWatch's words. */
  reason: string;
  /** `StateReasonData`. */
  data: object;
}

/**
 * How many periods before the EvaluationPeriods are looked at when data are missing: the documentation's example has two,
 * and no source has the rule.
 */
const earlierPeriods = 2;

/**
 * The state of an alarm at a time, by a sliding window that ends then.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @param toClient converts the times of the reason
 * @returns undefined when the alarm stays as it is
 */
export function evaluateAlarm(
  alarm: Alarm,
  metrics: Pick<Metrics, "datapoints">,
  time: Date,
  toClient: (time: Date) => Date,
): Evaluation | undefined {
  const { metric, evaluationPeriods: wanted, threshold } = alarm;
  const comparison = comparisons[alarm.comparisonOperator];
  if (metric === undefined || comparison === undefined) return undefined;
  const { period, statistic, unit } = metric;
  const start = new Date(time.getTime() - (wanted + earlierPeriods) * period * 1000);
  const present = metrics
    .datapoints(metric, { start, end: time, period, unit })
    .flatMap((datapoint) => {
      const value = statisticOf(datapoint, statistic);
      return value === undefined ? [] : [{ datapoint, value, breaches: comparison.holds(value, threshold) }];
    })
    .slice(-wanted);
  const state = stateOf(alarm, present);
  if (state === undefined) return undefined;
  const [first] = present;
  return {
    state,
    reason: reasonOf(alarm, comparison, state, present, toClient),
    data: {
      version: "1.0",
      queryDate: longTime(toClient(time)),
      ...(first !== undefined && { startDate: longTime(toClient(first.datapoint.time)) }),
      statistic,
      period,
      ...(unit !== undefined && { unit }),
      recentDatapoints: present.map(({ value }) => value),
      threshold,
      evaluatedDatapoints: present.toReversed().map(({ value, datapoint: { time: from, sampleCount } }) => ({
        timestamp: longTime(toClient(from)),
        sampleCount,
        value,
      })),
    },
  };
}

interface Present {
  datapoint: Datapoint;
  value: number;
  breaches: boolean;
}

/** @returns undefined when the state stays */
function stateOf(alarm: Alarm, present: readonly Present[]): AlarmState | undefined {
  const { evaluationPeriods: wanted, treatMissingData: treatment } = alarm;
  const missing = wanted - present.length;
  const required = alarm.datapointsToAlarm ?? wanted;
  const breaching = present.filter(({ breaches }) => breaches).length;
  const bad = breaching + (treatment === "breaching" ? missing : 0);
  const good = present.length - breaching + (treatment === "notBreaching" ? missing : 0);
  if (bad >= required) return "ALARM";
  if (good > wanted - required) return "OK";
  if (treatment === "ignore") return undefined;
  if (present.length === 0) return "INSUFFICIENT_DATA";
  // Missing datapoints do not count.
  return breaching >= Math.min(required, present.length) ? "ALARM" : "OK";
}

function reasonOf(
  { evaluationPeriods: wanted, datapointsToAlarm: required = wanted, treatMissingData, threshold }: Alarm,
  { words }: Comparison,
  state: AlarmState,
  present: readonly Present[],
  toClient: (time: Date) => Date,
): string {
  if (state === "INSUFFICIENT_DATA") {
    return `Insufficient Data: ${counted(wanted, "datapoint")} ${wanted === 1 ? "was" : "were"} unknown.`;
  }
  if (present.length === 0) {
    const treated = treatMissingData === "breaching" ? "Breaching" : "NonBreaching";
    return `Threshold Crossed: no datapoints were received for ${counted(wanted, "period")} and ${counted(wanted, "missing datapoint")} ${wanted === 1 ? "was" : "were"} treated as [${treated}].`;
  }
  const decisive = present.filter(({ breaches }) => breaches === (state === "ALARM"));
  const shown = decisive.length === 0 ? present : decisive;
  const values = shown
    .toReversed()
    .map(({ value, datapoint }) => `${decimal(value)} (${shortTime(toClient(datapoint.time))})`);
  const verb = shown.length === 1 ? "was" : "were";
  const transition =
    state === "ALARM"
      ? `minimum ${counted(required, "datapoint")} for OK -> ALARM transition`
      : `minimum ${counted(wanted - required + 1, "datapoint")} for ALARM -> OK transition`;
  return `Threshold Crossed: ${shown.length} out of the last ${wanted} datapoints [${values.join(", ")}] ${verb} ${state === "ALARM" ? "" : "not "}${words} the threshold (${decimal(threshold)}) (${transition}).`;
}

/** `27/11/26 21:20:00`. */
function shortTime(time: Date): string {
  const [year = "", month = "", day = "", clockTime = ""] = time.toISOString().split(/[-T.]/);
  return `${day}/${month}/${year.slice(2)} ${clockTime}`;
}

function longTime(time: Date): string {
  return time.toISOString().replace("Z", "+0000");
}

interface Comparison {
  /** CloudWatch's. */
  words: string;
  /** Whether a value breaches the threshold. */
  holds(value: number, threshold: number): boolean;
}

/** By `ComparisonOperator`. */
export const comparisons: Readonly<Record<string, Comparison>> = {
  GreaterThanOrEqualToThreshold: {
    words: "greater than or equal to",
    holds: (value, threshold) => value >= threshold,
  },
  GreaterThanThreshold: { words: "greater than", holds: (value, threshold) => value > threshold },
  LessThanThreshold: { words: "less than", holds: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: {
    words: "less than or equal to",
    holds: (value, threshold) => value <= threshold,
  },
};

/** As Java prints a double. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
