import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { repository } from "./repository.ts";

/** Where synthesized stacks stay between runs. `npm ci` empties it. */
export const cacheFolder = join(repository, "node_modules/.cache/synthesized-stacks");

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
  /** `dev`: as `sst dev` deploys it. Default: as `sst deploy` does. */
  mode?: "deploy" | "dev" | undefined;
  /** Where the result goes. */
  file: string;
}

/** The consumer key and secret that every stack is synthesized with. */
export const placeholders = {
  TWITTER_CONSUMER_KEY: "consumer-key-of-the-local-cloud",
  TWITTER_CONSUMER_SECRET: "consumer-secret-of-the-local-cloud",
};

/** The files and folders that make the app, beside `.env` files. */
export const appFiles = ["sst.config.ts", "stacks", "packages/functions", "tsconfig.json", "package.json"];

/** All that SST reads in an app's folder. Paths relative to it. */
export async function appInputs(folder: string): Promise<string[]> {
  const dotenv = (await readdir(folder)).filter((name) => /^\.env(\.|$)/.test(name));
  return [...appFiles, ...dotenv];
}

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
async function fingerprint({
  folder,
  stage,
  variables,
  mode,
}: Omit<SynthesisRequest, "file">): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([stage, variables, process.version, mode]));
  const own = ["synthesized-stack.ts", "synthesize-stacks.ts", "quick-npm.ts"].map((name) =>
    join(repository, "packages/test-support/src", name),
  );
  const inputs = (await appInputs(folder)).map((name) => filesAt(join(folder, name)));
  const files = (await Promise.all(inputs)).flat().toSorted();
  for (const path of [join(repository, "package-lock.json"), ...own, ...files]) {
    const name = path.startsWith(folder) ? relative(folder, path) : relative(repository, path);
    hash.update(`\0${name}\0`).update(await readFile(path));
  }
  return hash.digest("hex");
}

/** The file, or all files under the folder, at this path. */
async function filesAt(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
