import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { behaviours } from "../../src/evidence/behaviours.ts";
import { refusals } from "../../src/evidence/refusals.ts";
import { type Refusal, withoutRefusal } from "../../src/evidence/refusal.ts";
import { cases } from "./cases.ts";
import type { RefusalCase } from "./refusal-case.ts";

type Group<Item> = Readonly<Record<string, Item>>;

/** Each rule with its case, by group and name. */
const pairs = Object.entries<Group<Refusal>>(refusals).flatMap(([group, rules]) =>
  Object.entries(rules).map(([name, refusal]) => ({
    id: refusal.id,
    refusal,
    refusalCase: caseOf(group, name),
  })),
);

function caseOf(group: string, name: string): RefusalCase {
  const found = (cases as Readonly<Record<string, Group<RefusalCase>>>)[group]?.[name];
  if (found === undefined) throw new Error(`no case for ${group}.${name}`);
  return found;
}

async function seen(refusalCase: RefusalCase): Promise<string> {
  try {
    return String(await refusalCase.run());
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A mutation check of every rule: its test fails when the rule is removed. */
describe.each(pairs)("$id", ({ refusal, refusalCase }) => {
  it(`refuses ${refusal.rule.refuses}`, async () => {
    expect(await seen(refusalCase)).toContain(refusalCase.says);
  });

  it("refuses it by this rule alone", async () => {
    expect(await withoutRefusal(refusal, () => seen(refusalCase))).not.toContain(refusalCase.says);
  });
});

it("has a report or a recording for each rule that does not come from the documentation", () => {
  const others = [...pairs.map(({ refusal }) => refusal.rule), ...behaviours].flatMap(({ evidence }) =>
    evidence.letter === "R" || evidence.letter === "P" ? [evidence.source] : [],
  );
  expect(
    others.filter((source) => /^https:\/\/(?:docs|developer)\.(?:aws\.amazon|x)\.com/.test(source)),
  ).toEqual([]);
});

it("has a name of its own for each rule", () => {
  expect(new Set(pairs.map(({ id }) => id)).size).toBe(pairs.length);
});

it("has a rule for each refusal of a resource", () => {
  const folder = join(import.meta.dirname, "../../src/cloudformation");
  const thrown = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .filter((file) => file.endsWith(".ts") && !/(?:refusals|\.test)\.ts$/.test(file))
    .flatMap(
      (file) => readFileSync(join(folder, file), "utf8").match(/throw new ResourceError\([^\n]*/g) ?? [],
    );
  expect(thrown).toEqual([
    // Two pass on a refusal of a service, and two report a fault of the local cloud.
    "throw new ResourceError(`Policy ${instance.physicalId} does not exist.`);",
    "throw new ResourceError(`${error.message} (Service: Iam, Status Code: 400, MalformedPolicyDocument)`);",
    'throw new ResourceError("Every property of a permission causes replacement.");',
    "throw new ResourceError(`${error.message} (Status Code: ${error.status}, Error Code: ${error.code})`);",
  ]);
});
