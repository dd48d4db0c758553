import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import dotenv from "dotenv";

/**
 * The stage that SST will use: `--stage`, `SST_STAGE` or the personal stage in `.sst/stage`. Undefined when SST will ask
 * for it.
 */
export function knownStage(
  root: string,
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (option !== undefined) return option;
  if (environment["SST_STAGE"]) return environment["SST_STAGE"];
  const path = join(root, ".sst", "stage");
  return existsSync(path) ? readFileSync(path, "utf8").trim() || undefined : undefined;
}

/** The environment of the stage's stacks. SST reads `.env` files with dotenv. They override it, each the one before. */
export function stageEnvironment(
  root: string,
  stage: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const files = [".env", ".env.local", `.env.${stage}`, `.env.${stage}.local`]
    .map((name) => join(root, name))
    .filter((path) => existsSync(path));
  return Object.assign({ ...environment }, ...files.map((path) => dotenv.parse(readFileSync(path, "utf8"))));
}
