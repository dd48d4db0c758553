import type { HttpApi, HttpRoute } from "../account.ts";

export interface RouteChoice {
  route: HttpRoute;
  stage: string;
  /** The path after a named stage, still percent-encoded. */
  path: string;
  /** Decoded values of `{name}` and `{name+}`. */
  pathParameters: Record<string, string>;
}

/**
 * Chooses the stage and the route of a request.
 *
 * A full match comes before a greedy `{proxy+}`, which comes before `$default`. Among several, the route with more
 * literal segments wins. `ANY` matches methods that no other route of the path names.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 *
 * @param rawPath as on the wire, percent-encoded
 * @returns undefined when no stage or no route matches
 */
export function chooseRoute(
  api: Pick<HttpApi, "routes" | "stages">,
  method: string,
  rawPath: string,
): RouteChoice | undefined {
  const { stage, path } = chooseStage(api.stages, rawPath) ?? {};
  if (stage === undefined || path === undefined) return undefined;
  const segments = path.split("/").slice(1);
  let best: { route: HttpRoute; pattern: RoutePattern } | undefined;
  for (const route of api.routes.values()) {
    const pattern = patternOf(route);
    if ((best === undefined || pattern.rank > best.pattern.rank) && matches(pattern, method, segments)) {
      best = { route, pattern };
    }
  }
  return best && { route: best.route, stage, path, pathParameters: readParameters(best.pattern, segments) };
}

/** A named stage is the first segment of the path; `$default` has none. */
function chooseStage(
  stages: Pick<HttpApi["stages"], "has">,
  rawPath: string,
): { stage: string; path: string } | undefined {
  const [, first = "", ...rest] = rawPath.split("/");
  if (first !== "" && first !== "$default" && stages.has(first))
    return { stage: first, path: `/${rest.join("/")}` };
  return stages.has("$default") ? { stage: "$default", path: rawPath } : undefined;
}

/** A route key, parsed. */
interface RoutePattern {
  /** Undefined for `ANY`. */
  method: string | undefined;
  /** Undefined for `$default`. */
  parts: readonly PathPart[] | undefined;
  /** How specific the route is, as text that sorts: whether greedy, a letter for each segment, then the method. */
  rank: string;
}

type PathPart = { kind: "literal"; text: string } | { kind: "parameter" | "greedy"; name: string };

/** Routes are replaced, never changed in place. */
const patterns = new WeakMap<HttpRoute, RoutePattern>();

function patternOf(route: HttpRoute): RoutePattern {
  let pattern = patterns.get(route);
  if (pattern === undefined) {
    pattern = parseRouteKey(route.routeKey);
    patterns.set(route, pattern);
  }
  return pattern;
}

function parseRouteKey(routeKey: string): RoutePattern {
  if (routeKey === "$default") return { method: undefined, parts: undefined, rank: "" };
  const [method = "", path = ""] = routeKey.split(" ");
  const parts = path.split("/").slice(1).map(parsePart);
  const isGreedy = parts.at(-1)?.kind === "greedy";
  const segmentRanks = parts
    .map(({ kind }) => ({ greedy: "a", parameter: "b", literal: "c" })[kind])
    .join("");
  return {
    method: method === "ANY" ? undefined : method,
    parts,
    rank: `${isGreedy ? "1" : "2"}${segmentRanks}${method === "ANY" ? "0" : "1"}`,
  };
}

function parsePart(text: string): PathPart {
  const [, name, plus] = /^\{(.+?)(\+?)\}$/.exec(text) ?? [];
  return name === undefined
    ? { kind: "literal", text }
    : { kind: plus === "+" ? "greedy" : "parameter", name };
}

function matches(
  { method, parts }: RoutePattern,
  requestMethod: string,
  segments: readonly string[],
): boolean {
  if (method !== undefined && method !== requestMethod) return false;
  if (parts === undefined) return true;
  for (const [i, part] of parts.entries()) {
    const segment = segments[i];
    if (segment === undefined) return false;
    if (part.kind === "greedy") return segment !== "" || segments.length > i + 1;
    if (part.kind === "parameter" && segment === "") return false;
    if (part.kind === "literal" && part.text !== decode(segment)) return false;
  }
  return parts.length === segments.length;
}

function readParameters({ parts = [] }: RoutePattern, segments: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    if (part.kind === "parameter") parameters[part.name] = decode(segments[i] ?? "");
    if (part.kind === "greedy") parameters[part.name] = decode(segments.slice(i).join("/"));
  }
  return parameters;
}

/** Percent-decoded; invalid sequences stay as they are. */
export function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (sequence) =>
      Buffer.from(sequence.replaceAll("%", ""), "hex").toString("utf8"),
    );
  }
}
