import type { Evidence } from "./evidence.ts";

/** A rule by which a request or a template is refused. */
export interface RefusalRule<Details extends unknown[]> {
  /** What is refused, for docs/local-cloud.md: “a `Runtime` outside Lambda's enumeration”. */
  refuses: string;
  evidence: Evidence;
  /** The error, in the service's words where they are known. */
  error(...details: Details): Error;
}

export interface Refusal<Details extends unknown[] = never[]> {
  /** `AWS::Lambda::Function unknownRuntime`. */
  readonly id: string;
  /** Where it refuses: a service or resource type. */
  readonly subject: string;
  readonly rule: RefusalRule<Details>;
  /** @throws the rule's error if the condition holds */
  when(condition: boolean, ...details: Details): void;
  /** Returns the value. @throws the rule's error if it is undefined */
  unless<Value>(value: Value | undefined, ...details: Details): Value;
}

let removed: Refusal | undefined;

/**
 * Defines the refusals of a service or resource type. Add the result to `refusals.ts`, and a case for each rule to
 * test/refusals/: the compiler and refusals.test.ts report a rule without one.
 *
 * @param subject as docs/local-cloud.md names it
 */
export function defineRefusals<Rules extends Record<string, unknown[]>>(
  subject: string,
  rules: { [Name in keyof Rules]: RefusalRule<Rules[Name]> },
): { readonly [Name in keyof Rules]: Refusal<Rules[Name]> } {
  const entries = Object.entries(rules) as [string, RefusalRule<unknown[]>][];
  const refusals = entries.map(([name, rule]): [string, Refusal<unknown[]>] => {
    const refusal: Refusal<unknown[]> = {
      id: `${subject} ${name}`,
      subject,
      rule,
      when(condition, ...details) {
        if (condition && refusal !== removed) throw rule.error(...details);
      },
      unless<Value>(value: Value | undefined, ...details: unknown[]) {
        refusal.when(value === undefined, ...details);
        return value as Value;
      },
    };
    return [name, refusal];
  });
  return Object.fromEntries(refusals) as unknown as { readonly [Name in keyof Rules]: Refusal<Rules[Name]> };
}

/** Runs a test's case as if the rule did not exist. */
export async function withoutRefusal<Result>(
  refusal: Refusal,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  removed = refusal;
  try {
    return await run();
  } finally {
    removed = undefined;
  }
}
