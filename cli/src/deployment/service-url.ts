import { AuthCliError } from "../errors.ts";
import { isLoopback } from "../loopback.ts";

/**
 * Parses the address of a service. Only this computer may be addressed by plain http, which does not encrypt tokens and
 * keys.
 * @throws AuthCliError `invalid-configuration`
 */
export function parseServiceUrl(value: string, source: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url === undefined ||
    !["http:", "https:"].includes(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash ||
    // A URL's host may contain characters with a meaning for the shell.
    !/^([\w.-]+|\[[\da-f:.]+\])$/.test(url.hostname)
  ) {
    throw new AuthCliError("invalid-configuration", {
      message: `invalid service address ${JSON.stringify(value.replace(/^.*@/s, "…@"))} (${source})`,
      cause: "a service address is an https URL without user, query and fragment",
      fix: "take ApiEndpoint from the stack's outputs, for example https://abc123.execute-api.us-east-1.amazonaws.com",
    });
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new AuthCliError("invalid-configuration", {
      message: `${url.origin} uses plain http (${source})`,
      cause: "plain http sends tokens and keys unencrypted, so auth-cli uses it for this computer only",
      fix: "use https",
    });
  }
  return url;
}
