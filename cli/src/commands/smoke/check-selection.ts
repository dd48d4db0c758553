import { AuthCliError } from "../../errors.ts";
import { type CheckName, checkNames } from "./report.ts";

/** The check that a check needs. All checks also need `outputs`. */
const needs: Partial<Record<CheckName, CheckName>> = {
  "cognito.get-credentials": "cognito.get-id",
  "private.tampered": "cognito.get-credentials",
  "private.no-session-token": "cognito.get-credentials",
  "private.expired-signature": "cognito.get-credentials",
  "private.wrong-region": "cognito.get-credentials",
  "private.signed": "cognito.get-credentials",
  "identity.match": "private.signed",
};

/** The checks that run. */
export interface Selection {
  /** Undefined for a check that runs. */
  whyExcluded: (name: CheckName) => string | undefined;
  /** The selected checks, without those that only they need. */
  wanted: readonly CheckName[];
}

/**
 * The checks of `--only` and the checks they need, without those of `--skip`.
 * @throws AuthCliError `invalid-usage` when none is left, or when `--skip` names `outputs`
 */
export function selectChecks(only: readonly CheckName[] = [], skip: readonly CheckName[] = []): Selection {
  if (skip.includes("outputs")) {
    throw new AuthCliError("invalid-usage", {
      message: "cannot skip outputs (--skip)",
      cause: "every other check needs the addresses of the API and the identity pool",
      fix: "remove outputs from --skip; without an outputs file, set --endpoint and --identity-pool-id",
    });
  }
  const wanted = (
    only.length === 0 ? checkNames.slice(1) : checkNames.filter((name) => only.includes(name))
  ).filter((name) => !skip.includes(name));
  if (wanted.length === 0) {
    throw new AuthCliError("invalid-usage", {
      message: "--only and --skip leave no check to run",
      cause: "a run without checks proves nothing",
      fix: "skip fewer checks",
    });
  }
  const running = new Set<CheckName>(["outputs", ...wanted.flatMap(withNeeds)]);
  return {
    wanted,
    whyExcluded(name) {
      if (skip.includes(name)) return "excluded by --skip";
      return running.has(name) ? undefined : "excluded by --only";
    },
  };
}

function withNeeds(name: CheckName): CheckName[] {
  const needed = needs[name];
  return needed === undefined ? [name] : [name, ...withNeeds(needed)];
}

/**
 * Reads the value of `--only` or `--skip`: one name, or several separated by commas.
 * @throws AuthCliError `invalid-usage` that suggests the nearest name
 */
export function parseCheckNames(flag: string, text: string): CheckName[] {
  return text.split(",").map((part) => {
    const name = checkNames.find((known) => known === part.trim());
    if (name !== undefined) return name;
    const near = nearest(part.trim());
    throw new AuthCliError("invalid-usage", {
      message: `invalid ${flag} ${JSON.stringify(part.trim())}`,
      cause: `the checks are ${checkNames.join(", ")}`,
      fix:
        near === undefined ? "use one of these names, or several separated by commas" : `try ${flag} ${near}`,
    });
  });
}

/** A check with this text as a part of its name, else one with a similar name. */
function nearest(text: string): CheckName | undefined {
  const part = checkNames.find((name) => name.split(".").includes(text.toLowerCase()));
  if (part !== undefined) return part;
  const [best] = checkNames
    .map((name) => ({ name, distance: editDistance(text.toLowerCase(), name) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(2, best.name.length * 0.4) ? best.name : undefined;
}

/** Levenshtein distance. */
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
