import { AuthCliError } from "../errors.ts";
import { type CheckName, checkNames } from "./report.ts";

/**
 * Reads what `--only` or `--skip` was given: one name, or several with commas between them.
 * @throws AuthCliError `invalid-usage`, with the name that may have been meant
 */
export function parseCheckNames(flag: string, text: string): CheckName[] {
  return text.split(",").map((part) => {
    const name = checkNames.find((known) => known === part.trim());
    if (name !== undefined) return name;
    const near = nearest(part.trim());
    throw new AuthCliError("invalid-usage", {
      message: `${JSON.stringify(part.trim())} is not a check (${flag})`,
      cause: `the checks are ${checkNames.join(", ")}`,
      fix: near === undefined ? "name one of them, or several with commas" : `did you mean ${flag} ${near}?`,
    });
  });
}

function nearest(text: string): CheckName | undefined {
  const [best] = checkNames
    .map((name) => ({ name, distance: editDistance(text.toLowerCase(), name) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, best.name.length * 0.4) ? best.name : undefined;
}

/** Of letters added, left out or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
