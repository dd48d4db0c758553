import { AuthCliError } from "../errors.ts";

/** The step that a signed or unsigned request to the API is. */
export const apiStep = "api.call";

/** What API Gateway checks a signature against. */
export const executeApi = "execute-api";

/**
 * The URL of a path of the deployment's API. The path goes out byte for byte; only a `+` in the query becomes `%20`,
 * which means the same, and which every verifier reads the same way.
 * @param target `/private`, or an absolute URL of the same API
 * @throws AuthCliError `invalid-usage` for another host: credentials are never sent to one
 */
export function apiUrl(apiEndpoint: URL, target: string): URL {
  const base = apiEndpoint.origin + apiEndpoint.pathname.replace(/\/+$/, "");
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(target);
  const text = absolute ? target : base + (target.startsWith("/") ? target : `/${target}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    throw new AuthCliError("invalid-usage", {
      message: `${JSON.stringify(target)} is neither a path nor a URL`,
      fix: "give a path of the API, for example /private",
    });
  }
  if (url.origin !== apiEndpoint.origin || url.username !== "" || url.password !== "") {
    throw new AuthCliError("invalid-usage", {
      message: `${url.origin} is not the deployment's API`,
      cause: `the API is at ${apiEndpoint.origin}; a signature and a session token are not sent to another host`,
      fix: "give only the path, or choose the deployment with --stage or --endpoint",
    });
  }
  if (url.search.includes("+")) url.search = url.search.replaceAll("+", "%20");
  if (url.hash !== "") url.hash = "";
  return url;
}
