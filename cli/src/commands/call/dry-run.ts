import { headerValue, type HttpRequest } from "../../http.ts";
import { executeApi } from "../../aws/execute-api.ts";
import { canonicalQuery } from "../../aws/sigv4.ts";

/** A curl command that sends the same request, with its secrets taken from the environment. */
export function curlCommand(request: HttpRequest, region: string | undefined): string {
  const url = new URL(request.url);
  // curl signs the query in the order in which it stands.
  if (region !== undefined) url.search = canonicalQuery(url.search);
  const words = ["curl", "--silent", "--show-error", "--path-as-is"];
  // With --request HEAD curl would wait for a body that never comes.
  words.push(...(request.method === "HEAD" ? ["--head"] : ["--request", quote(request.method)]));
  // To curl a name and a colon alone mean "leave it out"; an empty header is written with a semicolon.
  for (const [name, value] of request.headers)
    words.push("--header", quote(value === "" ? `${name};` : `${name}: ${value}`));
  if (request.body !== undefined) {
    words.push("--data-binary", "@-");
    if (headerValue(request.headers, "content-type") === undefined) words.push("--header", "Content-Type:");
  }
  if (region !== undefined) {
    words.push(
      "--aws-sigv4",
      quote(`aws:amz:${region}:${executeApi}`),
      "--user",
      '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
      "--header",
      '"X-Amz-Security-Token: $AWS_SESSION_TOKEN"',
    );
  }
  return [...words, quote(url.href)].join(" ");
}

/** For POSIX shells. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
