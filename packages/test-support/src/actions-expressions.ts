/** What expressions may speak of: `inputs`, `env`, `steps.<id>.outputs.<name>`, `secrets`, `vars`, `github`. */
export type Contexts = Readonly<Record<string, unknown>>;

/**
 * Replaces each `${{ … }}` of a text, as the runner of GitHub Actions does before a step starts.
 * @throws Error for an expression that this does not know: texts, contexts, `||`, `==`, `!=`
 */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_whole, expression: string) => evaluate(expression, contexts));
}

/**
 * A step's `if`.
 * @param failed whether a step before it has failed
 */
export function isToRun(condition: string | undefined, contexts: Contexts, failed: boolean): boolean {
  if (condition === undefined) return !failed;
  const expression = condition.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1").trim();
  if (expression === "always()" || expression === "!cancelled()") return true;
  if (expression === "failure()") return failed;
  return !failed && !["", "false", "0"].includes(evaluate(expression, contexts));
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/expressions */
function evaluate(expression: string, contexts: Contexts): string {
  const [, left, operator, right] = /^(.*?)(==|!=)(.*)$/s.exec(expression) ?? [];
  if (left !== undefined && right !== undefined) {
    const same = evaluate(left, contexts) === evaluate(right, contexts);
    return String(same === (operator === "=="));
  }
  const values = expression.split("||").map((operand) => valueOf(operand.trim(), contexts));
  return values.find((value) => value !== "") ?? "";
}

function valueOf(operand: string, contexts: Contexts): string {
  const [, text] = /^'((?:[^']|'')*)'$/.exec(operand) ?? [];
  if (text !== undefined) return text.replaceAll("''", "'");
  const path = operand.split(".");
  const [context = ""] = path;
  if (!/^[\w-]+(\.[\w-]+)+$/.test(operand) || !(context in contexts))
    throw new Error(`the expression \${{ ${operand} }} is not known`);
  // What a context does not have is empty, as in the runner.
  let value: unknown = contexts;
  for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
  if (value === undefined || value === null) return "";
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    throw new Error(`\${{ ${operand} }} is not text`);
  return String(value);
}
