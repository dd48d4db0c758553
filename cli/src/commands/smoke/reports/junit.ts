import type { CheckResult, SmokeReport, SmokeRun } from "../report.ts";
import {
  countsOf,
  describeChange,
  describeComparison,
  milliseconds,
  plainText,
  splitStages,
  stageName,
  titleOf,
} from "./shared-text.ts";

/**
 * JUnit XML with a suite for each stage and a case for each check. It is valid by both the schema of Ant and that of
 * Jenkins' xUnit plugin, which differ. Of many stages, the failed ones come first.
 */
export function formatJunit(run: SmokeRun): string {
  const { full, brief } = splitStages(run);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
${[...full, ...brief].map(suite).join("\n")}
</testsuites>
`;
}

function suite(report: SmokeReport, index: number): string {
  const { checks, comparison } = report;
  const count = (status: CheckResult["status"]): number =>
    checks.filter((check) => check.status === status).length;
  const properties = Object.entries({
    stage: report.stage,
    apiEndpoint: report.apiEndpoint,
    identityPoolId: report.identityPoolId,
    identityId: report.identityId,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const attributes = {
    package: "auth-cli",
    id: index,
    name: `smoke of ${stageName(report)}`,
    // UTC. Ant's schema allows neither a time zone nor fractions of a second.
    timestamp: report.startedAt.slice(0, 19),
    hostname: hostOf(report.apiEndpoint),
    tests: checks.length,
    failures: count("failed"),
    errors: 0,
    skipped: count("skipped"),
    time: seconds(report.durationMs),
  };
  const out = [
    `${countsOf(checks)} in ${milliseconds(report.durationMs)}`,
    ...(comparison === undefined
      ? []
      : [
          describeComparison(comparison),
          ...comparison.changes.map((change) => `  ${describeChange(change)}`),
        ]),
  ];
  return [
    `  <testsuite${attributeText(attributes)}>`,
    "    <properties>",
    ...properties.map(([name, value]) => `      <property${attributeText({ name, value })}/>`),
    "    </properties>",
    ...checks.map((check) => testCase(check, report)),
    `    <system-out>${escape(out)}</system-out>`,
    "    <system-err></system-err>",
    "  </testsuite>",
  ].join("\n");
}

function testCase(check: CheckResult, report: SmokeReport): string {
  const { status, error, durationMs } = check;
  const attributes = attributeText({
    name: titleOf(check),
    classname: `auth-cli.smoke.${stageName(report).replaceAll(" ", "-")}`,
    time: seconds(durationMs),
  });
  if (status === "passed") return `    <testcase${attributes}/>`;
  const message = error?.message ?? status;
  const detail =
    status === "skipped"
      ? `      <skipped${attributeText({ message: skipReason(check) })}/>`
      : `      <failure${attributeText({ message, type: error?.reason ?? error?.code ?? status })}>${escape(explain(check))}</failure>`;
  return `    <testcase${attributes}>\n${detail}\n    </testcase>`;
}

function skipReason({ error }: CheckResult): string {
  return [error?.message ?? "skipped", error?.cause, error?.fix]
    .filter((text) => text !== undefined)
    .join("; ");
}

function line(label: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`${label}: ${value}`];
}

function explain({ error, httpStatus, requestId, attempts }: CheckResult): string[] {
  return [
    ...line("error", error?.message),
    ...line("cause", error?.cause),
    ...(error?.evidence ?? []).flatMap((sentence) => line("evidence", sentence)),
    ...line("fix", error?.fix),
    ...line("HTTP", httpStatus),
    ...line("request", requestId),
    ...line("attempts", attempts),
  ];
}

/** The host of the tested API, not of the machine that ran the tests. */
function hostOf(endpoint: string | undefined): string {
  return endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).hostname : "localhost";
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributeText(attributes: Record<string, string | number>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escape([String(value)])}"`)
    .join("");
}

/** Lines as XML text, or one line as an attribute in double quotes. */
function escape(lines: readonly string[]): string {
  return lines
    .map((each) =>
      plainText(each)
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;")
        .replaceAll('"', "&quot;"),
    )
    .join("\n");
}
