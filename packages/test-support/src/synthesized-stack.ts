import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Where synthesized stacks stay between runs. `npm ci` empties it. */
export const cacheFolder = join(root, "node_modules/.cache/synthesized-stacks");

/** What SST makes of an app for one stage, ready to be replayed into any local cloud. */
export interface SynthesizedStack {
  stackName: string;
  /** JSON, with `placeholders` where each local cloud has its own consumer key and secret. */
  template: string;
  /** The object key that SST gave the template. */
  templateKey: string;
  /** Of the cloud assembly, as it stands in `.sst/dist`. */
  manifest: string;
  tags: Record<string, string>;
  bucket: string;
  executionRoleArn: string;
  /** Zip files in `cacheFolder`, by their object key. */
  assets: string[];
}

/** What a variant is made of, beside the files of the repository. */
export interface SynthesisRequest {
  /** The app, with its edits. */
  folder: string;
  stage: string;
  /** Variables that the stack reads, beside the consumer key and secret. */
  variables: Record<string, string>;
  /** Where the result goes. */
  file: string;
}

/** The consumer key and secret that every stack is synthesized with. */
export const placeholders = {
  TWITTER_CONSUMER_KEY: "consumer-key-of-the-local-cloud",
  TWITTER_CONSUMER_SECRET: "consumer-secret-of-the-local-cloud",
};

/** What SST writes into an app, and what no synthesis depends on. */
const ignored = new Set([".sst", "node_modules", "tmp"]);

/** The synthesized stack of an app, from the cache or made by `url`, the server of `serveSynthesis`. */
export async function synthesizedStack(
  url: string,
  request: Omit<SynthesisRequest, "file">,
): Promise<SynthesizedStack> {
  const file = join(cacheFolder, `${await fingerprint(request)}.json`);
  const cached = await readFile(file, "utf8").catch(() => undefined);
  if (cached !== undefined) return JSON.parse(cached) as SynthesizedStack;
  const response = await fetch(url, { method: "POST", body: JSON.stringify({ ...request, file }) });
  if (!response.ok) throw new Error(`cannot synthesize ${request.stage}: ${await response.text()}`);
  return JSON.parse(await readFile(file, "utf8")) as SynthesizedStack;
}

/** Of everything that decides what SST makes: the app's files, the stage, the installed packages, and how it is asked. */
async function fingerprint({ folder, stage, variables }: Omit<SynthesisRequest, "file">): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([stage, variables, process.version]));
  const own = ["synthesized-stack.ts", "synthesize-stacks.ts", "quick-npm.ts"].map((name) =>
    join(root, "packages/test-support/src", name),
  );
  for (const path of [join(root, "package-lock.json"), ...own, ...(await filesUnder(folder))]) {
    const name = path.startsWith(folder) ? relative(folder, path) : relative(root, path);
    hash.update(`\0${name}\0`).update(await readFile(path));
  }
  return hash.digest("hex");
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isFile()) return entry.name.startsWith(".sst.config.") ? [] : [path];
      return entry.isDirectory() && !ignored.has(entry.name) ? filesUnder(path) : [];
    }),
  );
  return nested.flat().toSorted();
}
