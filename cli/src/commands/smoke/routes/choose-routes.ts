import type { CheckedRoute, ProtectedRoute, RoutePlan } from "./checked-route.ts";
import type { DeployedRoute } from "./deployed-routes.ts";
import type { Expected, NamedRoute } from "./named-route.ts";

export interface RouteWishes {
  /** What `--route` and `--public` name. */
  routes?: readonly NamedRoute[];
  /** Of the first protected route. */
  expected?: Expected;
}

/** The guide's routes. */
const guide = { protected: "GET /private", open: "GET /public" };

/** Those whose methods change nothing, by RFC 9110 9.2.1. */
const safe = new Set(["GET", "HEAD"]);

interface Candidate {
  key: string;
  expected: Expected | undefined;
  signed: boolean;
}

/**
 * Which routes are checked. Named ones win, and then they are the only ones; else the ones of the deployed template;
 * else the guide's.
 *
 * Of a template, all routes without parameters: those with AWS_IAM as protected ones, and those without an authorizer
 * as open ones. The guide's two routes are what the guide means them to be, whatever the template says: a stack in
 * which /private is open is the very fault that is looked for. Routes of other methods than GET and HEAD are only asked
 * without a signature, which has to be refused: they might change something.
 * @param deployed undefined when the template is not known
 */
export function planRoutes(
  { routes = [], expected = {} }: RouteWishes,
  deployed?: readonly DeployedRoute[],
): RoutePlan {
  const named = routes.length > 0;
  const plan = named ? fromNames(routes) : deployed === undefined ? theGuides() : fromTemplate(deployed);
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
  const noSigned = named
    ? "no protected route was named: --route 'GET /path'"
    : "the deployed API has no GET route with AWS_IAM and without parameters; name one with --route";
  return {
    open,
    protected: protectedRoutes,
    identity: greeting.find(({ key }) => key === guide.protected) ?? (named ? greeting[0] : undefined),
    missing: {
      open: named
        ? "no open route was named: --public 'GET /path'"
        : "the deployed API has no open GET route without parameters",
      protected: "no protected route was named: --route 'GET /path'",
      signed: noSigned,
      identity: whyNoIdentity(noSigned, protectedRoutes, greeting),
    },
  };
}

function whyNoIdentity(
  noSigned: string,
  all: readonly ProtectedRoute[],
  greeting: readonly ProtectedRoute[],
): string {
  if (!all.some(({ signed }) => signed)) return noSigned;
  return greeting.length === 0
    ? "--expect-body says what the route answers"
    : "which route answers with the caller's identity is not known; name it with --route";
}

type Candidates = Record<"open" | "protected", Candidate[]>;

function theGuides(): Candidates {
  return {
    open: [{ key: guide.open, expected: {}, signed: false }],
    protected: [{ key: guide.protected, expected: {}, signed: true }],
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

function fromTemplate(deployed: readonly DeployedRoute[]): Candidates {
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
  return {
    open,
    // An API without any: the guide's is missing, and that is to be told.
    protected: protectedOnes.length === 0 ? theGuides().protected : protectedOnes,
  };
}

function isSafe(key: string): boolean {
  return safe.has(key.split(" ")[0] ?? "");
}

function checkedRoute({ key, expected }: Candidate, labelled: boolean): CheckedRoute {
  const [method = "GET", path = "/"] = key.split(" ");
  // API Gateway's word for any method.
  return {
    method: method === "ANY" ? "GET" : method,
    path,
    key,
    label: labelled ? key : undefined,
    expected,
  };
}
