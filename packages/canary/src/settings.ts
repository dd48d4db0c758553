import type { SmokeOptions, SmokeStage } from "../../../cli/src/library/types.ts";

/** What the construct passes to the function: the variable `AUTH_CLI_CANARY`, as JSON. Contains no secret. */
export interface Settings {
  /** Name or ARN of the secret. */
  secret: string;
  /** Of the metrics. */
  namespace: string;
  /** The start of the names of the alarms. The stage is the end. */
  alarms: string;
  /** In minutes. */
  every: number;
  /** Whether each check has metrics. */
  checkMetrics: boolean;
  /** Of the project. */
  framework: NonNullable<SmokeOptions["framework"]>;
  /** Undefined when they are in the file {@link stagesFile}. */
  stages?: Readonly<Record<string, SmokeStage>>;
}

/** Next to the handler, for stages that do not fit into the variables of a function. */
export const stagesFile = "stages.json";

/** The metrics that each check and each stage has. */
export const metricNames = { failed: "Failed", duration: "Duration" } as const;

/** The description of an alarm while its stage is healthy. */
export function healthyDescription(stage: string, { every }: Pick<Settings, "every">): string {
  return (
    `auth-cli checks the stage ${stage} every ${every === 1 ? "minute" : `${every} minutes`}. While a check fails, this text names the cause and the fix. ` +
    "An alarm with this text means that no check has run: read the log of the canary's function."
  );
}
