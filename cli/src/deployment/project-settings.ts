/** What a project's `auth-cli.json` says about its API, for one stage. */
export interface ProjectSettings {
  endpoint?: string;
  identityPoolId?: string;
  /** The outputs file, relative to the project. */
  outputs?: string;
  /** The name of the API's output. */
  api?: string;
  /** Protected routes: `GET /notes`. */
  routes?: readonly string[];
  /** Open routes. */
  publicRoutes?: readonly string[];
  /** By route: what it answers. */
  expectations?: Readonly<Record<string, { status?: number; body?: string }>>;
  /** The identity pool means to issue identities without a login. */
  allowGuests?: boolean;
}

/** The checked content of an `auth-cli.json`. */
export interface ProjectFile {
  path: string;
  settings: ProjectSettings;
  /** Their settings replace the others. */
  stages: ReadonlyMap<string, ProjectSettings>;
}

/**
 * The settings for a stage.
 * @param stage undefined when nothing names one: then the only one of the file
 */
export function settingsOf({ settings, stages }: ProjectFile, stage: string | undefined): ProjectSettings {
  const [only, ...others] = stages.values();
  const ofStage = stage === undefined ? (others.length === 0 ? only : undefined) : stages.get(stage);
  return { ...settings, ...ofStage };
}

/** The only stage of a file. */
export function onlyStage({ stages }: ProjectFile): string | undefined {
  const [only, ...others] = stages.keys();
  return others.length === 0 ? only : undefined;
}
