import stringWidth from "string-width";
import { type Style, styled } from "../../../lines.ts";
import { checkNames, type CheckResult, type SmokeReport, type SmokeRun } from "../report.ts";
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

export interface Look {
  colour: boolean;
  unicode: boolean;
}

/** The abilities of the output. */
export interface TerminalStyle extends Look {
  /** Undefined for a pipe or file, which gets no waterfall and no wrapped lines. */
  columns: number | undefined;
}

type Paint = (style: Style, text: string) => string;

const rowColours = { passed: "green", failed: "red", skipped: "yellow", running: "cyan" } as const;
const asciiMarks = { passed: "+", failed: "x", skipped: "-" } as const;

/** Distinct without colour. */
const unicodeGlyphs: Record<Phase, string> = {
  dns: "░",
  tcp: "▒",
  tls: "▓",
  wait: "█",
  body: "▄",
  other: "·",
};
const asciiGlyphs: Record<Phase, string> = { dns: "d", tcp: "c", tls: "s", wait: "=", body: "b", other: "." };
const phaseColours = {
  dns: "magenta",
  tcp: "yellow",
  tls: "cyan",
  wait: "blue",
  body: "green",
  other: "gray",
} as const;

/** Fewer columns show nothing, more show nothing new. */
const barColumns = { least: 16, most: 60 };

export function painter(colour: boolean): Paint {
  return (style, text) => (colour && text !== "" ? styled(style, text) : text);
}

/** The tables, the errors of failed and skipped checks, and the counts in the last line. */
export function formatRun(run: SmokeRun, style: TerminalStyle): string[] {
  const paint = painter(style.colour);
  const checks = checksOf(run);
  const { full, brief } = splitStages(run);
  return [
    ...full.flatMap((stage) => [...formatStage(stage, style), ""]),
    ...(brief.length === 0 ? [] : [...briefStages(brief, style), "", headlineOf(run)]),
    paint("bold", `${countsOf(checks)} in ${milliseconds(run.durationMs)}`),
  ];
}

/** A line for each healthy stage. */
function briefStages(stages: readonly SmokeReport[], style: TerminalStyle): string[] {
  const columns = style.columns ?? Number.POSITIVE_INFINITY;
  const width = Math.max(...stages.map((stage) => stringWidth(stageName(stage))));
  const mark = (style.unicode ? marks : asciiMarks).passed;
  return stages.map((stage) => {
    const { startMs, endMs } = axisOf(stage);
    const figures = `${briefCounts(stage)}  ${milliseconds(endMs - startMs).padStart(8)}`;
    const line = `${mark} ${pad(stageName(stage), width)}  ${figures}  ${plainText(stage.apiEndpoint ?? "")}`;
    return painter(style.colour)(rowColours.passed, cut(line.trimEnd(), columns, style));
  });
}

function formatStage(report: SmokeReport, style: TerminalStyle): string[] {
  const table =
    style.columns === undefined ? plainTable(report, style) : drawnTable(report, style, style.columns);
  const notes = [
    ...explained(report, "failed").map((each) => explain(each, style)),
    ...groupByReason(explained(report, "skipped")).map((group) => explainSkipped(group, style)),
  ];
  // One-line notes form one block.
  const isLine = (index: number): boolean => notes[index]?.length === 1;
  return [
    ...target(report, style),
    "",
    ...table,
    ...notes.flatMap((lines, index) => (isLine(index) && isLine(index - 1) ? lines : ["", ...lines])),
    ...comparison(report, style),
  ];
}

function target(report: SmokeReport, style: TerminalStyle): string[] {
  const { apiEndpoint, identityPoolId } = report;
  const name = `smoke of ${stageName(report)}`;
  const where = [
    ...(apiEndpoint === undefined ? [] : [plainText(apiEndpoint)]),
    ...(identityPoolId === undefined ? [] : [`pool ${plainText(identityPoolId)}`]),
  ];
  const line = [name, where.join(", ")].filter((part) => part !== "").join(": ");
  const bold = painter(style.colour)("bold", name);
  return stringWidth(line) <= (style.columns ?? Number.POSITIVE_INFINITY)
    ? [line.replace(name, () => bold)]
    : [bold, ...where.map((part) => `  ${part}`)];
}

/** For files, pipes and logs, with the status as a searchable word. */
function plainTable({ checks }: SmokeReport, style: TerminalStyle): string[] {
  const paint = painter(style.colour);
  const width = Math.max(...checkNames.map((name) => name.length));
  return checks.map((check) => {
    const http = check.httpStatus === undefined ? "" : `HTTP ${check.httpStatus}`;
    const route = check.route === undefined ? "" : plainText(check.route);
    const row = `${rowOf(check, style).mark} ${check.name.padEnd(width)}  ${check.status.padEnd(7)}  ${durationOf(check).padStart(8)}  ${http.padEnd(8)}  ${route}`;
    return paint(rowColours[check.status], row.trimEnd());
  });
}

/** A line of the table. */
export interface Row {
  mark: string;
  colour: keyof typeof rowColours;
  name: string;
  route?: string | undefined;
  time: string;
  httpStatus?: number | undefined;
  segments: Segment[];
}

/** For terminals, with the waterfall beside the checks, or below each check on a narrow one. */
function drawnTable(report: SmokeReport, style: TerminalStyle, columns: number): string[] {
  const rows = report.checks.map((check) => rowOf(check, style));
  const phases = phasesOf(report);
  return [
    ...drawRows(rows, axisOf(report), style, columns),
    ...(phases.length === 0 ? [] : ["", ...legend(phases, style, columns)]),
  ];
}

export function rowOf(check: CheckResult, style: Look): Row {
  const { name, route, status, httpStatus } = check;
  const time = durationOf(check);
  return {
    mark: (style.unicode ? marks : asciiMarks)[status],
    colour: status,
    name,
    route,
    time,
    httpStatus,
    segments: time === "" ? [] : (segmentsOf(check) ?? []),
  };
}

export function drawRows(rows: readonly Row[], axis: Axis, style: Look, columns: number): string[] {
  const paint = painter(style.colour);
  const width = Math.max(0, ...rows.map((row) => stringWidth(titleOf(row))));
  const beside = Math.min(columns - width - 18, barColumns.most);
  if (beside < barColumns.least) return drawNarrowRows(rows, axis, style, columns);
  const lines = rows.map((row) => {
    const head = `${row.mark} ${pad(titleOf(row), width)}`;
    const figures = `${row.time.padStart(8)} ${String(row.httpStatus ?? "").padStart(3)}`;
    const bar = drawBar(row.segments, axis, beside, style);
    return `${paint(rowColours[row.colour], head)} ${figures}  ${bar}`.trimEnd();
  });
  if (rows.every(({ segments }) => segments.length === 0)) return lines;
  const [begin, end] = [milliseconds(0), milliseconds(axis.endMs - axis.startMs)];
  const scale = `${" ".repeat(width + 17)}${begin}${end.padStart(beside - begin.length)}`;
  return [paint("gray", scale), ...lines];
}

function drawNarrowRows(rows: readonly Row[], axis: Axis, style: Look, columns: number): string[] {
  const paint = painter(style.colour);
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  const fits = width + 14 <= columns;
  return rows.flatMap((row) => {
    const head = `${row.mark} ${row.name.padEnd(width)}`;
    const figures = `${row.time.padStart(7)} ${String(row.httpStatus ?? "").padStart(3)}`;
    const bar = row.segments.length <= 1 ? "" : drawBar(row.segments, axis, Math.max(1, columns - 2), style);
    const line = fits
      ? `${paint(rowColours[row.colour], head)} ${figures}`
      : paint(rowColours[row.colour], cut(head.trimEnd(), columns, style));
    return [
      line.trimEnd(),
      ...(fits || figures.trim() === "" ? [] : [`  ${figures.trim()}`]),
      ...(row.route === undefined ? [] : [cut(`  ${plainText(row.route)}`, columns, style)]),
      ...(bar.trim() === "" ? [] : [`  ${bar.trimEnd()}`]),
    ];
  });
}

/** One character per slice of the time axis, for the phase that fills most of it. */
function drawBar(segments: readonly Segment[], axis: Axis, width: number, style: Look): string {
  const [own, ...requests] = segments;
  if (own === undefined) return "";
  const glyphs = style.unicode ? unicodeGlyphs : asciiGlyphs;
  const paint = painter(style.colour);
  const sliceMs = (axis.endMs - axis.startMs) / width;
  const phaseAt = (index: number): Phase | undefined => {
    const startMs = axis.startMs + index * sliceMs;
    const [most] = requests
      .map((part) => ({ phase: part.phase, share: overlap(part, startMs, startMs + sliceMs) }))
      .toSorted((a, b) => b.share - a.share);
    if (most !== undefined && most.share > 0) return most.phase;
    return overlap(own, startMs, startMs + sliceMs) > 0 ? "other" : undefined;
  };
  const cells = Array.from({ length: width }, (_, index) => phaseAt(index));
  // An instant check gets one character.
  if (!cells.some((cell) => cell !== undefined)) {
    cells[Math.min(width - 1, Math.floor((own.startMs - axis.startMs) / sliceMs))] = "other";
  }
  return cells
    .map((phase) => (phase === undefined ? " " : paint(phaseColours[phase], glyphs[phase])))
    .join("");
}

function overlap(part: Segment, startMs: number, endMs: number): number {
  return Math.min(part.endMs, endMs) - Math.max(part.startMs, startMs);
}

function legend(phases: readonly Phase[], style: Look, columns: number): string[] {
  const glyphs = style.unicode ? unicodeGlyphs : asciiGlyphs;
  const paint = painter(style.colour);
  // A hard space keeps a glyph beside its name.
  const text = phases.map((phase) => `${glyphs[phase]}\u00a0${phaseNames[phase]}`).join("  ");
  const painted = (line: string, phase: Phase): string =>
    line.replace(`${glyphs[phase]}\u00a0`, () => `${paint(phaseColours[phase], glyphs[phase])} `);
  return wrap(text, columns, "").map((line) => phases.reduce(painted, line));
}

/** Groups skipped checks with the same reason and nothing else to explain. */
function groupByReason(skipped: readonly Explained[]): [Explained, ...Explained[]][] {
  const groups = new Map<string | Explained, [Explained, ...Explained[]]>();
  for (const each of skipped) {
    const { message, cause, evidence, fix } = each.error;
    const isLine = [cause, evidence, fix, each.check.requestId].every((detail) => detail === undefined);
    const key = isLine ? message : each;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}

function explainSkipped([first, ...others]: [Explained, ...Explained[]], style: TerminalStyle): string[] {
  if (others.length === 0) return explain(first, style);
  // The failed check is in the report too.
  const reason = first.error.message.replace(/^needs (.*?)(?:, which did not pass)?$/, "they need $1");
  const text = `${others.length + 1} checks skipped: ${plainText(reason)}`;
  return wrap(text, style.columns ?? Number.POSITIVE_INFINITY, "  ").map((line) =>
    painter(style.colour)(rowColours.skipped, line),
  );
}

function explain({ check, error, sameAs }: Explained, style: TerminalStyle): string[] {
  const columns = style.columns ?? Number.POSITIVE_INFINITY;
  const paint = painter(style.colour);
  const [first = "", ...more] = wrap(
    `${titleOf(check)} ${check.status}: ${plainText(error.message)}`,
    columns,
    "  ",
  );
  const line = (label: string, text: string | undefined): string[] =>
    text === undefined
      ? []
      : wrap(`  ${label}: ${plainText(text)}`, columns, "    ").map((each, index) =>
          index === 0 ? each.replace(label, () => paint("bold", label)) : each,
        );
  return [
    ...[first, ...more].map((each) => paint(rowColours[check.status], each)),
    ...(sameAs === undefined
      ? [
          ...line("cause", error.cause),
          ...(error.evidence ?? []).flatMap((sentence) => line("evidence", sentence)),
          ...line("fix", error.fix),
        ]
      : line("cause", `same as ${titleOf(sameAs)}`)),
    ...line("request", check.requestId),
  ];
}

function comparison(report: SmokeReport, style: TerminalStyle): string[] {
  if (report.comparison === undefined) return [];
  const columns = style.columns ?? Number.POSITIVE_INFINITY;
  return [
    "",
    ...wrap(describeComparison(report.comparison), columns, "  "),
    ...report.comparison.changes.flatMap((change) => wrap(`  ${describeChange(change)}`, columns, "    ")),
  ];
}

/** Breaks between words. A long word stays whole, so that an address can be copied. */
function wrap(text: string, columns: number, indent: string): string[] {
  const [start = ""] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = start;
  for (const word of text.trim().split(/ /)) {
    const longer = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    if (stringWidth(longer) <= columns || line.trim() === "") {
      line = longer;
    } else {
      lines.push(line.trimEnd());
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

/** Shortens to a width. */
export function cut(text: string, width: number, { unicode }: Pick<Look, "unicode">): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (stringWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}${unicode ? "…" : "~"}`;
}
