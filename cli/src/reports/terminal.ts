import { styleText } from "node:util";
import { checkNames, type CheckResult, type SmokeReport } from "../smoke/report.ts";

const marks = { passed: "✓", failed: "✗", skipped: "-" } as const;
const colours = { passed: "green", failed: "red", skipped: "yellow" } as const;

/** The table for a terminal, then what each failed or skipped check has to say. */
export function formatReport(report: SmokeReport, colour: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const width = Math.max(...checkNames.map((name) => name.length));
  const rows = report.checks.map((check) => {
    const http = check.httpStatus === undefined ? "" : `HTTP ${check.httpStatus}`;
    const time = check.status === "skipped" ? "" : `${check.durationMs} ms`;
    const row = `${marks[check.status]} ${check.name.padEnd(width)}  ${check.status.padEnd(7)}  ${time.padStart(8)}  ${http}`;
    return paint(colours[check.status], row.trimEnd());
  });
  const count = (status: CheckResult["status"]): string =>
    `${report.checks.filter((check) => check.status === status).length} ${status}`;
  return [
    target(report),
    "",
    ...rows,
    "",
    ...report.checks.flatMap((check) => explain(check, paint)),
    paint("bold", `${count("passed")}, ${count("failed")}, ${count("skipped")} in ${report.durationMs} ms`),
    "",
  ].join("\n");
}

function target({ stage, apiEndpoint, identityPoolId }: SmokeReport): string {
  const name = stage ?? "the deployment";
  return apiEndpoint === undefined
    ? `smoke of ${name}`
    : `smoke of ${name}: ${apiEndpoint}, pool ${identityPoolId}`;
}

function explain(
  check: CheckResult,
  paint: (style: Parameters<typeof styleText>[0], text: string) => string,
): string[] {
  const { error } = check;
  if (error === undefined) return [];
  const request = check.requestId === undefined ? [] : [`  request: ${check.requestId}`];
  return [
    paint(colours[check.status], `${check.name} ${check.status}: ${error.message}`),
    ...(error.cause === undefined ? [] : [`  cause: ${error.cause}`]),
    ...(error.fix === undefined ? [] : [`  fix: ${error.fix}`]),
    ...request,
    "",
  ];
}
