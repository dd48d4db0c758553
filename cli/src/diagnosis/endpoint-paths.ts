/** The URL of a request, and the deployment it was sent to. */
interface Addressed {
  url: URL;
  apiEndpoint: URL;
  stage: string | undefined;
}

/** The path of the request below the endpoint's own path. */
export function pathBelow({ url, apiEndpoint }: Pick<Addressed, "url" | "apiEndpoint">): string {
  const base = apiEndpoint.pathname.replace(/\/+$/, "");
  return url.pathname.startsWith(`${base}/`) ? url.pathname.slice(base.length) : url.pathname;
}

/**
 * The same URL with the stage's name taken out, or put in. HTTP APIs have a stage `$default` without a path, and may
 * have others with one.
 */
export function otherStageUrl(request: Addressed): URL | undefined {
  const { url, apiEndpoint, stage } = request;
  const base = apiEndpoint.pathname.replace(/\/+$/, "");
  const path = pathBelow(request);
  if (base !== "") {
    // `/prod/prod` becomes `/prod`, and `/prod` becomes nothing.
    const [, once] = /^(\/[^/]+)\1$/.exec(base) ?? [];
    return withPath(url, (once ?? "") + path);
  }
  if (stage === undefined) return undefined;
  const [, first = "", rest = ""] = /^\/([^/]+)(\/.*)$/.exec(path) ?? [];
  return withPath(url, first === stage ? rest : `/${stage}${path}`);
}

/** The URL above with a name that no stage and no route has, in place of the stage's, or of each segment without it. */
export function unusedStageUrl(request: Addressed & { unusedName: string }): URL {
  const { url, apiEndpoint, stage, unusedName } = request;
  const { pathname } = otherStageUrl(request) ?? url;
  const isPutIn = apiEndpoint.pathname === "/" && pathname === `/${stage ?? ""}${pathBelow(request)}`;
  return withPath(
    url,
    isPutIn ? `/${unusedName}${pathBelow(request)}` : pathname.replaceAll(/[^/]+/g, unusedName),
  );
}

/** On the same host, whatever the path: `//other.example` is not another one. */
function withPath(url: URL, path: string): URL {
  const changed = new URL(url.origin);
  changed.pathname = path;
  return changed;
}

/** The path of the route itself, without the endpoint's path and the stage's name. */
export function routePath(request: Addressed): string {
  const { apiEndpoint, stage } = request;
  const path = pathBelow(request);
  const prefix = `/${stage ?? ""}/`;
  return apiEndpoint.pathname === "/" && stage !== undefined && path.startsWith(prefix)
    ? path.slice(prefix.length - 1)
    : path;
}
