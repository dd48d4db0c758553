import { BlockList, isIP } from "node:net";

import { asList, asRecord, PolicyDocumentError } from "./policy-document.ts";
import { compileArnPattern, globToRegExp } from "./wildcards.ts";

/** Condition keys of the request, such as `aws:SourceIp`. Names are not case-sensitive. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

type Comparison = (actual: string, expected: string) => boolean;

interface Operator {
  compare: Comparison;
  /** For `StringNotEquals` and similar: true when no value matches or the key is absent. */
  negated: boolean;
  /** Whether `${…}` in the policy's values is replaced. */
  variables: boolean;
}

/**
 * Compiles a statement's `Condition` block. Every operator and key must match, with any of its values.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 *
 * @throws PolicyDocumentError that names an unknown operator
 */
export function compileConditions(block: unknown): (context: RequestContext) => boolean {
  if (block === undefined) return () => true;
  const tests = Object.entries(asRecord(block, "Condition")).flatMap(([operator, keys]) =>
    Object.entries(asRecord(keys, `Condition ${operator}`)).map(([key, values]) =>
      compileCondition(operator, key, asList(values).map(String)),
    ),
  );
  return (context) => tests.every((test) => test(context));
}

function compileCondition(
  text: string,
  key: string,
  expected: readonly string[],
): (context: RequestContext) => boolean {
  const [, quantifier, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(text) ?? [];
  if (name === "Null") {
    return (context) => {
      const isAbsent = lookUp(context, key) === undefined;
      return expected.some((value) => (value.toLowerCase() === "true") === isAbsent);
    };
  }
  const operator = operators.get(name);
  if (operator === undefined) throw new PolicyDocumentError(`unknown condition operator '${text}'`);
  const { compare, negated, variables } = operator;

  return (context) => {
    const actual = lookUp(context, key);
    if (actual === undefined) return ifExists !== undefined || quantifier === "ForAllValues" || negated;
    const wanted = variables ? expected.map((value) => substituteVariables(value, context)) : expected;
    const holds = (value: string): boolean =>
      wanted.some((item) => item !== undefined && compare(value, item)) !== negated;
    if (quantifier === "ForAllValues") return actual.every(holds);
    if (quantifier === "ForAnyValue") return actual.some(holds);
    return negated ? actual.every(holds) : actual.some(holds);
  };
}

/**
 * Replaces `${key}` and `${key, 'default'}`. `${*}`, `${?}` and `${$}` stand for the characters themselves.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 *
 * @returns undefined when a key is not in the request, because the value then matches nothing
 */
export function substituteVariables(text: string, context: RequestContext): string | undefined {
  let complete = true;
  const result = text.replaceAll(/\$\{([^}]*)\}/g, (_, variable: string) => {
    if (/^[*?$]$/.test(variable)) return variable;
    const [, key = "", fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(variable) ?? [];
    const value = lookUp(context, key)?.[0] ?? fallback;
    if (value === undefined) complete = false;
    return value ?? "";
  });
  return complete ? result : undefined;
}

function lookUp(context: RequestContext, key: string): readonly string[] | undefined {
  const wanted = key.toLowerCase();
  const name = Object.keys(context).find((candidate) => candidate.toLowerCase() === wanted);
  const value = name === undefined ? undefined : context[name];
  return typeof value === "string" ? [value] : value;
}

const same: Comparison = (actual, expected) => actual === expected;
const sameIgnoringCase: Comparison = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();
const like: Comparison = (actual, expected) => globToRegExp(expected).test(actual);
const arnLike: Comparison = (actual, expected) => compileArnPattern(expected)(actual);

function ordered(
  parse: (text: string) => number,
  holds: (actual: number, expected: number) => boolean,
): Comparison {
  // Invalid values become NaN, and every comparison with NaN is false.
  return (actual, expected) => holds(parse(actual), parse(expected));
}

/** ISO 8601, or seconds since the epoch. */
function parseDate(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function family(ip: string): "ipv4" | "ipv6" {
  return isIP(ip) === 6 ? "ipv6" : "ipv4";
}

function inRange(address: string, range: string): boolean {
  const [network = "", prefix] = range.split("/");
  if (isIP(address) === 0 || isIP(network) === 0) return false;
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(network, family(network));
  else list.addSubnet(network, Number(prefix), family(network));
  return list.check(address, family(address));
}

const operators = new Map<string, Operator>();

function define(
  name: string,
  compare: Comparison,
  { negation, variables }: { negation?: string; variables: boolean },
) {
  operators.set(name, { compare, variables, negated: false });
  if (negation !== undefined) operators.set(negation, { compare, variables, negated: true });
}

define("StringEquals", same, { negation: "StringNotEquals", variables: true });
define("StringEqualsIgnoreCase", sameIgnoringCase, {
  negation: "StringNotEqualsIgnoreCase",
  variables: true,
});
define("StringLike", like, { negation: "StringNotLike", variables: true });
define("ArnEquals", arnLike, { negation: "ArnNotEquals", variables: true });
define("ArnLike", arnLike, { negation: "ArnNotLike", variables: true });
define("BinaryEquals", same, { variables: false });
define("Bool", sameIgnoringCase, { variables: true });
define("IpAddress", inRange, { negation: "NotIpAddress", variables: false });
for (const [type, parse] of [
  ["Numeric", Number],
  ["Date", parseDate],
] as const) {
  define(
    `${type}Equals`,
    ordered(parse, (a, b) => a === b),
    { negation: `${type}NotEquals`, variables: false },
  );
  define(
    `${type}LessThan`,
    ordered(parse, (a, b) => a < b),
    { variables: false },
  );
  define(
    `${type}LessThanEquals`,
    ordered(parse, (a, b) => a <= b),
    { variables: false },
  );
  define(
    `${type}GreaterThan`,
    ordered(parse, (a, b) => a > b),
    { variables: false },
  );
  define(
    `${type}GreaterThanEquals`,
    ordered(parse, (a, b) => a >= b),
    { variables: false },
  );
}
