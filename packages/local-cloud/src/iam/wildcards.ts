/** Noncharacters of Unicode, which stand in a pattern for `*` and `?` that match only themselves. */
const [literalStar, literalMark] = ["\u{FDD0}", "\u{FDD1}"] as const;

/** The text as part of a pattern that matches nothing else. */
export function asLiteral(text: string): string {
  return text.replaceAll("*", literalStar).replaceAll("?", literalMark);
}

/**
 * `*` matches any text and `?` any single character. Nothing else is special. A regular expression would backtrack: with
 * many stars, for longer than anybody waits.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let [at, position] = [0, 0];
  /** After the last star, and the first character that it does not take. No earlier star needs another try. */
  let [afterStar, end] = [-1, 0];
  while (position < text.length) {
    const wanted = glob[at];
    if (wanted === "*") {
      [afterStar, end] = [(at += 1), position];
    } else if (wanted === "?") {
      at += 1;
      position += lengthAt(text, position);
    } else if (wanted !== undefined && literalOf(wanted) === text[position]) {
      at += 1;
      position += 1;
    } else if (afterStar >= 0) {
      at = afterStar;
      position = end += lengthAt(text, end);
    } else return false;
  }
  return /^\**$/.test(glob.slice(at));
}

/** A character outside of the Basic Multilingual Plane has two code units. */
function lengthAt(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}

function literalOf(character: string): string {
  if (character === literalStar) return "*";
  return character === literalMark ? "?" : character;
}

/** A test for texts that match the glob; cheaper where the glob is plain text or `*`. */
function compileGlob(glob: string): (text: string) => boolean {
  if (/^\*+$/.test(glob)) return () => true;
  if (!/[*?\u{FDD0}\u{FDD1}]/u.test(glob)) return (text) => text === glob;
  return (text) => matchesGlob(glob, text);
}

/**
 * ARNs are compared field by field: a wildcard does not match a colon except in the last field, and fields that an
 * incomplete ARN lacks are wildcards.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function compileArnPattern(pattern: string): (arn: string) => boolean {
  if (pattern === "*") return () => true;
  const tests = splitArn(pattern).map(compileGlob);
  return (arn) => {
    const fields = splitArn(arn);
    return tests.every((test, i) => test(fields[i] ?? ""));
  };
}

const arnFields = 6;

function splitArn(arn: string): string[] {
  const fields: string[] = [];
  let start = 0;
  while (fields.length < arnFields - 1) {
    const colon = arn.indexOf(":", start);
    if (colon === -1) break;
    fields.push(arn.slice(start, colon));
    start = colon + 1;
  }
  return [...fields, arn.slice(start)];
}
