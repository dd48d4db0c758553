import { AuthCliError } from "../../../errors.ts";
import { pathBeforeGitBash } from "../../flags/git-bash.ts";
import { requireMethod } from "../../flags/method.ts";

/** The expected response of a route. */
export interface Expected {
  status?: number;
  /** Text that the body contains. */
  body?: string;
}

/** A route of `--route` or `--public`. */
export interface NamedRoute {
  /** Private needs a signature. */
  access: "private" | "public";
  method: string;
  /** With values for its parameters. */
  path: string;
  expected: Expected;
}

/**
 * Reads `GET /private`, or `/private` for short.
 * @throws AuthCliError `invalid-usage`
 */
export function parseRoute(flag: string, access: NamedRoute["access"], text: string): NamedRoute {
  const [, method = "GET", path = ""] = /^(?:([A-Z]+)\s+)?(\/\S*)$/.exec(text.trim()) ?? [];
  const refuse = (cause: string, fix = `use a method and a path: ${flag} 'GET /${access}'`): AuthCliError =>
    new AuthCliError("invalid-usage", {
      message: `invalid ${flag} ${JSON.stringify(text)}`,
      cause,
      fix,
    });
  const converted = pathBeforeGitBash(text.trim());
  if (converted !== undefined) {
    throw refuse(
      `Git Bash on Windows turns ${converted} into this path`,
      `use a method and a path: ${flag} 'GET ${converted}'`,
    );
  }
  if (path === "") throw refuse("a route is a method in capitals and a path that starts with a slash");
  if (/[{}]/.test(path)) {
    throw refuse("a path parameter needs a value: /items/1 instead of /items/{id}");
  }
  if (["ANY", "CONNECT", "TRACE"].includes(method)) throw refuse(`auth-cli cannot send ${method} requests`);
  requireMethod(method, ` (${flag} ${JSON.stringify(text)})`);
  return { access, method, path, expected: {} };
}

/**
 * Rejects route flags that contradict each other.
 * @param expected given before any route, for the first protected one
 * @throws AuthCliError `invalid-usage`
 */
export function requireConsistentRoutes(routes: readonly NamedRoute[], expected: Expected): void {
  const keys = (access: NamedRoute["access"]): string[] =>
    routes.filter((route) => route.access === access).map(({ method, path }) => `${method} ${path}`);
  const both = keys("private").find((key) => keys("public").includes(key));
  if (both !== undefined) {
    throw new AuthCliError("invalid-usage", {
      message: `${both} is in both --route and --public`,
      cause: "a route either needs a signature or is open",
      fix: "remove one of the two flags",
    });
  }
  if (routes.length > 0 && keys("private").length === 0 && Object.keys(expected).length > 0) {
    throw new AuthCliError("invalid-usage", {
      message: "--expect-status and --expect-body come before any route, but no --route is named",
      cause: "they apply to the route named before them, or to the first protected route",
      fix: "move them behind the --public route that they apply to",
    });
  }
}
