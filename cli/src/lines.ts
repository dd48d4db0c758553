/** One line, or several. The terminal ends each of them. */
export type Lines = string | readonly string[];

/** Foreground colours and weights, as SGR codes that start and end them (ECMA-48 8.3.117). */
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  gray: [90, 39],
} as const;

export type Style = keyof typeof styles;

/**
 * Controls, line separators, lone surrogates, direction marks and everything else without a shape. Also `##[`, which CI
 * systems read as a command wherever it stands.
 */
const unsafe = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\p{NChar}]|##(?=\w*\[)`;

/** Made for the first text: Node would spend a millisecond of every start on a literal with these classes. */
let unsafePattern: RegExp | undefined;

const shortEscapes: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "##": "#\\u0023",
};

/**
 * The parameters that mark an escape sequence of our own. Text from elsewhere cannot know them. Made for the first
 * style. At most four digits each: `stripVTControlCharacters` recognises no longer ones.
 */
let ownMark: string | undefined;

/** Colours a text. `formatLines` lets only these escape sequences through. */
export function styled(style: Style, text: string): string {
  ownMark ??= Array.from(crypto.getRandomValues(new Uint16Array(8)), (number) => number % 10_000).join(";");
  const [start, end] = styles[style];
  return `\u001B[${ownMark};${start}m${text}\u001B[${ownMark};${end}m`;
}

/** Escapes what a terminal or a log would obey instead of show: `\n`, `\u202e`. The escapes are valid in JSON too. */
export function visible(text: string): string {
  // Nearly every line. Matching the classes takes ten times as long.
  if (/^[ -~]*$/.test(text) && !text.includes("##")) return text;
  unsafePattern ??= new RegExp(unsafe, "gu");
  return text.replace(unsafePattern, escaped);
}

/**
 * Masks the secrets, escapes everything but our own colours, and ends each line. No line starts with `::`, a command of
 * GitHub Actions.
 */
export function formatLines(lines: Lines, redact = (line: string): string => line): string {
  const all = typeof lines === "string" ? [lines] : lines;
  const text = all.map((line) => `${line}\n`).join("");
  // Nearly every report, of thousands of lines.
  const isPlain = /^[\n -~]*$/.test(text) && !/##|::/.test(text) && !all.some((line) => line.includes("\n"));
  if (isPlain && redact(text) === text) return text;
  return all.map((line) => `${formatLine(redact(line))}\n`).join("");
}

/** Does the same for a text that ends no line, such as a prompt. */
export function formatLine(line: string): string {
  return withOwnStyles(line).replace(/^(\s*):(?=:)/, "$1\\u003a");
}

/**
 * Breaks a line between words, for a terminal. Keeps its indent. A command in backquotes stays whole, so that it can be
 * copied.
 */
export function wrapWords(line: string, columns: number): string[] {
  if (line.length <= columns || columns < narrowest) return [line];
  const [indent = ""] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = "";
  for (const word of line.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    if (current !== "" && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else current = current === "" ? indent + word : `${current} ${word}`;
  }
  return [...lines, current];
}

/** A terminal that says it has fewer columns does not know. */
const narrowest = 20;

/** The lines of indented JSON. */
export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, undefined, 2).split("\n");
}

function withOwnStyles(line: string): string {
  if (ownMark === undefined || !line.includes(ownMark)) return visible(line);
  return line
    .split(new RegExp(`\u001B\\[${ownMark};(\\d+)m`))
    .map((part, index) => (index % 2 === 0 ? visible(part) : `\u001B[${part}m`))
    .join("");
}

function escaped(match: string): string {
  return (
    shortEscapes[match] ??
    Array.from({ length: match.length }, (_, index) => escapedUnit(match, index)).join("")
  );
}

function escapedUnit(text: string, index: number): string {
  return `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
}
