/** `*` is any text, `?` any one character, and nothing else is special. */
export function globToRegExp(glob: string, flags = ""): RegExp {
  const source = glob
    .replaceAll(/[$()+.[\\\]^{|}]/g, String.raw`\$&`)
    // Neighbouring stars mean one, and would make the expression backtrack.
    .replaceAll(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, `${flags}su`);
}

/**
 * ARNs are compared field by field: a wildcard does not reach over a colon but in the last field, and the fields that
 * an incomplete ARN lacks are wildcards.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function compileArnPattern(pattern: string): (arn: string) => boolean {
  if (pattern === "*") return () => true;
  const fields = splitArn(pattern).map((field) => globToRegExp(field));
  return (arn) => {
    const parts = splitArn(arn);
    return fields.every((field, i) => field.test(parts[i] ?? ""));
  };
}

const arnFields = 6;

function splitArn(arn: string): string[] {
  const parts = arn.split(":");
  return [
    ...parts.slice(0, arnFields - 1),
    ...(parts.length < arnFields ? [] : [parts.slice(arnFields - 1).join(":")]),
  ];
}
