import { examine } from "./examine.ts";
import type { DoctorFlags } from "./examination.ts";
import { formatFindings } from "./format-findings.ts";
import type { Environment } from "../../environment/environment.ts";

/**
 * `auth-cli doctor`: what is wrong with this set-up, and how to mend it. Changes nothing.
 * @returns the exit code: 1 when there is a fault, else 0
 */
export async function doctor(flags: DoctorFlags, environment: Environment): Promise<number> {
  const { terminal } = environment;
  const report = await terminal.withSpinner("examining the set-up", examine(environment, flags));
  await terminal.print(
    flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : formatFindings(report, terminal),
  );
  return report.passed ? 0 : 1;
}
