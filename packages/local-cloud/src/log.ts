/** Everything that a terminal or a CI log would obey, join or hide. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]|##(?=\w*\[)/gu;

/**
 * All events pass this. They contain words of others: paths, error messages, what a handler prints. Escapes them, so that
 * each event is one line: `\u001b`.
 * @param write undefined: nobody reads the log, and each request has an event
 */
export function createLog(write: ((line: string) => void) | undefined): (event: string) => void {
  if (write === undefined) return () => {};
  return (event) => write(event.replace(unsafe, escaped));
}

function escaped(text: string): string {
  if (text === "\n") return "\\n";
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
