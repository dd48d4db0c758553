import type { KnownRoute } from "../deployment/known-routes.ts";

/** `/items/{id}` covers one more segment, `/{proxy+}` all that follow, `$default` everything. */
export function covers(pattern: string, path: string): boolean {
  if (pattern === "$default") return true;
  const parts = pattern.split("/");
  const wanted = path.split("/");
  const fixed = isGreedy(pattern) ? parts.slice(0, -1) : parts;
  const isLong = isGreedy(pattern) ? wanted.length > fixed.length : wanted.length === fixed.length;
  return isLong && fixed.every((part, index) => part.startsWith("{") || part === wanted[index]);
}

/**
 * The route that takes a request: a full match before `{proxy+}` before `$default`, and a method before `ANY`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function matchRoute<T extends KnownRoute>(
  routes: readonly T[],
  method: string,
  path: string,
): T | undefined {
  return routes
    .filter((route) => [method, "ANY"].includes(route.method) && covers(route.path, path))
    .toSorted((a, b) => rank(a) - rank(b))[0];
}

/** A lower rank wins. */
function rank({ method, path }: KnownRoute): number {
  const variables = path.split("/").filter((part) => part.startsWith("{")).length;
  const kind = path === "$default" ? 2 : isGreedy(path) ? 1 : 0;
  return (
    kind * 1000 + variables * 10 - (isGreedy(path) ? path.length / 1000 : 0) + (method === "ANY" ? 1 : 0)
  );
}

function isGreedy(pattern: string): boolean {
  return pattern.endsWith("+}");
}
