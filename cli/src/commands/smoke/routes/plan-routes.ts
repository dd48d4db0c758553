import type { ProjectSettings } from "../../../deployment/project-settings.ts";
import { type KnownApi, routesOfTemplates, type TemplateRoute } from "../../../deployment/template-routes.ts";
import { type Expected, type NamedRoute, parseRoute } from "./named-route.ts";

/** A route to check. */
export interface CheckedRoute {
  method: string;
  path: string;
  /** `GET /private`. */
  key: string;
  /** The key, where the report names routes. */
  label: string | undefined;
  /** Undefined for a route of the template, whose responses are not known. */
  expected: Expected | undefined;
  /** Nothing says that the API has the route. It is the guide's. */
  isPresumed?: boolean;
}

export interface ProtectedRoute extends CheckedRoute {
  /** False for a route that gets unsigned requests only, because a signed one could change something. */
  signed: boolean;
}

/** Who says which routes the API has. */
type Origin = "flags" | "auth-cli.json" | "template" | "nobody";

/** The routes to check of one API. */
export interface RoutePlan {
  origin: Origin;
  open: CheckedRoute[];
  protected: ProtectedRoute[];
  /** The protected routes that may answer with the caller's identity, the likeliest first. */
  greeting: ProtectedRoute[];
  /** The reasons to report for checks without a route. */
  missing: { open: string; protected: string; signed: string; identity: string };
  /** The API has no route that could prove the chain. */
  isUnprotected: boolean;
  /** For the user: why these routes, when that can surprise. */
  note?: string;
}

export interface RouteFlags {
  /** `--route` and `--public`. */
  routes?: readonly NamedRoute[];
  /** Expectations given before any route. They apply to the first protected route. */
  expected?: Expected;
}

/** The guide's routes. */
export const guide = { protected: "GET /private", open: "GET /public" };

/** Methods that change nothing: RFC 9110, section 9.2.1. */
const safeMethods = new Set(["GET", "HEAD"]);

interface Candidate {
  key: string;
  expected: Expected | undefined;
  signed: boolean;
  isPresumed?: boolean;
}

/**
 * The routes of `--route` and `--public`, else of `auth-cli.json`.
 * @throws AuthCliError `invalid-usage` for an invalid route in the file
 */
function namedRoutes(
  { routes = [] }: RouteFlags,
  settings: ProjectSettings = {},
): { routes: readonly NamedRoute[]; origin: Origin } {
  if (routes.length > 0) return { routes, origin: "flags" };
  const { routes: own = [], publicRoutes = [], expectations = {} } = settings;
  const read = (access: NamedRoute["access"], keys: readonly string[]): NamedRoute[] =>
    keys.map((key) => {
      const route = parseRoute("auth-cli.json", access, key);
      return { ...route, expected: { ...expectations[key] } };
    });
  const declared = [...read("private", own), ...read("public", publicRoutes)];
  return { routes: declared, origin: declared.length > 0 ? "auth-cli.json" : "nobody" };
}

/**
 * Chooses named routes if there are any, else the routes of the stage's template, else the guide's, which may be missing.
 *
 * Of a template, routes without parameters count: with AWS_IAM as protected, without an authorizer as open. The guide's
 * two routes keep the guide's meaning, since a stack with an open /private is the fault to find. Routes with methods
 * other than GET and HEAD get unsigned requests only, which must be refused, because a signed one could change something.
 * @param templates undefined when they are not known
 * @param api which one of the templates it is
 */
export function planRoutes(
  flags: RouteFlags,
  settings?: ProjectSettings,
  templates?: readonly string[],
  api?: KnownApi,
): RoutePlan {
  const { routes, origin } = namedRoutes(flags, settings);
  const deployed =
    origin === "nobody" && templates !== undefined ? routesOfTemplates(templates, api) : undefined;
  const named = origin !== "nobody";
  const plan = named ? fromNames(routes) : deployed === undefined ? presumed() : fromTemplate(deployed);
  const { expected = {} } = flags;
  const first = plan.protected.find(({ signed }) => signed);
  if (first !== undefined && Object.keys(expected).length > 0)
    first.expected = { ...first.expected, ...expected };

  const label = (all: Candidate[]) => (each: Candidate) => checkedRoute(each, named || all.length > 1);
  const open: CheckedRoute[] = plan.open.map(label(plan.open));
  const protectedRoutes: ProtectedRoute[] = plan.protected.map((each) => ({
    ...label(plan.protected)(each),
    signed: each.signed,
  }));
  const greeting = protectedRoutes.filter(
    ({ signed, method, expected: wanted }) => signed && method !== "HEAD" && wanted?.body === undefined,
  );
  const place = origin === "auth-cli.json" ? "add it to routes in auth-cli.json" : "add --route 'GET /path'";
  const noProtected = named
    ? `no protected route is named; ${place}`
    : "the deployed API has no route with AWS_IAM";
  const noSigned =
    named || protectedRoutes.length === 0
      ? noProtected
      : "the deployed API has no GET route with AWS_IAM and without parameters; name one with --route";
  return {
    origin: deployed === undefined ? origin : "template",
    open,
    protected: protectedRoutes,
    greeting: greeting.toSorted(
      (a, b) => Number(b.key === guide.protected) - Number(a.key === guide.protected),
    ),
    isUnprotected: !named && protectedRoutes.length === 0,
    missing: {
      open: named
        ? `no open route is named; ${origin === "flags" ? "add --public 'GET /path'" : "add it to publicRoutes in auth-cli.json"}`
        : "the deployed API has no open GET route without parameters",
      protected: noProtected,
      signed: noSigned,
      identity: protectedRoutes.some(({ signed }) => signed)
        ? "not applicable: --expect-body describes the response of the route"
        : noSigned,
    },
  };
}

type Candidates = Record<"open" | "protected", Candidate[]>;

function presumed(): Candidates {
  return {
    open: [{ key: guide.open, expected: {}, signed: false, isPresumed: true }],
    protected: [{ key: guide.protected, expected: {}, signed: true, isPresumed: true }],
  };
}

function fromNames(routes: readonly NamedRoute[]): Candidates {
  const candidates = (access: NamedRoute["access"]): Candidate[] => {
    const byKey = new Map<string, Candidate>();
    for (const { method, path, expected, ...route } of routes) {
      const key = `${method} ${path}`;
      if (route.access !== access) continue;
      byKey.set(key, { key, expected: { ...byKey.get(key)?.expected, ...expected }, signed: true });
    }
    return [...byKey.values()];
  };
  return { open: candidates("public"), protected: candidates("private") };
}

function fromTemplate(deployed: readonly TemplateRoute[]): Candidates {
  const found = deployed.filter(({ key }) => !/[{}]|\$default/.test(key));
  const open = found
    .filter(
      ({ key, authorization }) =>
        key === guide.open || (authorization === "NONE" && key !== guide.protected && isSafe(key)),
    )
    .map(({ key }) => ({ key, expected: key === guide.open ? {} : undefined, signed: false }));
  const protectedOnes = found
    .filter(
      ({ key, authorization }) =>
        key === guide.protected || (authorization === "AWS_IAM" && key !== guide.open),
    )
    .map(({ key }) => ({
      key,
      expected: key === guide.protected ? {} : undefined,
      signed: isSafe(key),
    }));
  return { open, protected: protectedOnes };
}

function isSafe(key: string): boolean {
  return safeMethods.has(key.split(" ")[0] ?? "");
}

function checkedRoute({ key, expected, isPresumed }: Candidate, labelled: boolean): CheckedRoute {
  const [method = "GET", path = "/"] = key.split(" ");
  return {
    // API Gateway's ANY stands for every method.
    method: method === "ANY" ? "GET" : method,
    path,
    key,
    label: labelled ? key : undefined,
    expected,
    ...(isPresumed && { isPresumed }),
  };
}
