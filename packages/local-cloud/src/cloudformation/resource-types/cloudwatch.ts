import type { Alarms } from "../../cloudwatch/alarms.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { asResourceError } from "./resource-error.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** The properties that have an effect. */
const parameters = [
  "ActionsEnabled",
  "AlarmActions",
  "AlarmDescription",
  "ComparisonOperator",
  "DatapointsToAlarm",
  "Dimensions",
  "EvaluationPeriods",
  "ExtendedStatistic",
  "InsufficientDataActions",
  "MetricName",
  "Metrics",
  "Namespace",
  "OKActions",
  "Period",
  "Statistic",
  "Threshold",
  "TreatMissingData",
  "Unit",
];

/** AWS::CloudWatch::Alarm. `Ref` is its name. Its properties are the parameters of PutMetricAlarm. */
export function alarmType(alarms: Alarms): ResourceType {
  const put = (name: string, properties: Properties): { arn: string } =>
    asResourceError(() =>
      alarms.put({
        ...Object.fromEntries(parameters.map((parameter) => [parameter, properties.values[parameter]])),
        AlarmName: name,
      }),
    );
  return {
    create(properties, context) {
      const name = properties.optionalText("AlarmName") ?? physicalName(context, 255);
      resourceRefusals.nameTaken.when(alarms.find(name) !== undefined, "Alarm", name);
      const { arn } = put(name, properties);
      return { physicalId: name, attributes: { Arn: arn } };
    },
    update(instance, properties) {
      put(instance.physicalId, properties);
      return instance;
    },
    remove({ physicalId }) {
      alarms.remove(physicalId);
    },
  };
}
