import type { cloudWatchRefusals } from "../../src/cloudwatch/cloudwatch-refusals.ts";
import { createStacksFixture } from "../stacks-fixture.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

type Json = Record<string, unknown>;

const refused = (says: string, operation: string, input: Json): RefusalCase => ({
  says,
  run: () => JSON.stringify(createStacksFixture().cloudWatch.handle(operation, input)),
});

const alarm: Json = {
  AlarmName: "x",
  Namespace: "n",
  MetricName: "m",
  Statistic: "Sum",
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: "GreaterThanThreshold",
};
const refusedAlarm = (says: string, changes: Json): RefusalCase =>
  refused(says, "PutMetricAlarm", { ...alarm, ...changes });
const refusedDatum = (says: string, datum: Json): RefusalCase =>
  refused(says, "PutMetricData", { Namespace: "n", MetricData: [{ MetricName: "m", ...datum }] });
const many = (length: number, Value: unknown): unknown[] => Array.from({ length }, () => Value);
const query = {
  Namespace: "n",
  MetricName: "m",
  StartTime: "2026-01-01T00:00:00Z",
  EndTime: "2026-01-01T01:00:00Z",
  Period: 60,
  Statistics: ["Sum"],
};

export const cloudWatchCases: RefusalCases<typeof cloudWatchRefusals> = {
  missing: refusedAlarm("The parameter Threshold is required.", { Threshold: undefined }),
  type: refusedAlarm("The parameter Threshold must be a number.", { Threshold: "high" }),
  choice: refusedAlarm("Value 'Above' at 'comparisonOperator' failed to satisfy constraint", {
    ComparisonOperator: "Above",
  }),
  dimensions: refusedAlarm("must not have a size greater than 30.", {
    Dimensions: many(31, { Name: "a", Value: "b" }),
  }),
  namespace: refused("The value AWS/Lambda for parameter Namespace is invalid.", "PutMetricData", {
    Namespace: "AWS/Lambda",
    MetricData: [{ MetricName: "m", Value: 1 }],
  }),
  metrics: refused("must not have a size greater than 1000.", "PutMetricData", {
    Namespace: "n",
    MetricData: many(1001, { MetricName: "m", Value: 1 }),
  }),
  value: refusedDatum("Exactly one of the parameters Value, Values and StatisticValues", {
    Value: 1,
    Values: [1],
  }),
  counts: refusedDatum("must have the same length", { Values: [1, 2], Counts: [1] }),
  period: refusedAlarm("Period must be 10, 20, 30 or a multiple of 60", { Period: 90 }),
  datapoints: refusedAlarm("DatapointsToAlarm must be less than or equal to EvaluationPeriods", {
    DatapointsToAlarm: 2,
  }),
  window: refusedAlarm("Metrics cannot be checked across more than a day", {
    Period: 60,
    EvaluationPeriods: 1441,
  }),
  statistic: refusedAlarm("Exactly one of the parameters Statistic and ExtendedStatistic", {
    ExtendedStatistic: "p90",
  }),
  actions: refusedAlarm("The collection AlarmActions must not have a size greater than 5.", {
    AlarmActions: many(6, "arn:aws:sns:us-east-1:000000000000:alerts"),
  }),
  alarm: refused("Unknown alarm", "SetAlarmState", { AlarmName: "x", StateValue: "OK", StateReason: "x" }),
  range: refused("The parameter StartTime must be less than", "GetMetricStatistics", {
    ...query,
    EndTime: query.StartTime,
  }),
  statisticKind: refused("does not have the statistic tm90", "GetMetricStatistics", {
    ...query,
    Statistics: ["tm90"],
  }),
  expression: refused("does not evaluate the Expression of e1", "GetMetricData", {
    ...query,
    MetricDataQueries: [
      {
        Id: "e1",
        Expression: "SUM(METRICS())",
        MetricStat: { Metric: { Namespace: "n", MetricName: "m" }, Period: 60, Stat: "Sum" },
      },
    ],
  }),
};
