/** The rules of .github/dependabot.yml, as version ranges for npm. */

export interface IgnoreRule {
  "dependency-name": string;
  /** Without it, every update is ignored. */
  "update-types"?: string[];
}

export interface DependabotFile {
  updates: {
    "package-ecosystem": string;
    directory?: string;
    directories?: string[];
    ignore?: IgnoreRule[];
  }[];
}

/** The rules for the workspaces. */
export function ignoreRules({ updates }: DependabotFile): IgnoreRule[] {
  return updates.find((update) => update.directory === "/")?.ignore ?? [];
}

/**
 * The range that a dependency may be updated in.
 * @param version as it is pinned: `14.0.3`
 * @returns `14.0.3`, `^14.0.3` or `>=14.0.3`
 */
export function updateRange(name: string, version: string, rules: readonly IgnoreRule[]): string {
  const rule = rules.find((each) => matches(each["dependency-name"], name));
  if (rule === undefined) return `>=${version}`;
  return rule["update-types"] === undefined ? version : `^${version}`;
}

export function matches(pattern: string, name: string): boolean {
  const [start = "", end] = pattern.split("*");
  return end === undefined ? name === pattern : name.startsWith(start) && name.endsWith(end);
}
