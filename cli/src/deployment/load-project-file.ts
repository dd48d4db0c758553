import { join } from "node:path";
import type { Environment } from "../environment/environment.ts";
import type { ProjectFile } from "./project-settings.ts";

/**
 * Reads the project's `auth-cli.json`.
 * @returns undefined without the file
 * @throws AuthCliError `invalid-configuration` with the field
 */
export async function loadProjectFile(
  environment: Pick<Environment, "files">,
  projectRoot: string,
): Promise<ProjectFile | undefined> {
  const path = join(projectRoot, "auth-cli.json");
  if (!environment.files.exists(path)) return undefined;
  const { readProjectFile } = await import("./read-project-file.ts");
  return readProjectFile(environment, path);
}
