import { describe, expect, it } from "vitest";
import { evaluateAlarm } from "./alarm-evaluation.ts";
import type { Alarm } from "./alarm.ts";
import { createMetrics } from "./metrics.ts";
import { memoryState } from "../state.ts";

const id = { namespace: "n", name: "m", dimensions: {} };
const end = new Date("2026-11-27T22:00:00Z");

/** @param points a character for each minute before the end: `0` within, `X` breaching, `-` missing */
function evaluate(points: string, changes: Partial<Alarm>) {
  const metrics = createMetrics(memoryState());
  for (const [index, point] of points.split("").entries()) {
    if (point === "-") continue;
    const time = new Date(end.getTime() - (points.length - index) * 60_000 + 5000);
    metrics.put(id, { time, unit: "Count", samples: [[point === "X" ? 1 : 0, 1]], resolution: 60 });
  }
  const alarm: Alarm = {
    name: "a",
    arn: "arn",
    settings: {},
    metric: { ...id, statistic: "Maximum", period: 60, unit: undefined },
    threshold: 1,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    evaluationPeriods: 3,
    datapointsToAlarm: undefined,
    treatMissingData: "missing",
    state: "OK",
    reason: "",
    reasonData: undefined,
    updated: end,
    configured: end,
    history: [],
    ...changes,
  };
  return evaluateAlarm(alarm, metrics, end, (time) => time);
}

describe("an alarm", () => {
  // The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  it.each([
    ["0-X-X", 3, { missing: "OK", ignore: "OK", breaching: "OK", notBreaching: "OK" }],
    ["-----", 3, { missing: "INSUFFICIENT_DATA", ignore: undefined, breaching: "ALARM", notBreaching: "OK" }],
    ["0XX-X", 3, { missing: "ALARM", ignore: "ALARM", breaching: "ALARM", notBreaching: "ALARM" }],
    ["----0", 3, { missing: "OK", ignore: "OK", breaching: "OK", notBreaching: "OK" }],
    ["--X--", 3, { missing: "ALARM", ignore: undefined, breaching: "ALARM", notBreaching: "OK" }],
    ["--X-X", 2, { missing: "ALARM", ignore: "ALARM", breaching: "ALARM", notBreaching: "ALARM" }],
    ["00X0X", 2, { missing: "ALARM", ignore: "ALARM", breaching: "ALARM", notBreaching: "ALARM" }],
    ["0-X--", 2, { missing: "OK", ignore: undefined, breaching: "ALARM", notBreaching: "OK" }],
  ])("with the data %s, of which %d of 3 must breach", (points, datapointsToAlarm, states) => {
    const found = Object.keys(states).map((treatMissingData) => [
      treatMissingData,
      evaluate(points, { treatMissingData, datapointsToAlarm })?.state,
    ]);
    expect(Object.fromEntries(found)).toEqual(states);
  });

  it("says why, as CloudWatch does", () => {
    expect(evaluate("000XX", { datapointsToAlarm: 2 })).toMatchObject({
      state: "ALARM",
      reason:
        "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (27/11/26 21:59:00), 1.0 (27/11/26 21:58:00)] were greater than or equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).",
      data: { recentDatapoints: [0, 1, 1], threshold: 1, statistic: "Maximum", period: 60 },
    });
    expect(evaluate("-----", { treatMissingData: "breaching" })?.reason).toBe(
      "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
    );
    expect(evaluate("-----", { evaluationPeriods: 1 })?.reason).toBe(
      "Insufficient Data: 1 datapoint was unknown.",
    );
  });

  it.each([
    ["GreaterThanThreshold", 0, "ALARM"],
    ["GreaterThanThreshold", 1, "OK"],
    ["LessThanThreshold", 1, "OK"],
    ["LessThanThreshold", 2, "ALARM"],
    ["LessThanOrEqualToThreshold", 1, "ALARM"],
  ])("compares by %s with %d", (comparisonOperator, threshold, state) => {
    expect(evaluate("XXXXX", { comparisonOperator, threshold })?.state).toBe(state);
  });

  it("by an anomaly detector stays as it is", () => {
    expect(evaluate("XXX", { comparisonOperator: "LessThanLowerThreshold" })).toBeUndefined();
  });
});
