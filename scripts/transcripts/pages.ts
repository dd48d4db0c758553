import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface Page {
  path: string;
  text: string;
}

/** A fenced block that names its transcript. */
const block = /(```console transcript=([a-z0-9-]+)\n)(.*?)(```\n)/gs;

/** The pages that hold transcripts. */
export function readPages(): Page[] {
  const names = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
  return names
    .filter((name) => name.endsWith(".md"))
    .map((name) => ({ path: join(root, name), text: readFileSync(join(root, name), "utf8") }))
    .filter(({ text }) => text.match(block) !== null);
}

/** The transcripts of a page by name. */
export function transcriptsIn({ text }: Page): [name: string, transcript: string][] {
  return Array.from(text.matchAll(block), ([, , name = "", transcript = ""]) => [name, transcript]);
}

/** The page with each transcript replaced by a newer one. @throws Error for a name that was not recorded */
export function replaceTranscripts({ text }: Page, recorded: ReadonlyMap<string, string>): string {
  return text.replace(block, (_whole, before: string, name: string, _transcript, after: string) => {
    const transcript = recorded.get(name);
    if (transcript === undefined) throw new Error(`there is no transcript “${name}”`);
    return before + transcript + after;
  });
}

/** A transcript without what differs from run to run: ids, times, ports, and the padding that depends on them. */
export function comparable(transcript: string): string {
  return transcript
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>")
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, "<time>")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>")
    .replace(/\w+(\.(?:execute-api|lambda-url)\.[\w-]+\.localhost):\d+/g, "<api>$1:<port>")
    .replace(/oauth_token=\w+/g, "oauth_token=<token>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<date>")
    .replace(/\(request [^)]+\)/g, "(request <id>)")
    .replace(/(AuthRole-)\w+/g, "$1<suffix>")
    .replace(/(assumed-role\/[\w-]+-)\w+/g, "$1<suffix>")
    .replace(/(execute-api:[\w-]+:\d+:)\w+/g, "$1<api>")
    .replace(/\buser \d+/g, "user <id>")
    .replace(/[0-9a-f]{32}\.json/g, "<hash>.json")
    .replace(/\s+/g, " ");
}
