import { structuredPatch } from "diff";
import { formatLine, type Style, styled } from "../../lines.ts";

/**
 * A unified diff, as `git apply` takes it.
 * @param name relative to the folder in which it applies
 * @param before undefined for a file to create
 */
export function unifiedDiff(
  name: string,
  before: string | undefined,
  after: string,
  colour: boolean,
): string {
  // A carriage return at the end of each line would show as an escape.
  const [old, changed] = [before ?? "", after].map((text) => text.replaceAll("\r\n", "\n"));
  const { hunks } = structuredPatch(name, name, old ?? "", changed ?? "", undefined, undefined, {
    context: 3,
  });
  return [
    before === undefined ? "--- /dev/null" : `--- a/${name}`,
    `+++ b/${name}`,
    ...hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
      `@@ -${oldLines === 0 ? 0 : oldStart},${oldLines} +${newStart},${newLines} @@`,
      ...lines,
    ]),
  ]
    .map((line) => `${format(line, colour)}\n`)
    .join("");
}

const styles: Readonly<Record<string, Style>> = { "+": "green", "-": "red", "@": "cyan" };

/** Tabs stay: they indent. */
function format(line: string, colour: boolean): string {
  const style = colour ? styles[line.slice(0, 1)] : undefined;
  const styledLine = style === undefined ? line : styled(style, line);
  return styledLine.split("\t").map(formatLine).join("\t");
}
