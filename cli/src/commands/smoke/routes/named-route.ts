import { AuthCliError } from "../../../errors.ts";

/** What a route's answer has to be. */
export interface Expected {
  status?: number;
  /** Text that the body holds. */
  body?: string;
}

/** A route to check, as `--route` or `--public` names it. */
export interface NamedRoute {
  /** Whether it needs a signature. */
  access: "private" | "public";
  method: string;
  /** With a value for each of its parameters. */
  path: string;
  expected: Expected;
}

/**
 * Reads `GET /private`, or `/private` for short.
 * @throws AuthCliError `invalid-usage`
 */
export function parseRoute(flag: string, access: NamedRoute["access"], text: string): NamedRoute {
  const [, method = "GET", path = ""] = /^(?:([A-Z]+)\s+)?(\/\S*)$/.exec(text.trim()) ?? [];
  const refuse = (cause: string): AuthCliError =>
    new AuthCliError("invalid-usage", {
      message: `${JSON.stringify(text)} is not a route (${flag})`,
      cause,
      fix: `name the method and the path: ${flag} 'GET /${access}'`,
    });
  if (path === "") throw refuse("a route is a method in capitals and a path that begins with a slash");
  if (/[{}]/.test(path)) {
    throw refuse("its parameter needs a value: /items/1 in place of /items/{id}");
  }
  if (["ANY", "CONNECT", "TRACE"].includes(method)) throw refuse(`${method} is not a method that is sent`);
  return { access, method, path, expected: {} };
}

/**
 * What is wanted of the routes has to make sense together.
 * @param expected what was given before any route, and is for the first protected one
 * @throws AuthCliError `invalid-usage`
 */
export function demandConsistent(routes: readonly NamedRoute[], expected: Expected): void {
  const keys = (access: NamedRoute["access"]): string[] =>
    routes.filter((route) => route.access === access).map(({ method, path }) => `${method} ${path}`);
  const both = keys("private").find((key) => keys("public").includes(key));
  if (both !== undefined) {
    throw new AuthCliError("invalid-usage", {
      message: `${both} is named with --route and with --public`,
      cause: "a route either needs a signature or is open",
      fix: "name it once",
    });
  }
  if (routes.length > 0 && keys("private").length === 0 && Object.keys(expected).length > 0) {
    throw new AuthCliError("invalid-usage", {
      message: "--expect-status and --expect-body are given before any route, and no --route is named",
      cause: "they belong to the route that is named before them, or, before any, to the first protected one",
      fix: "give them after the --public that they are for",
    });
  }
}
