import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RolldownOutput } from "rolldown";

/** The file in `dist`. */
export const licensesFile = "THIRD-PARTY-LICENSES.txt";

/** These allow any use of a copy that contains their text and notices. */
const allowed = ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"];

interface License {
  name: string;
  id: string;
  /** The lines about the copyright, and the NOTICE file. */
  notice: string;
  /** Undefined if the package has no file with the text. */
  text: string | undefined;
}

/**
 * The licenses of the packages whose code is in a bundle. Packages with the same text share it.
 * @param additional folders of packages whose data is published without being a module
 * @throws Error for a license that is not allowed, and for one without a text
 */
export function thirdPartyLicenses(
  output: RolldownOutput["output"],
  additional: readonly string[] = [],
): string {
  const licenses = [...bundledFolders(output), ...additional].map(readLicense);
  const sections = new Map<string, License[]>();
  // Packages without a file come last and share the text of another one.
  for (const license of licenses.toSorted((one, other) => compare(one, other))) {
    // Copies of a text differ in line breaks and quotes.
    const key = license.text?.replace(/\s+/g, " ").replaceAll("'", '"') ?? firstKey(sections, license.id);
    if (key === undefined) throw new Error(`${license.name} has no license text`);
    sections.set(key, [...(sections.get(key) ?? []), license]);
  }
  return Array.from(sections.values(), sectionOf).join(`\n${"=".repeat(78)}\n\n`);
}

function compare(one: License, other: License): number {
  return (
    Number(one.text === undefined) - Number(other.text === undefined) || (one.name < other.name ? -1 : 1)
  );
}

function firstKey(sections: ReadonlyMap<string, License[]>, id: string): string | undefined {
  return Array.from(sections).find(([, [first]]) => first?.id === id)?.[0];
}

function sectionOf(licenses: readonly License[]): string {
  const names = new Map<string, string[]>();
  for (const { name, notice } of licenses) names.set(notice, [...(names.get(notice) ?? []), name]);
  const heading = Array.from(names, ([notice, of]) =>
    [...of, ...(notice === "" ? [] : [notice]), ""].join("\n"),
  );
  return `${heading.join("\n")}\nLicense: ${licenses[0]?.id}\n\n${licenses[0]?.text}\n`;
}

/** The folders in node_modules with modules of the bundle. */
function bundledFolders(output: RolldownOutput["output"]): Set<string> {
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  return new Set(
    modules.flatMap((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []),
  );
}

function readLicense(folder: string): License {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  const name = `${String(manifest["name"])} ${String(manifest["version"])}`;
  const id = String(manifest["license"]);
  if (!allowed.includes(id))
    throw new Error(`${name} has the license ${id}, which is not one of ${allowed.join(", ")}`);
  const read = (pattern: RegExp): string[] | undefined => {
    const file = readdirSync(folder).find((entry) => pattern.test(entry));
    return file === undefined ? undefined : readFileSync(join(folder, file), "utf8").split(/\r?\n/);
  };
  const lines = read(/^licen[cs]e/i);
  const notices = [...(lines ?? []).filter(isCopyright), ...(read(/^notice/i) ?? [])];
  // It has no condition: https://spdx.org/licenses/MIT-0
  const freely =
    id === "MIT-0" && lines === undefined ? "The package has no copy, and needs none." : undefined;
  return {
    name,
    id,
    notice: notices.map((line) => `  ${line.trim()}`).join("\n"),
    text:
      freely ??
      lines
        ?.filter((line) => !isCopyright(line))
        .join("\n")
        // The title, which not every copy has.
        .replace(/^\W*(?:The )?(?:MIT|ISC) License.*$/im, "")
        .trim(),
  };
}

function isCopyright(line: string): boolean {
  return /^\s*Copyright (?:\([cC]\)|©|\d|[A-Z])/.test(line);
}
