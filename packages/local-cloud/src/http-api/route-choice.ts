import type { HttpApi, HttpRoute } from "../resources.ts";

export interface RouteChoice {
  route: HttpRoute;
  stage: string;
  /** What is left of the path after a named stage, still percent-encoded. */
  path: string;
  /** Decoded values of `{name}` and `{name+}`. */
  pathParameters: Record<string, string>;
}

/**
 * The stage and the route that take a request; undefined when none does.
 *
 * A path that matches as a whole comes before one that ends in a greedy `{proxy+}`, and that before `$default`; of
 * several, the one that spells out more of the path. `ANY` takes the methods that no other route of the path names.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 *
 * @param rawPath as on the wire, percent-encoded
 */
export function chooseRoute(api: HttpApi, method: string, rawPath: string): RouteChoice | undefined {
  const { stage, path } = chooseStage(api.stages, rawPath) ?? {};
  if (stage === undefined || path === undefined) return undefined;
  const segments = path.split("/").slice(1);
  let best: (RouteChoice & { rank: string }) | undefined;
  for (const route of api.routes.values()) {
    const match = matchRoute(route.routeKey, method, segments);
    if (match !== undefined && (best === undefined || match.rank > best.rank))
      best = { route, stage, path, ...match };
  }
  return best;
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

/** @returns how well it fits, as text that sorts: a letter a segment, then the method */
function matchRoute(
  routeKey: string,
  method: string,
  segments: readonly string[],
): { rank: string; pathParameters: Record<string, string> } | undefined {
  if (routeKey === "$default") return { rank: "", pathParameters: {} };
  const [routeMethod = "", routePath = ""] = routeKey.split(" ");
  if (routeMethod !== "ANY" && routeMethod !== method) return undefined;
  const pattern = routePath.split("/").slice(1);
  const pathParameters: Record<string, string> = {};
  let rank = "";
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i];
    const name = /^\{(.+?)(\+?)\}$/.exec(part);
    if (segment === undefined) return undefined;
    if (name?.[2] === "+") {
      const rest = segments.slice(i).join("/");
      if (rest === "") return undefined;
      pathParameters[name[1] ?? ""] = decode(rest);
      return { rank: `1${rank}a${methodRank(routeMethod)}`, pathParameters };
    }
    if (name !== null) {
      if (segment === "") return undefined;
      pathParameters[name[1] ?? ""] = decode(segment);
      rank += "b";
    } else if (part === decode(segment)) rank += "c";
    else return undefined;
  }
  if (pattern.length !== segments.length) return undefined;
  return { rank: `2${rank}${methodRank(routeMethod)}`, pathParameters };
}

function methodRank(routeMethod: string): string {
  return routeMethod === "ANY" ? "0" : "1";
}

/** Percent-decoded, but for sequences that are none. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (sequence) =>
      Buffer.from(sequence.replaceAll("%", ""), "hex").toString("utf8"),
    );
  }
}
