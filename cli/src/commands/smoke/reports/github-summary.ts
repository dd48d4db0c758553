import type { CheckResult, SmokeReport, SmokeRun } from "../report.ts";
import { linksOf } from "./chain-picture.ts";
import {
  briefCounts,
  checksOf,
  countsOf,
  describeChange,
  describeComparison,
  durationOf,
  type Explained,
  explained,
  headlineOf,
  milliseconds,
  plainText,
  splitStages,
  stageName,
  textAndCode,
  titleOf,
} from "./shared-text.ts";
import { axisOf } from "./waterfall.ts";

/** GitHub's limit for the summary of a step. It drops a longer one entirely. */
export const summaryBytes = 1024 * 1024;

const signs = { passed: "✅", failed: "❌", skipped: "⚪" } as const;

/**
 * Markdown for `$GITHUB_STEP_SUMMARY`, with the chain as a Mermaid sequence diagram.
 * @param bytes the limit; a note replaces the parts that do not fit
 */
export function formatSummary(run: SmokeRun, bytes: number = summaryBytes): string {
  const several = run.stages.length > 1;
  const { full, brief } = splitStages(run);
  const head = [
    `## ${signs[run.passed ? "passed" : "failed"]} ${html(headlineOf(run))}`,
    `**${html(`${countsOf(checksOf(run))} in ${milliseconds(run.durationMs)}`)}**`,
  ];
  // The most important parts first.
  const parts = [
    ...full.flatMap((report) => {
      const title = several
        ? [`### ${signs[report.passed ? "passed" : "failed"]} ${html(stageName(report))}`]
        : [];
      return [
        [...title, target(report), table(report)].filter((block) => block !== "").join("\n\n"),
        ...explained(report, "failed").map(failure),
      ];
    }),
    briefTable(brief),
    ...full.flatMap((report) => [comparison(report, several), skips(report, several)]),
    ...full.map((report) => diagram(report, several)),
  ].filter((part) => part !== "");
  const note = "_Truncated: GitHub accepts 1 MiB of summary per step._";
  let text = `${head.join("\n\n")}\n`;
  for (const part of parts) {
    const longer = `${text}\n${part}\n`;
    if (Buffer.byteLength(longer) + Buffer.byteLength(note) + 2 > bytes) {
      const cut = `${text}\n${note}\n`;
      return Buffer.byteLength(cut) <= bytes ? cut : "";
    }
    text = longer;
  }
  return `${text}\n`;
}

function target({ apiEndpoint, identityPoolId, identityId }: SmokeReport): string {
  return Object.entries({ API: apiEndpoint, "identity pool": identityPoolId, identity: identityId })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${code(value)}`]))
    .join(" · ");
}

function table({ checks }: SmokeReport): string {
  const rows = checks.map((check) => {
    const route = check.route === undefined ? "" : ` ${code(check.route)}`;
    return `| ${signs[check.status]} ${check.status} | ${code(check.name)}${route} | ${check.httpStatus ?? ""} | ${durationOf(check)} |`;
  });
  return ["| result | check | HTTP | time |", "| :-- | :-- | --: | --: |", ...rows].join("\n");
}

/** A line for each healthy stage. */
function briefTable(stages: readonly SmokeReport[]): string {
  if (stages.length === 0) return "";
  const rows = stages.map((report) => {
    const { startMs, endMs } = axisOf(report);
    return `| ${signs.passed} ${html(stageName(report))} | ${briefCounts(report)} | ${milliseconds(endMs - startMs)} | ${code(report.apiEndpoint ?? "")} |`;
  });
  return [`| stage | checks | time | API |`, "| :-- | :-- | --: | :-- |", ...rows].join("\n");
}

function item(label: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`- **${label}:** ${sentence(text)}`];
}

function failure({ check, error, sameAs }: Explained): string {
  return [
    "<details open>",
    `<summary>${signs.failed} <b>${html(titleOf(check))} failed</b>: ${html(error.message)}</summary>`,
    "",
    ...(sameAs === undefined
      ? [
          ...item("cause", error.cause),
          ...(error.evidence ?? []).flatMap((each) => item("evidence", each)),
          ...item("fix", error.fix),
        ]
      : [`- **cause:** same as ${code(titleOf(sameAs))}`]),
    ...(check.requestId === undefined ? [] : [`- **request:** ${code(check.requestId)}`]),
    "",
    "</details>",
  ].join("\n");
}

function skips(report: SmokeReport, several: boolean): string {
  const skipped = explained(report, "skipped");
  if (skipped.length === 0) return "";
  return [
    "<details>",
    `<summary>Not checked${several ? ` in ${html(stageName(report))}` : ""}: ${skipped.length}</summary>`,
    "",
    ...skipped.map(({ check, error }) => `- ${code(titleOf(check))}: ${sentence(error.message)}`),
    "",
    "</details>",
  ].join("\n");
}

function comparison(report: SmokeReport, several: boolean): string {
  if (report.comparison === undefined) return "";
  return [
    `**${several ? `${html(stageName(report))}: ` : ""}${html(describeComparison(report.comparison))}**`,
    "",
    ...report.comparison.changes.map((change) => `- ${html(describeChange(change))}`),
  ].join("\n");
}

type Actor = "twitter" | "cognito" | "api" | "lambda";

function actorOf({ name }: CheckResult): Actor {
  if (name.startsWith("twitter.")) return "twitter";
  return name.startsWith("cognito.") ? "cognito" : "api";
}

/** The requests and responses of the run. */
function diagram(report: SmokeReport, several: boolean): string {
  const lambdaBlamed = new Set(linksOf(report).find(({ name }) => name === "Lambda")?.failed);
  const messages = report.checks.flatMap((check): string[] => {
    const title = mermaid(titleOf(check));
    const actor = actorOf(check);
    const sign = check.status === "failed" ? "✗" : "✓";
    if (check.status === "skipped") return [`Note over cli,${actor}: ${title} skipped`];
    if (check.attempts === 0 || check.name === "identity.match" || check.name === "outputs") {
      return [`Note over cli: ${sign} ${title}`];
    }
    const http = check.httpStatus === undefined ? "" : `HTTP ${check.httpStatus} `;
    const answer = `${sign} ${http}in ${milliseconds(check.durationMs)}`;
    const arrow = check.status === "failed" ? "--x" : "-->>";
    const invoked =
      ["public.open", "private.signed"].includes(check.name) &&
      (check.status === "passed" || lambdaBlamed.has(check));
    return [
      `cli->>${actor}: ${title}`,
      ...(invoked ? [`api->>lambda: invoke`, `lambda${arrow}api: ${sign}`] : []),
      `${actor}${arrow}cli: ${answer}`,
    ];
  });
  return [
    "<details open>",
    `<summary>The chain${several ? ` of ${html(stageName(report))}` : ""}</summary>`,
    "",
    "```mermaid",
    "sequenceDiagram",
    ...[
      "participant cli as auth-cli",
      "participant twitter as Twitter",
      "participant cognito as Cognito",
      "participant api as API Gateway",
      "participant lambda as Lambda",
      ...messages,
    ].map((line) => `  ${line}`),
    "```",
    "",
    "</details>",
  ].join("\n");
}

/** Mermaid's escapes, for every character with a meaning in Mermaid or Markdown. */
function mermaid(text: string): string {
  return plainText(text).replace(/[^\p{L}\p{N} ./_-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** One of our sentences, with code in backticks. */
function sentence(text: string): string {
  return textAndCode(text)
    .map((piece, index) => (index % 2 === 0 ? html(piece) : code(piece)))
    .join("");
}

function code(text: string): string {
  return `<code>${html(text)}</code>`;
}

/** Entities for the signs of HTML and Markdown, so that text cannot become a tag, link, mention, emoji or formula. */
function html(text: string): string {
  return blanksKept(text, (plain) =>
    plain.replace(
      /[&<>`*_[\]|\\~#@$]|:(?=\/\/)|:(?=[a-z+_-][\w+-]*:)|(?<=\bwww)\./gi,
      (sign) => `&#${sign.codePointAt(0)};`,
    ),
  );
}

function blanksKept(text: string, change: (plain: string) => string): string {
  return `${/^\s/.test(text) ? " " : ""}${change(plainText(text))}${/\s$/.test(text) ? " " : ""}`;
}
