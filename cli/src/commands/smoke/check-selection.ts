import { AuthCliError } from "../../errors.ts";
import { type CheckName, checkNames } from "./report.ts";

/** What a check cannot do without. All but `outputs` need that one, too. */
const needs: Partial<Record<CheckName, CheckName>> = {
  "cognito.get-credentials": "cognito.get-id",
  "private.tampered": "cognito.get-credentials",
  "private.no-session-token": "cognito.get-credentials",
  "private.expired-signature": "cognito.get-credentials",
  "private.wrong-region": "cognito.get-credentials",
  "private.signed": "cognito.get-credentials",
  "identity.match": "private.signed",
};

/** Which checks run. */
export interface Selection {
  /** Undefined for one that runs. */
  whyLeftOut: (name: CheckName) => string | undefined;
  /** Those that were asked for, without what they need. */
  wanted: readonly CheckName[];
}

/**
 * With `--only`, what it names and what that needs; without what `--skip` names.
 * @throws AuthCliError `invalid-usage` when nothing is left, or without `outputs`, which all need
 */
export function selectChecks(only: readonly CheckName[] = [], skip: readonly CheckName[] = []): Selection {
  if (skip.includes("outputs")) {
    throw new AuthCliError("invalid-usage", {
      message: "outputs cannot be skipped",
      cause: "every other check needs to know where the API and the pool are",
      fix: "leave it in, and say where they are with --endpoint and --identity-pool-id if need be",
    });
  }
  const wanted = (
    only.length === 0 ? checkNames.slice(1) : checkNames.filter((name) => only.includes(name))
  ).filter((name) => !skip.includes(name));
  if (wanted.length === 0) {
    throw new AuthCliError("invalid-usage", {
      message: "--only and --skip leave no check to run",
      cause: "a smoke that checks nothing would pass whatever is broken",
      fix: "skip fewer checks",
    });
  }
  const running = new Set<CheckName>(["outputs", ...wanted.flatMap(withNeeds)]);
  return {
    wanted,
    whyLeftOut(name) {
      if (skip.includes(name)) return "left out by --skip";
      return running.has(name) ? undefined : "left out by --only";
    },
  };
}

function withNeeds(name: CheckName): CheckName[] {
  const needed = needs[name];
  return needed === undefined ? [name] : [name, ...withNeeds(needed)];
}

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

/** One of whose name that is a part, else one that is a few slips of the finger away. */
function nearest(text: string): CheckName | undefined {
  const part = checkNames.find((name) => name.split(".").includes(text.toLowerCase()));
  if (part !== undefined) return part;
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
