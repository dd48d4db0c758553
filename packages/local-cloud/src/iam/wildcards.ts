/** Noncharacters of Unicode, which stand in a pattern for `*` and `?` that match only themselves. */
const [literalStar, literalMark] = ["\u{FDD0}", "\u{FDD1}"] as const;

/** The text as part of a pattern that matches nothing else. */
export function asLiteral(text: string): string {
  return text.replaceAll("*", literalStar).replaceAll("?", literalMark);
}

/** `*` matches any text and `?` any single character. Nothing else is special. */
export function globToRegExp(glob: string, flags = ""): RegExp {
  const source = glob
    .replaceAll(/[$()+.[\\\]^{|}]/g, String.raw`\$&`)
    // Several stars in a row mean the same as one, and would backtrack.
    .replaceAll(/\*+/g, ".*")
    .replaceAll("?", ".")
    .replaceAll(literalStar, String.raw`\*`)
    .replaceAll(literalMark, String.raw`\?`);
  return new RegExp(`^${source}$`, `${flags}su`);
}

/** A test for texts that match the glob; cheaper than the expression where the glob is plain text or `*`. */
function compileGlob(glob: string): (text: string) => boolean {
  if (/^\*+$/.test(glob)) return () => true;
  if (!/[*?\u{FDD0}\u{FDD1}]/u.test(glob)) return (text) => text === glob;
  const expression = globToRegExp(glob);
  return (text) => expression.test(text);
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
