import { type CheckResult, checkNames, type OnProgress, type Progress } from "../report.ts";
import { cut, drawRows, type Look, painter, type Row, rowOf } from "./terminal.ts";
import { milliseconds, plainText } from "./shared-text.ts";

const unicodeFrames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const asciiFrames = ["|", "/", "-", "\\"];

interface LiveCheck {
  name: Progress["name"];
  route?: string | undefined;
  startedMs: number;
  result?: CheckResult;
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
  const tables = stages.map((stage) => ({ stage, checks: new Map<string, LiveCheck>() }));
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
      return (
        choices.find((each) => each.length < height) ??
        (choices.at(-1) ?? []).slice(0, Math.max(0, height - 1))
      );
    },
  };
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
