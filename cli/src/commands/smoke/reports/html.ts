import { createHash } from "node:crypto";
import type { CheckResult, Hop, SmokeReport, SmokeRun } from "../report.ts";
import { type Link, linksOf, wordOf } from "./chain-picture.ts";
import { pageStyle } from "./html-style.ts";
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
  marks,
  milliseconds,
  plainText,
  splitStages,
  stageName,
  textAndCode,
  titleOf,
} from "./shared-text.ts";
import {
  type Axis,
  axisOf,
  type Phase,
  phaseNames,
  phasesOf,
  type Segment,
  segmentsOf,
} from "./waterfall.ts";

/** A self-contained page. It needs no script, file or network, and its policy allows none. */
export function formatHtml(run: SmokeRun): string {
  const several = run.stages.length > 1;
  const { full, brief } = splitStages(run);
  const state = run.passed ? "passed" : "failed";
  const [only] = run.stages;
  // By its hash, so that a quoted response cannot add styles.
  const hash = createHash("sha256").update(pageStyle).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${marks[state]} ${escape(headlineOf(run))}</title>
<style>${pageStyle}</style>
</head>
<body>
<div class="page">
<header class="card verdict ${state}">
${icon(state, "seal")}
<div>
<h1>${escape(headlineOf(run))}</h1>
<p class="counts">${escape(`${countsOf(checksOf(run))} in ${milliseconds(run.durationMs)}`)}</p>
</div>
${factList([["Started", time(run.startedAt)], ...(only === undefined || several ? [] : deploymentFacts(only))])}
</header>
<main>
${full.map((report, index) => stageSection(report, index, several)).join("\n")}
${briefSections(brief, full.length)}
</main>
<footer><p>Report of <code>auth-cli smoke</code>. Times were measured on the machine that ran it.</p></footer>
</div>
</body>
</html>
`;
}

/** A line for each healthy stage, which opens. */
function briefSections(reports: readonly SmokeReport[], index: number): string {
  if (reports.length === 0) return "";
  const items = reports.map((report, more) => {
    const { startMs, endMs } = axisOf(report);
    return `<details class="passed">
<summary>${icon("passed")}<span class="name">${escape(stageName(report))}</span><span>${briefCounts(report)}</span><span class="number">${milliseconds(endMs - startMs)}</span><span class="mono">${escape(report.apiEndpoint ?? "")}</span></summary>
${factList(deploymentFacts(report))}
${stageParts(report, `stage-${index + more}`, 3)}
</details>`;
  });
  const count = reports.length === 1 ? "1 stage" : `${reports.length} stages`;
  return `<section class="brief" aria-labelledby="brief">
<h2 id="brief">${count} passed</h2>
${items.join("\n")}
</section>`;
}

function stageParts(report: SmokeReport, id: string, level: number): string {
  return [
    part("The chain", level, chain(linksOf(report))),
    failures(report, id, level),
    part("Checks", level, checkTable(report, id)),
    skips(report, level),
    comparison(report, level),
    requests(report, level),
  ].join("\n");
}

function stageSection(report: SmokeReport, index: number, several: boolean): string {
  const id = `stage-${index}`;
  const state = report.passed ? "passed" : "failed";
  const parts = stageParts(report, id, several ? 3 : 2);
  if (!several) return parts;
  return `<section class="stage ${state}" aria-labelledby="${id}">
<h2 id="${id}">${icon(state)}<span>${escape(stageName(report))}: ${state}</span></h2>
<p class="counts">${escape(`${countsOf(report.checks)} in ${milliseconds(report.durationMs)}`)}</p>
${factList(deploymentFacts(report))}
${parts}
</section>`;
}

function part(title: string, level: number, content: string): string {
  return `<section class="card"><h${level}>${title}</h${level}>\n${content}\n</section>`;
}

function deploymentFacts(report: SmokeReport): [string, string][] {
  const facts: [string, string | undefined][] = [
    ["API", report.apiEndpoint],
    ["Identity pool", report.identityPoolId],
    ["Identity", report.identityId],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, `<span class="mono">${escape(value)}</span>`]],
  );
}

function factList(entries: [string, string][]): string {
  return `<dl class="facts">${entries.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`;
}

function chain(links: readonly Link[]): string {
  const items = links.map((link, index) => {
    const took =
      link.durationMs === undefined ? "" : `<span class="time">${milliseconds(link.durationMs)}</span>`;
    return `<li class="${link.state}">
${index === 0 ? "" : arrow}${serviceIcons[link.name]}
<span class="name">${link.name}</span>
<span class="role">${link.role}</span>
<span class="state">${icon(link.state)}<span>${wordOf(link)}</span></span>
${link.failed.map((check) => `<span class="blame mono">${escape(titleOf(check))}</span>`).join("")}${took}
</li>`;
  });
  return `<ol class="chain">\n${items.join("\n")}\n</ol>`;
}

function failures(report: SmokeReport, id: string, level: number): string {
  const failed = explained(report, "failed");
  if (failed.length === 0) return "";
  const articles = failed.map((each) => failure(each, report, id, level + 1)).join("\n");
  return `<section class="failures"><h${level}>What failed, and how to fix it</h${level}>\n${articles}\n</section>`;
}

function failure(
  { check, error, sameAs }: Explained,
  report: SmokeReport,
  id: string,
  level: number,
): string {
  const evidence = error.evidence ?? [];
  const meta = [
    `code <code>${escape(error.code)}</code>`,
    ...(error.reason === undefined ? [] : [`reason <code>${escape(error.reason)}</code>`]),
    ...(check.httpStatus === undefined ? [] : [`HTTP ${check.httpStatus}`]),
    ...(check.requestId === undefined ? [] : [`request <code>${escape(check.requestId)}</code>`]),
    `${check.attempts} ${check.attempts === 1 ? "attempt" : "attempts"}`,
  ];
  const why = [
    ...(error.cause === undefined ? [] : [`<dt>Cause</dt><dd>${sentence(error.cause)}</dd>`]),
    ...(evidence.length === 0
      ? []
      : [
          `<dt>Evidence</dt><dd><ul>${evidence.map((each) => `<li>${sentence(each)}</li>`).join("")}</ul></dd>`,
        ]),
    ...(error.fix === undefined ? [] : [`<dt>Fix</dt><dd class="fix">${sentence(error.fix)}</dd>`]),
  ];
  const rows =
    sameAs === undefined
      ? why
      : [
          `<dt>Cause</dt><dd>same as <a class="mono" href="#${anchor(sameAs, report, id)}">${escape(titleOf(sameAs))}</a></dd>`,
        ];
  return `<article class="card failure failed" id="${anchor(check, report, id)}">
<h${level}>${icon("failed")}<span>${escape(titleOf(check))} failed</span></h${level}>
<p class="message">${sentence(error.message)}</p>
${rows.length === 0 ? "" : `<dl class="why">${rows.join("\n")}</dl>`}
<p class="meta">${meta.join(" · ")}</p>
</article>`;
}

function checkTable(report: SmokeReport, id: string): string {
  const axis = axisOf(report);
  const phases = phasesOf(report);
  const rows = report.checks.map((check) => {
    const link = `#${anchor(check, report, id)}`;
    const word =
      check.status === "failed" && check.error !== undefined ? `<a href="${link}">failed</a>` : check.status;
    const route = check.route === undefined ? "" : ` <span class="mono route">${escape(check.route)}</span>`;
    const drawn = durationOf(check) === "" ? undefined : segmentsOf(check);
    return `<tr class="${check.status}" role="row">
<th scope="row" role="rowheader"><span class="mono">${escape(check.name)}</span>${route}</th>
<td class="result" role="cell"><span>${icon(check.status)}${word}</span></td>
<td class="number" role="cell">${check.httpStatus === undefined ? "" : `HTTP ${check.httpStatus}`}</td>
<td class="number" role="cell">${durationOf(check)}</td>
<td class="lane" role="cell">${drawn === undefined ? "" : bar(drawn, axis)}</td>
</tr>`;
  });
  const end = milliseconds(axis.endMs - axis.startMs);
  const scale =
    phases.length === 0 ? "Waterfall" : `<span class="axis"><span>0 ms</span><span>${end}</span></span>`;
  // The roles remain when a narrow screen shows rows as blocks.
  return `<table class="checks" role="table">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Check</th><th scope="col" role="columnheader">Result</th><th scope="col" role="columnheader" class="number">HTTP</th><th scope="col" role="columnheader" class="number">Time</th><th scope="col" role="columnheader" class="lane" aria-label="Waterfall">${scale}</th></tr></thead>
<tbody role="rowgroup">
${rows.join("\n")}
</tbody>
</table>
${phases.length === 0 ? "" : legend(phases)}`;
}

/** Distinct without colour. */
const heights: Record<Phase, number> = { other: 2, dns: 5, tcp: 8, tls: 11, wait: 14, body: 7 };

function rect(phase: Phase, x: number, width: number): string {
  const height = heights[phase];
  return `<rect class="${phase}" x="${x}" y="${(14 - height) / 2}" width="${width}" height="${height}"></rect>`;
}

function bar(segments: readonly Segment[], axis: Axis): string {
  const scale = 1000 / (axis.endMs - axis.startMs);
  const place = (ms: number): number => Number(((ms - axis.startMs) * scale).toFixed(1));
  const parts = segments.map(({ phase, startMs, endMs }) =>
    rect(phase, Math.min(996, place(startMs)), Math.max(4, Number(((endMs - startMs) * scale).toFixed(1)))),
  );
  const [own] = segments;
  const words = segments
    .filter(({ phase }) => phase !== "other")
    .map(({ phase, startMs, endMs }) => `${phaseNames[phase]} ${milliseconds(endMs - startMs)}`);
  const label = `from ${milliseconds((own?.startMs ?? axis.startMs) - axis.startMs)}${words.map((word) => `, ${word}`).join("")}`;
  const grid = [250, 500, 750].map(
    (x) => `<path class="grid" d="M${x} -8V22" vector-effect="non-scaling-stroke"></path>`,
  );
  return `<svg class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="${escape(label)}">${grid.join("")}${parts.join("")}</svg>`;
}

function legend(phases: readonly Phase[]): string {
  const items = phases.map(
    (phase) =>
      `<li><svg viewBox="0 0 18 14" aria-hidden="true" focusable="false">${rect(phase, 0, 18)}</svg>${phaseNames[phase]}</li>`,
  );
  return `<ul class="legend" aria-label="Legend">${items.join("")}</ul>`;
}

function skips(report: SmokeReport, level: number): string {
  const skipped = explained(report, "skipped");
  if (skipped.length === 0) return "";
  const items = skipped.map(({ check, error }) => {
    const more = [error.cause, error.fix].flatMap((text) =>
      text === undefined ? [] : [`; ${sentence(text)}`],
    );
    return `<li><span class="mono">${escape(titleOf(check))}</span>: ${sentence(error.message)}${more.join("")}</li>`;
  });
  return part("Not checked", level, `<ul class="notes">${items.join("\n")}</ul>`);
}

function comparison(report: SmokeReport, level: number): string {
  if (report.comparison === undefined) return "";
  const { changes } = report.comparison;
  const items = changes.map((change) => `<li>${escape(describeChange(change))}</li>`).join("\n");
  return part(
    "Compared with an earlier report",
    level,
    `<p>${escape(describeComparison(report.comparison))}</p>${changes.length === 0 ? "" : `\n<ul class="notes">${items}</ul>`}`,
  );
}

function timeCell(ms: number | undefined): string {
  return `<td class="number">${ms === undefined ? "" : milliseconds(ms)}</td>`;
}

function requestRow([check, hop]: readonly [CheckResult, Hop]): string {
  const times = [hop.startedMs, hop.dnsMs, hop.tcpMs, hop.tlsMs, hop.waitMs, hop.bodyMs];
  return `<tr><th scope="row" class="mono">${escape(titleOf(check))}</th><td class="mono">${escape(hop.host)}</td>${times.map(timeCell).join("")}<td class="number">${hop.httpStatus ?? ""}</td></tr>`;
}

function requests(report: SmokeReport, level: number): string {
  const hops = report.checks.flatMap((check) => (check.hops ?? []).map((hop) => [check, hop] as const));
  if (hops.length === 0) return "";
  const head = ["Start", "DNS", "TCP", "TLS", "Wait", "Body", "HTTP"]
    .map((name) => `<th scope="col" class="number">${name}</th>`)
    .join("");
  return part(
    "Requests",
    level,
    `<div class="scroll" role="region" aria-label="${escape(`Requests of ${stageName(report)}`)}" tabindex="0"><table>
<thead><tr><th scope="col">Check</th><th scope="col">Host</th>${head}</tr></thead>
<tbody>
${hops.map(requestRow).join("\n")}
</tbody>
</table></div>`,
  );
}

function anchor(check: CheckResult, report: SmokeReport, id: string): string {
  return `${id}-check-${report.checks.indexOf(check)}`;
}

function time(iso: string): string {
  const shown = plainText(iso).replace(/^(\S+)T([\d:]+)(\.\d+)?Z$/, "$1 $2 UTC");
  return `<time datetime="${escape(iso)}">${escape(shown)}</time>`;
}

/** One of our sentences, with code in backticks. */
function sentence(text: string): string {
  return textAndCode(text)
    .map((piece, index) => (index % 2 === 0 ? escape(piece) : `<code>${escape(piece)}</code>`))
    .join("");
}

/** For text and for attributes in double quotes. Outer blanks remain, because they separate text from code. */
function escape(text: string): string {
  const [, before = "", after = ""] = /^(\s*)[^]*?(\s*)$/.exec(text) ?? [];
  const escaped = plainText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
  return `${before === "" ? "" : " "}${escaped}${after === "" ? "" : " "}`;
}

/** A check mark, a cross or a dash: distinct without colour. */
function icon(state: "passed" | "failed" | "skipped", name = "mark"): string {
  const shapes = {
    passed:
      '<circle cx="12" cy="12" r="11" fill="currentColor"></circle><path d="M6.5 12.5l3.7 3.7 7.3-8" class="stroke" fill="none" stroke="var(--card)" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"></path>',
    failed:
      '<circle cx="12" cy="12" r="11" fill="currentColor"></circle><path d="M8 8l8 8M16 8l-8 8" fill="none" stroke="var(--card)" stroke-width="2.4" stroke-linecap="round"></path>',
    skipped:
      '<circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="4 3"></circle><path d="M8 12h8" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"></path>',
  };
  return `<svg class="${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[state]}</svg>`;
}

const arrow =
  '<svg class="arrow" viewBox="0 0 40 16" aria-hidden="true" focusable="false"><path d="M5 8h28M27 3l6 5-6 5" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"></path></svg>';

function drawing(paths: string): string {
  return `<svg class="icon" viewBox="0 0 32 32" aria-hidden="true" focusable="false"><g fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${paths}</g></svg>`;
}

/** A speech bubble, an identity card, a gate and the letter lambda. */
const serviceIcons: Record<Link["name"], string> = {
  Twitter: drawing('<path d="M5 6h22v15H15l-6 6v-6H5z"></path><path d="M10 11.5h12M10 16h8"></path>'),
  Cognito: drawing(
    '<rect x="3" y="7" width="26" height="18" rx="3"></rect><circle cx="11" cy="14" r="2.8"></circle><path d="M6.5 21c.8-2.6 2.4-3.6 4.5-3.6s3.7 1 4.5 3.6M19 13h6M19 18h6"></path>',
  ),
  "API Gateway": drawing(
    '<path d="M5 27V6M27 27V6M3 27h26M5 9h22"></path><path d="M16 9v18M10.5 9v18M21.5 9v18"></path>',
  ),
  Lambda: drawing('<path d="M8 5h4.5l9 22H26M15.5 13.5L8.5 27"></path>'),
};
