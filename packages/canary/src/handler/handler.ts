import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLibraryEnvironment } from "../../../../cli/src/environment/library-environment.ts";
import { smoke } from "../../../../cli/src/library/library.ts";
import type { SmokeStage } from "../../../../cli/src/library/types.ts";
import { type Settings, stagesFile } from "../settings.ts";
import { createAwsServices } from "./aws-services.ts";
import { runCanary } from "./run-canary.ts";

/** Of the function's time, in milliseconds, for the alarms after the checks. Half of a shorter time. */
const reserveMs = 10_000;

const settings = JSON.parse(process.env["AUTH_CLI_CANARY"] ?? "{}") as Settings;
const stages =
  settings.stages ??
  (JSON.parse(readFileSync(join(import.meta.dirname, stagesFile), "utf8")) as Record<string, SmokeStage>);

/** The Lambda function. */
export async function handler(
  _event: unknown,
  context: { getRemainingTimeInMillis: () => number },
): Promise<Record<string, boolean>> {
  const variables = process.env;
  const left = context.getRemainingTimeInMillis();
  const { environment, close } = createLibraryEnvironment({ variables });
  try {
    return await runCanary({
      settings,
      stages,
      smoke,
      services: createAwsServices({ send: environment.send, now: Date.now, variables }),
      timeout: Math.max(left - reserveMs, left / 2),
      variables,
    });
  } finally {
    close();
  }
}
