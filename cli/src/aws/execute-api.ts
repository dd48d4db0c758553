import { AuthCliError } from "../errors.ts";

/** The step of every request to the API. */
export const apiStep = "api.call";

/** The service that signatures for API Gateway name. */
export const executeApi = "execute-api";

/**
 * The URL of a path of the deployment's API. The path stays as it is. A `+` in the query becomes `%20`, which means the
 * same and which every verifier reads the same way.
 * @param target `/private`, or an absolute URL of the same API
 * @throws AuthCliError `invalid-usage` for another host, because credentials must not go there
 */
export function apiUrl(apiEndpoint: URL, target: string): URL {
  const base = apiEndpoint.origin + apiEndpoint.pathname.replace(/\/+$/, "");
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(target);
  const text = absolute ? target : base + (target.startsWith("/") ? target : `/${target}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    throw new AuthCliError("invalid-usage", {
      message: `${JSON.stringify(target)} is neither a path nor a URL`,
      fix: "pass a path of the API, for example /private",
    });
  }
  if (url.origin !== apiEndpoint.origin || url.username !== "" || url.password !== "") {
    throw new AuthCliError("invalid-usage", {
      message: `${url.origin} is not the deployment's API`,
      cause: `the API is at ${apiEndpoint.origin}; auth-cli sends credentials to no other host`,
      fix: "pass only the path, or choose the deployment with --stage or --endpoint",
    });
  }
  if (url.search.includes("+")) url.search = url.search.replaceAll("+", "%20");
  if (url.hash !== "") url.hash = "";
  return url;
}

/** The region in `<id>.execute-api.<region>.amazonaws.com`. Undefined for custom domains and the local cloud. */
export function regionOfHost({ hostname }: URL): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];
}

/** The API's id in `<id>.execute-api.<region>.amazonaws.com`. Undefined for custom domains and the local cloud. */
export function apiIdOfHost({ hostname }: URL): string | undefined {
  return /^([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];
}
