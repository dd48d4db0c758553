import type { Alarm, AlarmState } from "./alarm.ts";
import { type Metrics, statisticOf } from "./metrics.ts";

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
  if (metric === undefined) return undefined;
  const { period, statistic, unit, ...id } = metric;
  const start = new Date(time.getTime() - (wanted + earlierPeriods) * period * 1000);
  const present = metrics
    .datapoints(id, { start, end: time, period, unit })
    .flatMap((datapoint) => {
      const value = statisticOf(datapoint, statistic);
      return value === undefined ? [] : [{ datapoint, value, breaches: breaches(alarm, value) }];
    })
    .slice(-wanted);
  const [first] = present;
  const missing = wanted - present.length;
  const breaching = present.filter((each) => each.breaches);
  const required = alarm.datapointsToAlarm ?? wanted;
  const treatment = alarm.treatMissingData;

  const state = ((): AlarmState | undefined => {
    const bad = breaching.length + (treatment === "breaching" ? missing : 0);
    const good = present.length - breaching.length + (treatment === "notBreaching" ? missing : 0);
    if (bad >= required) return "ALARM";
    if (good > wanted - required) return "OK";
    if (treatment === "ignore") return undefined;
    if (present.length === 0) return "INSUFFICIENT_DATA";
    // What is missing does not count.
    return breaching.length >= Math.min(required, present.length) ? "ALARM" : "OK";
  })();
  if (state === undefined) return undefined;

  const decisive = present.filter((each) => each.breaches === (state === "ALARM"));
  const shown = decisive.length === 0 ? present : decisive;
  const condition = conditions[alarm.comparisonOperator] ?? "";
  const limit = decimal(threshold);
  let reason: string;
  if (present.length === 0 && state === "INSUFFICIENT_DATA") {
    reason = `Insufficient Data: ${counted(wanted, "datapoint")} ${wanted === 1 ? "was" : "were"} unknown.`;
  } else if (present.length === 0) {
    const treated = treatment === "breaching" ? "Breaching" : "NonBreaching";
    reason = `Threshold Crossed: no datapoints were received for ${counted(wanted, "period")} and ${counted(missing, "missing datapoint")} ${missing === 1 ? "was" : "were"} treated as [${treated}].`;
  } else {
    const values = shown
      .toReversed()
      .map(({ value, datapoint }) => `${decimal(value)} (${shortTime(toClient(datapoint.time))})`);
    const verb = shown.length === 1 ? "was" : "were";
    const transition =
      state === "ALARM"
        ? ` (minimum ${counted(required, "datapoint")} for OK -> ALARM transition)`
        : ` (minimum ${counted(wanted - required + 1, "datapoint")} for ALARM -> OK transition)`;
    reason = `Threshold Crossed: ${shown.length} out of the last ${wanted} datapoints [${values.join(", ")}] ${verb} ${state === "ALARM" ? "" : "not "}${condition} the threshold (${limit})${transition}.`;
  }
  return {
    state,
    reason,
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

/** `27/11/26 21:20:00`. */
function shortTime(time: Date): string {
  const [year = "", month = "", day = "", clockTime = ""] = time.toISOString().split(/[-T.]/);
  return `${day}/${month}/${year.slice(2)} ${clockTime}`;
}

function longTime(time: Date): string {
  return time.toISOString().replace("Z", "+0000");
}

/** How CloudWatch words an operator. */
const conditions: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

function breaches({ comparisonOperator, threshold }: Alarm, value: number): boolean {
  switch (comparisonOperator) {
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "GreaterThanThreshold":
      return value > threshold;
    case "LessThanThreshold":
      return value < threshold;
    default:
      return value <= threshold;
  }
}

/** As Java prints a double. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
