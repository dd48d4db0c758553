import type { Expected } from "./named-route.ts";

/** A route that is checked, and how. */
export interface CheckedRoute {
  method: string;
  path: string;
  /** `GET /private`. */
  key: string;
  /** The key, where the report has to tell routes apart. */
  label: string | undefined;
  /** Undefined for a route that was found out: nobody has said what it answers. */
  expected: Expected | undefined;
}

export interface ProtectedRoute extends CheckedRoute {
  /** Undefined for one that is only asked without a signature, because a signed request might change something. */
  signed: boolean;
}

/** What is to be checked of one API. */
export interface RoutePlan {
  open: CheckedRoute[];
  protected: ProtectedRoute[];
  /** The one of the protected routes that has to answer with the caller's identity. */
  identity: ProtectedRoute | undefined;
  /** Why there is none, for what cannot be checked then. */
  missing: { open: string; protected: string; signed: string; identity: string };
  /** How the routes became known, when a person may wonder. */
  note?: string;
}
