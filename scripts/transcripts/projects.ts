import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  install,
  pack,
  packWorld,
  projectKinds,
  type ProjectName,
} from "@api-auth-twitter/test-support/any-project";

import { localWalks, recordLocalWalk, type WalkName } from "@api-auth-twitter/test-support/local-walk";

const root = join(import.meta.dirname, "../..");

/** In each kind of project: login, call and smoke with the packed auth-cli. */
export async function recordProjectTranscripts(): Promise<[name: string, transcript: string][]> {
  const world = await packWorld();
  try {
    const recorded: [string, string][] = [];
    for (const name of Object.keys(projectKinds) as ProjectName[])
      recorded.push([`project-${name}`, (await world.record(name)).transcript]);
    return recorded;
  } finally {
    await world.close();
  }
}

/** From `init` to a green smoke in a local cloud, with the two packed packages. */
export async function recordLocalWalks(): Promise<[name: string, transcript: string][]> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-packages-"));
  try {
    await install(
      folder,
      await pack(join(root, "cli"), folder),
      await pack(join(root, "packages/local-cloud"), folder),
    );
    const recorded: [string, string][] = [];
    for (const name of Object.keys(localWalks) as WalkName[])
      recorded.push([`walk-${name}`, (await recordLocalWalk(name, folder)).transcript]);
    return recorded;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
