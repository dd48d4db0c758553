/** What a project's `auth-cli.json` says about its API. */
export interface ProjectSettings {
  /** Protected routes: `GET /notes`. */
  routes?: readonly string[];
  /** Open routes. */
  publicRoutes?: readonly string[];
  /** By route: what it answers. */
  expectations?: Readonly<Record<string, { status?: number; body?: string }>>;
  /** The identity pool means to issue identities without a login. */
  allowGuests?: boolean;
}
