import { type Style, styled, visible } from "../../lines.ts";
import { type DoctorReport, type Finding, type FindingStatus, topics } from "./finding.ts";

const marks: Record<FindingStatus, string> = { ok: "✓", warning: "!", fault: "✗", skipped: "-" };
const colours = { ok: "green", warning: "yellow", fault: "red", skipped: "dim" } as const;

/** In narrower terminals, the message goes below the name. */
const roomyColumns = 72;

type Paint = (style: Style, text: string) => string;

/** The findings by topic: one line if ok, otherwise with evidence and fix. */
export function formatFindings(
  report: DoctorReport,
  { colour, columns }: { colour: boolean; columns: number },
): string[] {
  const paint: Paint = (style, text) => (colour ? styled(style, text) : text);
  const { findings, stage, apiEndpoint, identityPoolId, durationMs } = report;
  const target =
    apiEndpoint === undefined
      ? "doctor"
      : `doctor of ${stage ?? "the deployment"}: ${apiEndpoint}, pool ${identityPoolId}`;
  const nameWidth = Math.max(...findings.map(({ name }) => subject(name).length));
  const sections = Object.entries(topics).flatMap(([topic, title]) => {
    const own = findings.filter(({ name }) => name.startsWith(`${topic}.`));
    if (own.length === 0) return [];
    return [
      "",
      paint("bold", title),
      ...own.flatMap((finding) => formatFinding(finding, { paint, columns, nameWidth })),
    ];
  });
  const faults = findings.filter(({ status }) => status === "fault").map(({ name }) => name);
  // The finding itself may have scrolled away.
  const reminder = faults.length === 0 ? [] : wrap(`${marks.fault} ${faults.join(", ")}`, columns);
  return [
    ...wrap(target, columns),
    ...sections,
    "",
    paint("bold", summary(findings, durationMs)),
    ...reminder.map((line) => paint(colours.fault, line)),
  ];
}

function formatFinding(
  finding: Finding,
  { paint, columns, nameWidth }: { paint: Paint; columns: number; nameWidth: number },
): string[] {
  const { name, status, message, evidence = [], fix, source } = finding;
  const roomy = columns >= roomyColumns;
  const indent = " ".repeat(roomy ? 4 + nameWidth + 2 : 6);
  const bad = status === "warning" || status === "fault";
  const shown = bad || source === undefined ? message : `${message} (${source})`;
  const lines = wrap(shown, columns - indent.length);
  const label = `  ${marks[status]} ${roomy ? subject(name).padEnd(nameWidth) : subject(name)}`;
  const head = roomy
    ? [`${label}  ${lines[0] ?? ""}`, ...lines.slice(1).map((line) => indent + line)]
    : [label, ...lines.map((line) => indent + line)];
  const more = bad
    ? [
        ...(source === undefined ? [] : [`where: ${source}`]),
        ...evidence.map((sentence) => `evidence: ${sentence}`),
        ...(fix === undefined ? [] : [`fix: ${fix}`]),
      ].flatMap((line) => hanging(line, columns - indent.length).map((part) => indent + part))
    : [];
  return [...head.map((line) => paint(colours[status], line)), ...more];
}

/** `clock.twitter` of `computer.clock.twitter`. The heading names the topic. */
function subject(name: Finding["name"]): string {
  return name.slice(name.indexOf(".") + 1);
}

function summary(findings: readonly Finding[], durationMs: number): string {
  const count = (status: FindingStatus): number =>
    findings.filter((finding) => finding.status === status).length;
  return `${count("ok")} ok, ${many(count("warning"), "warning")}, ${many(count("fault"), "fault")}, ${count("skipped")} skipped in ${durationMs} ms`;
}

function hanging(text: string, width: number): string[] {
  const [first = "", ...rest] = wrap(text, width - 2);
  return [first, ...rest.map((line) => `  ${line}`)];
}

function many(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

/** Wraps at spaces. A long word stays whole, so that an address can be copied. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of visible(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
