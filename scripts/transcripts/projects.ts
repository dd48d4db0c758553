import { packWorld, projectKinds, type ProjectName } from "@api-auth-twitter/test-support/any-project";

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
