import { AuthCliError } from "../errors.ts";
import { encodeQuery } from "./sigv4.ts";

/** The step of every request to the API. */
export const apiStep = "api.call";

/**
 * The URL of a path of the deployment's API. The path stays as it is, apart from characters that a URL has to encode. The
 * query gets the encoding of the canonical request and keeps its order, so that a verifier need not encode it again.
 * @param target `/private`, or an absolute URL of the same API
 * @throws AuthCliError `invalid-usage` for another host, because credentials must not go there, and for a path that a URL
 * cannot hold as it is typed
 */
export function apiUrl(apiEndpoint: URL, target: string): URL {
  const base = apiEndpoint.origin + apiEndpoint.pathname.replace(/\/+$/, "");
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(target);
  requireUnchanged(absolute ? target.replace(/^[^:]*:\/\/[^/?#]*/, "") : target);
  const text = absolute ? target : base + (target.startsWith("/") ? target : `/${target}`);
  const url = parse(text);
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
  const search = url.search === "" ? "" : encodeQuery(url.search);
  if (search !== url.search) url.search = search;
  return url;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** What a URL silently changes (RFC 3986 5.2.4, WHATWG URL 4.4), so that the signature would be for another path. */
const changes: readonly { pattern: RegExp; cause: string; fix: string }[] = [
  {
    pattern: /^[^?#]*\\/,
    cause: "a backslash becomes a slash in a URL",
    fix: "write %5C for a backslash, or use a slash",
  },
  {
    pattern: /^(?:[^?#]*\/)?(?:\.|%2e){1,2}(?:[/?#]|$)/i,
    cause: "the segments . and .. disappear from a URL, also when written as %2e",
    fix: "write the path without them",
  },
  {
    pattern: /#/,
    cause: "a URL is sent without its fragment, which starts at #",
    fix: "write %23 for the character, or omit the fragment",
  },
  {
    // oxlint-disable-next-line no-control-regex
    pattern: /[\t\n\r]|^[\0-\x20]|[\0-\x20]$/,
    cause: "a URL loses tabs and line ends, and spaces around it",
    fix: "write %09, %0A or %20, or omit them",
  },
];

/** @throws AuthCliError `invalid-usage` */
function requireUnchanged(target: string): void {
  const found = changes.find(({ pattern }) => pattern.test(target));
  if (found === undefined) return;
  throw new AuthCliError("invalid-usage", {
    message: `cannot send the path ${JSON.stringify(target)} as it is`,
    cause: found.cause,
    fix: found.fix,
  });
}
