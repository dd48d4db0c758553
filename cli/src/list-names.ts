/** Enough to recognize a typing mistake. */
const shown = 5;
const maximumLength = 60;

/** The first names of a list, for an error. The names come from a file, which may hold any number of them. */
export function listNames(names: readonly string[]): string {
  const some = names
    .slice(0, shown)
    .map((name) => (name.length > maximumLength ? `${name.slice(0, maximumLength)}…` : name));
  return some.join(", ") + (names.length > shown ? ` and ${names.length - shown} more` : "");
}
