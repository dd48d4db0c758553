import type { DeploymentFlags } from "../../../deployment/deployment.ts";
import { AuthCliError } from "../../../errors.ts";
import type { Chain } from "../check-runner.ts";
import { type DeployedRoute, readDeployedRoutes } from "./deployed-routes.ts";
import type { Expected, NamedRoute } from "./named-route.ts";

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
}

export interface ProtectedRoute extends CheckedRoute {
  /** False for a route that gets unsigned requests only, because a signed one could change something. */
  signed: boolean;
}

/** The routes to check of one API. */
export interface RoutePlan {
  open: CheckedRoute[];
  protected: ProtectedRoute[];
  /** The protected route that must answer with the caller's identity. */
  identity: ProtectedRoute | undefined;
  /** The reasons to report for checks without a route. */
  missing: { open: string; protected: string; signed: string; identity: string };
  /** For the user: why these routes, when that can surprise. */
  note?: string;
}

export interface RouteFlags {
  /** `--route` and `--public`. */
  routes?: readonly NamedRoute[];
  /** Expectations given before any route. They apply to the first protected route. */
  expected?: Expected;
}

/** The named routes, or those that CloudFormation reports to the deployer, or the guide's. */
export async function chooseRoutes(chain: Chain, flags: RouteFlags & DeploymentFlags): Promise<RoutePlan> {
  if (flags.routes !== undefined && flags.routes.length > 0) return planRoutes(flags);
  try {
    return planRoutes(flags, await readDeployedRoutes(chain, flags));
  } catch (error) {
    if (!(error instanceof AuthCliError) || error.code === "interrupted") throw error;
    return {
      ...planRoutes(flags),
      note: `cannot read the deployed template, so smoke checks GET /private and GET /public: ${error.message}`,
    };
  }
}

/** The guide's routes. */
const guide = { protected: "GET /private", open: "GET /public" };

/** Methods that change nothing: RFC 9110, section 9.2.1. */
const safeMethods = new Set(["GET", "HEAD"]);

interface Candidate {
  key: string;
  expected: Expected | undefined;
  signed: boolean;
}

/**
 * Chooses named routes if there are any, else the routes of the deployed template, else the guide's.
 *
 * Of a template, routes without parameters count: with AWS_IAM as protected, without an authorizer as open. The guide's
 * two routes keep the guide's meaning, since a stack with an open /private is the fault to find. Routes with methods
 * other than GET and HEAD get unsigned requests only, which must be refused, because a signed one could change something.
 * @param deployed undefined when the template is not known
 */
export function planRoutes(
  { routes = [], expected = {} }: RouteFlags,
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
    ? "no protected route is named; add --route 'GET /path'"
    : "the deployed API has no GET route with AWS_IAM and without parameters; name one with --route";
  return {
    open,
    protected: protectedRoutes,
    identity: greeting.find(({ key }) => key === guide.protected) ?? (named ? greeting[0] : undefined),
    missing: {
      open: named
        ? "no open route is named; add --public 'GET /path'"
        : "the deployed API has no open GET route without parameters",
      protected: "no protected route is named; add --route 'GET /path'",
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
    ? "--expect-body describes the response of the route"
    : "cannot tell which route returns the caller's identity; name it with --route";
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
    // Without any, the missing /private is the fault to report.
    protected: protectedOnes.length === 0 ? theGuides().protected : protectedOnes,
  };
}

function isSafe(key: string): boolean {
  return safeMethods.has(key.split(" ")[0] ?? "");
}

function checkedRoute({ key, expected }: Candidate, labelled: boolean): CheckedRoute {
  const [method = "GET", path = "/"] = key.split(" ");
  return {
    // API Gateway's ANY stands for every method.
    method: method === "ANY" ? "GET" : method,
    path,
    key,
    label: labelled ? key : undefined,
    expected,
  };
}
