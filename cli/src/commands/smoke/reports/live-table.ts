import stringWidth from "string-width";
import type { Style } from "../../../lines.ts";
import { type CheckResult, checkNames, type OnProgress, type Progress } from "../report.ts";
import { cut, drawRows, type Look, pad, painter, type Row, rowOf } from "./terminal.ts";
import { milliseconds, plainText, titleOf } from "./shared-text.ts";

const unicodeFrames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const asciiFrames = ["|", "/", "-", "\\"];

interface LiveCheck {
  name: Progress["name"];
  route?: string | undefined;
  startedMs: number;
  result?: CheckResult;
}

interface StageTable {
  stage: string | undefined;
  checks: Map<string, LiveCheck>;
}

export interface LiveTable {
  onProgress: OnProgress;
  /** The started checks. A running check shows its time so far. */
  draw: (size: { columns: number; rows: number }, frame: number) => string[];
}

/** A table of a run in progress, redrawn for each frame. */
export function createLiveTable(
  stages: readonly (string | undefined)[],
  now: () => number,
  style: Look,
): LiveTable {
  const startedAt = now();
  const tables: StageTable[] = stages.map((stage) => ({ stage, checks: new Map() }));
  return {
    onProgress(stageIndex, event) {
      const { name, route } = event;
      const checks = tables[stageIndex]?.checks;
      const key = `${name} ${route ?? ""}`;
      const check = checks?.get(key) ?? { name, route, startedMs: now() - startedAt };
      checks?.set(key, event.kind === "finished" ? { ...check, result: event.result } : check);
    },
    draw({ columns, rows: height }, frame) {
      const elapsedMs = now() - startedAt;
      const frames = style.unicode ? unicodeFrames : asciiFrames;
      const mark = frames[frame % frames.length] ?? "";
      const rows = tables.map(({ stage, checks }) => ({
        stage,
        rows: [...checks.values()]
          .toSorted((a, b) => checkNames.indexOf(a.name) - checkNames.indexOf(b.name))
          .map((check) => toRow(check, elapsedMs, mark, style)),
      }));
      const lines = (kept: (row: Row) => boolean): string[] =>
        rows.flatMap((table) => {
          const shown = table.rows.filter(kept);
          const left = table.rows.length - shown.length;
          const width = Math.max(1, columns - 1);
          return [
            painter(style.colour)(
              "bold",
              cut(`checking ${plainText(table.stage ?? "the deployment")}`, width, style),
            ),
            ...(left === 0 ? [] : [`  ${left} more`]),
            ...drawRows(shown, { startMs: 0, endMs: Math.max(1, elapsedMs) }, style, width),
          ];
        });
      const choices = [
        lines(() => true),
        lines((row) => row.colour !== "passed"),
        lines((row) => row.colour === "running"),
      ];
      // Lines beyond the screen cannot be redrawn.
      const fitting = choices.find((each) => each.length < height);
      if (fitting !== undefined) return fitting;
      const least =
        tables.length === 1
          ? (choices.at(-1) ?? [])
          : drawStages(tables, elapsedMs, { mark, columns: Math.max(1, columns - 1) }, style);
      return least.slice(0, Math.max(0, height - 1));
    },
  };
}

/** A line with the counts of the stages, then one for each that failed and one for each that runs. */
function drawStages(
  tables: readonly StageTable[],
  elapsedMs: number,
  { mark, columns }: { mark: string; columns: number },
  style: Look,
): string[] {
  const stages = tables.map(({ stage, checks }) => {
    const all = [...checks.values()];
    const done = all.filter(({ result }) => result !== undefined);
    const failed = done.find(({ result }) => result?.status === "failed");
    const [running] = all.filter(({ result }) => result === undefined);
    const isOver = running === undefined && new Set(done.map(({ name }) => name)).size === checkNames.length;
    const state = failed ? "failed" : isOver ? "passed" : all.length > 0 ? "running" : "waiting";
    return { name: plainText(stage ?? "the deployment"), state, done: done.length, failed, running };
  });
  const states = ["failed", "passed", "running", "waiting"] as const;
  const counts = states.map((state) => `${stages.filter((each) => each.state === state).length} ${state}`);
  const width = Math.max(...stages.map(({ name }) => stringWidth(name)));
  const line = (colour: Style, text: string): string =>
    painter(style.colour)(colour, cut(text.trimEnd(), columns, style));
  return [
    line("bold", `checking ${stages.length} stages: ${counts.join(", ")}`),
    ...stages.flatMap(({ name, failed }) =>
      failed?.result === undefined
        ? []
        : [line("red", `${rowOf(failed.result, style).mark} ${pad(name, width)}  ${titleOf(failed)}`)],
    ),
    ...stages.flatMap(({ name, state, done, running }) => {
      if (state !== "running") return [];
      const now = running && `${titleOf(running)}, ${milliseconds(elapsedMs - running.startedMs)}`;
      const checks = `${String(done).padStart(3)} ${done === 1 ? "check " : "checks"} done`;
      return [line("cyan", `${mark} ${pad(name, width)}  ${checks}  ${now ?? ""}`)];
    }),
  ];
}

function toRow(
  { name, route, startedMs, result }: LiveCheck,
  elapsedMs: number,
  mark: string,
  style: Look,
): Row {
  if (result !== undefined) return rowOf(result, style);
  return {
    mark,
    colour: "running",
    name,
    route,
    time: milliseconds(elapsedMs - startedMs),
    segments: [{ phase: "other", startMs: startedMs, endMs: elapsedMs }],
  };
}
