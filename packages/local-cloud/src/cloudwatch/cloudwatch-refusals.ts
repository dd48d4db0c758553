import { ServiceError } from "../aws/service-error.ts";
import { documented, ownLimit, reported } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference";
const invalid = (message: string): ServiceError => new ServiceError("InvalidParameterValue", message);
const validation = (message: string): ServiceError => new ServiceError("ValidationError", message);

export const cloudWatchRefusals = defineRefusals("CloudWatch", {
  missing: {
    refuses: "a request without a required parameter",
    evidence: documented(`${api}/CommonErrors.html`),
    error: (name: string) => new ServiceError("MissingParameter", `The parameter ${name} is required.`),
  },
  type: {
    refuses: "a parameter of another type than the service's",
    evidence: documented(`${api}/CommonErrors.html`),
    error: (name: string, type: string) => validation(`The parameter ${name} must be ${type}.`),
  },
  choice: {
    refuses:
      "a value outside the enumeration of an operator, statistic, state, unit or treatment of missing data",
    evidence: reported("https://github.com/ansible/ansible/issues/29694"),
    error: (name: string, value: string, values: readonly string[]) =>
      validation(
        `1 validation error detected: Value '${value}' at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must satisfy enum value set: [${values.join(", ")}]`,
      ),
  },
  dimensions: {
    refuses: "more than 30 dimensions",
    evidence: documented(`${api}/API_MetricDatum.html`),
    error: () => invalid("The collection Dimensions must not have a size greater than 30."),
  },
  namespace: {
    refuses: "`PutMetricData` to a namespace of AWS",
    evidence: documented(`${api}/API_PutMetricData.html`),
    error: (namespace: string) => invalid(`The value ${namespace} for parameter Namespace is invalid.`),
  },
  metrics: {
    refuses: "more than 1,000 metrics in one `PutMetricData`",
    evidence: documented(`${api}/API_PutMetricData.html`),
    error: () => invalid("The collection MetricData must not have a size greater than 1000."),
  },
  value: {
    refuses: "a metric with none or several of `Value`, `Values` and `StatisticValues`",
    evidence: documented(`${api}/API_MetricDatum.html`),
    error: () =>
      new ServiceError(
        "InvalidParameterCombination",
        "Exactly one of the parameters Value, Values and StatisticValues must be specified.",
      ),
  },
  counts: {
    refuses: "`Counts` of another length than `Values`, or more than 150 values",
    evidence: documented(`${api}/API_MetricDatum.html`),
    error: () =>
      invalid("The parameters Values and Counts must have the same length, which must not exceed 150."),
  },
  period: {
    refuses: "a period other than 10, 20, 30 and multiples of 60 seconds",
    evidence: documented(`${api}/API_PutMetricAlarm.html`),
    error: () => validation("Period must be 10, 20, 30 or a multiple of 60"),
  },
  datapoints: {
    refuses: "a `DatapointsToAlarm` above the `EvaluationPeriods`",
    evidence: reported("https://github.com/hashicorp/terraform/issues/24070"),
    error: () => validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
  },
  window: {
    refuses: "an alarm that looks further back than a day, or seven days with a period of an hour or more",
    evidence: documented(`${api}/API_PutMetricAlarm.html`),
    error: () =>
      validation(
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
      ),
  },
  statistic: {
    refuses: "an alarm with none or both of `Statistic` and `ExtendedStatistic`",
    evidence: documented(`${api}/API_PutMetricAlarm.html`),
    error: () =>
      new ServiceError(
        "InvalidParameterCombination",
        "Exactly one of the parameters Statistic and ExtendedStatistic must be specified.",
      ),
  },
  actions: {
    refuses: "more than five actions of a state",
    evidence: documented(`${api}/API_PutMetricAlarm.html`),
    error: (name: string) => validation(`The collection ${name} must not have a size greater than 5.`),
  },
  alarm: {
    refuses: "setting the state of an alarm that does not exist",
    evidence: documented(`${api}/API_SetAlarmState.html`),
    error: () => new ServiceError("ResourceNotFound", "Unknown alarm", 404),
  },
  range: {
    refuses: "a time range that does not start before its end",
    evidence: documented(`${api}/API_GetMetricStatistics.html`),
    error: () => invalid("The parameter StartTime must be less than the parameter EndTime."),
  },
  statisticKind: {
    refuses: "extended statistics other than percentiles, such as `tm90`",
    evidence: ownLimit,
    error: (statistic: string) =>
      invalid(`The local cloud does not have the statistic ${statistic}. It has percentiles such as p90.`),
  },
  expression: {
    refuses: "metric math and Metrics Insights in `GetMetricData`",
    evidence: ownLimit,
    error: (id: string) =>
      invalid(`The local cloud does not evaluate the Expression of ${id}. It has MetricStat.`),
  },
});
