import type { JsonObject } from "../aws/json-protocol.ts";
import type { MetricId } from "./metrics.ts";

export const alarmStates = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
export type AlarmState = (typeof alarmStates)[number];

/** A metric alarm. */
export interface Alarm {
  name: string;
  arn: string;
  /** The members of PutMetricAlarm that DescribeAlarms returns as they are. */
  settings: JsonObject;
  /** Undefined for metric math, which is not evaluated here. */
  metric: (MetricId & { statistic: string; period: number; unit: string | undefined }) | undefined;
  threshold: number;
  comparisonOperator: string;
  evaluationPeriods: number;
  datapointsToAlarm: number | undefined;
  treatMissingData: string;
  state: AlarmState;
  reason: string;
  reasonData: string | undefined;
  updated: Date;
  configured: Date;
  history: AlarmChange[];
}

/** A change of an alarm's state. */
export interface AlarmChange {
  time: Date;
  from: AlarmState;
  to: AlarmState;
  reason: string;
  fromReason: string;
  reasonData: string | undefined;
}

/** The actions of an alarm for a state, unless they are disabled. */
export function actionsOf({ settings }: Alarm, state: AlarmState): string[] {
  if (settings["ActionsEnabled"] !== true) return [];
  const lists = { OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT_DATA: "InsufficientDataActions" };
  const actions = settings[lists[state]];
  return Array.isArray(actions) ? actions.map(String) : [];
}
