import type { Environment } from "../../environment/environment.ts";
import { jsonLines } from "../../lines.ts";
import { repeatFlagsInFix } from "../flags/repeat-flags.ts";
import { examineApi } from "./api.ts";
import { attempt } from "./attempt.ts";
import { examineComputer } from "./computer.ts";
import { examineDeployment } from "./deployment.ts";
import { beginExamination, type DoctorFlags, type Group } from "./examination.ts";
import { type DoctorReport, type Finding, fromError, topics } from "./finding.ts";
import { formatFindings } from "./format-findings.ts";
import { examineNetwork } from "./network.ts";
import { examineSettings } from "./settings.ts";
import { examineStackSource } from "./stack.ts";
import { examineStore } from "./store.ts";
import { examineAccessToken, examineXApp } from "./twitter.ts";

const groups: readonly Group[] = [
  { topic: "computer", examine: examineComputer },
  { topic: "settings", examine: examineSettings },
  { topic: "twitter", examine: examineXApp },
  { topic: "twitter", examine: examineAccessToken },
  { topic: "deployment", examine: examineDeployment },
  { topic: "stack", examine: examineStackSource },
  { topic: "store", examine: examineStore },
  { topic: "network", examine: examineNetwork },
  { topic: "api", examine: examineApi },
];

/** Loaded only for `--deep`, since it is large. */
const deep: Group = {
  topic: "deployer",
  async examine(examination) {
    const { examineDeep } = await import("./deep/deep.ts");
    return examineDeep(examination);
  },
};

/**
 * `auth-cli doctor`: checks the setup and suggests fixes. Changes nothing.
 * @returns the exit code: 1 when there is a fault, otherwise 0
 */
export async function doctor(flags: DoctorFlags, environment: Environment): Promise<number> {
  const { terminal } = environment;
  const report = await terminal.withSpinner("checking the setup", examine(environment, flags));
  await terminal.print(flags.json ? jsonLines(report) : formatFindings(report, terminal));
  return report.passed ? 0 : 1;
}

/**
 * Runs all groups of findings at the same time, each for a limited time. The failure of a group is a finding, and does not
 * stop the others.
 */
async function examine(environment: Environment, flags: DoctorFlags): Promise<DoctorReport> {
  const started = environment.now();
  const examination = await beginExamination(environment, flags);
  const found = await Promise.all(
    [...groups, ...(flags.deep === true ? [deep] : [])].map(
      async ({ topic, examine: examineGroup }): Promise<Finding[]> => {
        const { value, error } = await attempt(() => examineGroup(examination));
        return error === undefined ? value : [fromError(`${topic}.examination`, error)];
      },
    ),
  );
  const order = Object.keys(topics);
  const topicOf = ({ name }: Finding): number => order.indexOf(name.split(".")[0] ?? "");
  const findings = found
    .flat()
    .toSorted((a, b) => topicOf(a) - topicOf(b))
    .map((finding) =>
      finding.fix === undefined
        ? finding
        : { ...finding, fix: repeatFlagsInFix(finding.fix, flags, environment) },
    );
  const { found: outputs, stage } = examination;
  return {
    schemaVersion: 1,
    stage: outputs.value?.stage ?? stage.value?.value,
    ...(outputs.value === undefined
      ? {}
      : { apiEndpoint: outputs.value.apiEndpoint, identityPoolId: outputs.value.identityPoolId }),
    startedAt: new Date(started).toISOString(),
    durationMs: environment.now() - started,
    passed: findings.every(({ status }) => status !== "fault"),
    findings,
  };
}
