import { BlockList, isIP } from "node:net";

import { asList, asRecord } from "./policy-document.ts";
import { policyRefusals } from "./policy-refusals.ts";
import { asLiteral, compileArnPattern, matchesGlob } from "./wildcards.ts";

/** Condition keys of the request, such as `aws:SourceIp`. Names are not case-sensitive. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

type Comparison = (actual: string, expected: string) => boolean;

interface Operator {
  compare: Comparison;
  /** For `StringNotEquals` and similar: true when no value matches or the key is absent. */
  negated: boolean;
  /** Whether `${…}` in the policy's values is replaced. */
  variables: boolean;
  /** Whether the policy's values may have wildcards. */
  isPattern: boolean;
  /** Whether IAM accepts this value in a policy. */
  accepts: (expected: string) => boolean;
}

/**
 * Compiles a statement's `Condition` block. Every operator and key must match, with any of its values.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 *
 * @param hasVariables whether the policy's version has variables
 * @throws PolicyDocumentError that names an unknown operator or an invalid value
 */
export function compileConditions(
  block: unknown,
  hasVariables: boolean,
): (context: RequestContext) => boolean {
  const tests = Object.entries(asRecord(block, "Condition")).flatMap(([operator, keys]) =>
    Object.entries(asRecord(keys, `Condition ${operator}`)).map(([key, values]) =>
      compileCondition(operator, key, texts(values, operator), hasVariables),
    ),
  );
  return (context) => tests.every((test) => test(context));
}

function texts(values: unknown, operator: string): string[] {
  return asList(values).map((value) => {
    const isScalar = ["string", "number", "boolean"].includes(typeof value);
    policyRefusals.conditionValueType.when(!isScalar, operator);
    return String(value);
  });
}

function compileCondition(
  text: string,
  key: string,
  expected: readonly string[],
  hasVariables: boolean,
): (context: RequestContext) => boolean {
  const [, quantifier, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(text) ?? [];
  if (text === "Null") {
    return (context) => {
      const isAbsent = lookUp(context, key) === undefined;
      return expected.some((value) => (value.toLowerCase() === "true") === isAbsent);
    };
  }
  const operator = policyRefusals.conditionOperator.unless(operators.get(name), text);
  const { compare, negated, variables, isPattern, accepts } = operator;
  const invalid = expected.find((value) => !accepts(value));
  policyRefusals.conditionValue.when(invalid !== undefined, invalid ?? "", text);

  return (context) => {
    const actual = lookUp(context, key);
    if (actual === undefined) {
      if (ifExists !== undefined || quantifier === "ForAllValues") return true;
      return quantifier === undefined && negated;
    }
    const wanted =
      variables && hasVariables
        ? expected.map((value) => substituteVariables(value, context, isPattern))
        : expected;
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
 * @param isPattern whether the result is a pattern, in which the replaced text must not act as a wildcard
 * @returns undefined when a key is not in the request or has several values, because the text then matches nothing
 */
export function substituteVariables(
  text: string,
  context: RequestContext,
  isPattern: boolean,
): string | undefined {
  let complete = true;
  const result = text.replaceAll(/\$\{([^}]*)\}/g, (_, variable: string) => {
    const value = /^[*?$]$/.test(variable) ? variable : variableValue(variable, context);
    if (value === undefined) complete = false;
    return isPattern ? asLiteral(value ?? "") : (value ?? "");
  });
  return complete ? result : undefined;
}

function variableValue(variable: string, context: RequestContext): string | undefined {
  const [, key = "", fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(variable) ?? [];
  const value = find(context, key);
  return typeof value === "object" ? undefined : (value ?? fallback);
}

/** @returns undefined for a key that the request lacks, or that has no value */
function lookUp(context: RequestContext, key: string): readonly string[] | undefined {
  const value = find(context, key);
  if (typeof value === "string") return [value];
  return value?.length === 0 ? undefined : value;
}

function find(context: RequestContext, key: string): string | readonly string[] | undefined {
  const wanted = key.toLowerCase();
  const name = Object.keys(context).find((candidate) => candidate.toLowerCase() === wanted);
  return name === undefined ? undefined : context[name];
}

const same: Comparison = (actual, expected) => actual === expected;
const sameIgnoringCase: Comparison = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();
const like: Comparison = (actual, expected) => matchesGlob(expected, actual);
const arnLike: Comparison = (actual, expected) => compileArnPattern(expected)(actual);

function ordered(
  parse: (text: string) => number,
  holds: (actual: number, expected: number) => boolean,
): Comparison {
  // Invalid values become NaN, and every comparison with NaN is false.
  return (actual, expected) => holds(parse(actual), parse(expected));
}

function parseNumber(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** A date in ISO 8601 as the W3C profiles it, or seconds since the epoch. */
function parseDate(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const isDate = /^\d{4}-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?$/.test(text);
  return isDate ? Date.parse(text) : Number.NaN;
}

/** @returns undefined when the text is not an address or a CIDR range */
function parseRange(text: string): { network: string; version: 4 | 6; prefix: number } | undefined {
  const [, network = "", digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(network);
  if (version !== 4 && version !== 6) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = Number(digits ?? bits);
  return prefix > bits ? undefined : { network, version, prefix };
}

function inRange(address: string, text: string): boolean {
  const range = parseRange(text);
  // `::/0` is all IPv6 addresses. Node's list compares IPv4 addresses with it, too.
  if (range === undefined || isIP(address) !== range.version) return false;
  const family = range.version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(range.network, range.prefix, family);
  return list.check(address, family);
}

const operators = new Map<string, Operator>();

interface OperatorTraits {
  negation?: string;
  variables?: boolean;
  isPattern?: boolean;
  accepts?: (expected: string) => boolean;
}

function define(
  name: string,
  compare: Comparison,
  { negation, variables = false, isPattern = false, accepts = () => true }: OperatorTraits = {},
): void {
  const operator = { compare, variables, isPattern, accepts };
  operators.set(name, { ...operator, negated: false });
  if (negation !== undefined) operators.set(negation, { ...operator, negated: true });
}

function ordering(type: string, parse: (text: string) => number): void {
  const compareBy = (holds: (a: number, b: number) => boolean): Comparison => ordered(parse, holds);
  define(
    `${type}Equals`,
    compareBy((a, b) => a === b),
    { negation: `${type}NotEquals` },
  );
  define(
    `${type}LessThan`,
    compareBy((a, b) => a < b),
  );
  define(
    `${type}LessThanEquals`,
    compareBy((a, b) => a <= b),
  );
  define(
    `${type}GreaterThan`,
    compareBy((a, b) => a > b),
  );
  define(
    `${type}GreaterThanEquals`,
    compareBy((a, b) => a >= b),
  );
}

const pattern = { variables: true, isPattern: true };

define("StringEquals", same, { negation: "StringNotEquals", variables: true });
define("StringEqualsIgnoreCase", sameIgnoringCase, {
  negation: "StringNotEqualsIgnoreCase",
  variables: true,
});
define("StringLike", like, { negation: "StringNotLike", ...pattern });
define("ArnEquals", arnLike, { negation: "ArnNotEquals", ...pattern });
define("ArnLike", arnLike, { negation: "ArnNotLike", ...pattern });
define("BinaryEquals", same);
define("Bool", sameIgnoringCase, { variables: true });
define("IpAddress", inRange, {
  negation: "NotIpAddress",
  accepts: (text) => parseRange(text) !== undefined,
});
ordering("Numeric", parseNumber);
ordering("Date", parseDate);
