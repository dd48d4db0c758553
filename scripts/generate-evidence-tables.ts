/**
 * Writes the tables in docs/local-cloud.md and docs/unknown.md from the code of the local cloud: its refusals,
 * its other behaviour, and the properties that its resource types read. Run `npm run generate` after changing them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findSpecification } from "../packages/local-cloud/src/cloudformation/resource-types/resource-schemas.ts";
import { behaviours } from "../packages/local-cloud/src/evidence/behaviours.ts";
import type { Evidence } from "../packages/local-cloud/src/evidence/evidence.ts";
import type { Refusal } from "../packages/local-cloud/src/evidence/refusal.ts";
import { refusals } from "../packages/local-cloud/src/evidence/refusals.ts";
import { sstConstructs } from "../packages/local-cloud/test/sst-constructs.ts";
import { usedProperties } from "../packages/local-cloud/test/used-properties.ts";

interface Row {
  subject: string;
  /** What the local cloud does. */
  does: string;
  evidence: Evidence;
}

const used = await usedProperties();

const rules: Row[] = Object.values(refusals)
  .flatMap((group) => Object.values<Refusal>(group))
  .map(({ subject, rule }) => ({ subject, does: rule.refuses, evidence: rule.evidence }));

const others: readonly Row[] = behaviours;

/** The text between `<!-- generated: name -->` and `<!-- end -->`, by name. Prettier does not align these tables. */
const tables: Readonly<Record<string, () => string>> = {
  refusals: () => table(["where", "what is refused", "source"], rules.map(describe)),
  behaviours: () => table(["where", "what the local cloud does", "source"], others.map(describe)),
  properties: () =>
    table(
      ["resource type", "has an effect", "recorded only", "refused"],
      [...used].map(([type, names]) => propertyCells(type, names)),
    ),
  constructs: () =>
    table(
      ["construct", "recorded only"],
      sstConstructs.map(({ name, recorded }) => [code(name), recorded.map(code).join(", ")]),
    ),
  unknown: () =>
    table(
      ["where", "what no source says", "the local cloud", "settle it with"],
      [...rules.map((row) => ({ ...row, does: `refuses ${row.does}` })), ...others].flatMap(
        ({ subject, does, evidence }) =>
          evidence.letter === "?" ? [[subject, evidence.unknown, does, code(evidence.settle)]] : [],
      ),
    ),
};

/** Sorts the properties of a type by what the local cloud does with them. */
function propertyCells(type: string, usedNames: ReadonlySet<string>): string[] {
  const refusedNames = rules
    .filter(({ subject, evidence }) => subject.split(", ").includes(type) && evidence.letter === "-")
    // Text before the name stands for some values of the property.
    .filter(({ does }) => does.startsWith("`"))
    .flatMap(({ does }) => Array.from(does.matchAll(/`(\w+)`/g), ([, name = ""]) => name));
  const known = Object.keys(findSpecification(type)?.properties ?? {});
  const names = known.length === 0 ? [...usedNames] : known;
  const kinds = names.toSorted().map((name) => ({
    name,
    kind: refusedNames.includes(name) ? "refused" : usedNames.has(name) ? "effect" : "recorded",
  }));
  const cell = (kind: string): string =>
    kinds
      .filter((each) => each.kind === kind)
      .map(({ name }) => code(name))
      .join(", ");
  return [code(type), cell("effect"), cell("recorded"), cell("refused")];
}

function code(text: string): string {
  return `\`${text}\``;
}

function describe({ subject, does, evidence }: Row): string[] {
  return [subject, does, sourceOf(evidence)];
}

function sourceOf(evidence: Evidence): string {
  if (evidence.letter === "-") return "the local cloud alone";
  return evidence.letter === "?" ? "[?](unknown.md)" : `[${evidence.letter}](${evidence.source})`;
}

/** Keeps the order of the rows, and groups them by their first cell. */
function table(head: string[], rows: string[][]): string {
  const subjects = [...new Set(rows.map(([subject = ""]) => subject))];
  const grouped = subjects.toSorted().flatMap((subject) => rows.filter(([first]) => first === subject));
  return [head, head.map(() => "---"), ...grouped]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

const pages = ["local-cloud.md", "unknown.md"].map((name) => join(import.meta.dirname, `../docs/${name}`));

/** Returns each page with its text, the tables generated. */
export function generate(): { file: string; text: string }[] {
  return pages.map((file) => ({
    file,
    text: readFileSync(file, "utf8").replace(
      /(<!-- generated: (\w+) -->\n).*?(\n<!-- prettier-ignore-end -->)/gs,
      (_match, start: string, name: string, end: string) => `${start}\n${tables[name]?.() ?? ""}\n${end}`,
    ),
  }));
}

if (process.argv[1] === import.meta.filename) {
  for (const { file, text } of generate()) writeFileSync(file, text);
}
