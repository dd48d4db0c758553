import { executeApi } from "../../aws/execute-api.ts";
import { canonicalQuery } from "../../aws/sigv4.ts";
import type { Environment } from "../../environment/environment.ts";
import { formatIntermediates, headerValue, type HttpRequest, type Signed } from "../../http.ts";

/** Prints the steps of the signature and a curl command for the same request, and sends nothing. */
export async function dryRun(
  { terminal }: Pick<Environment, "terminal">,
  request: HttpRequest,
  { intermediates }: Signed,
  region: string,
): Promise<void> {
  const signed = intermediates !== undefined;
  const hints = [
    ...(signed
      ? ['takes its secrets from the environment: eval "$(auth-cli credentials --format env)"']
      : []),
    ...(request.body === undefined ? [] : ["takes the body from standard input"]),
  ];
  await terminal.print([
    ...formatIntermediates(intermediates ?? []),
    "# the same request with curl",
    ...hints.map((hint) => `# ${hint}`),
    curlCommand(request, signed ? region : undefined),
  ]);
}

/** A curl command that sends the same request and takes its secrets from the environment. */
export function curlCommand(request: HttpRequest, region: string | undefined): string {
  const url = new URL(request.url);
  // curl signs the query string in the order in which it is written.
  if (region !== undefined) url.search = canonicalQuery(url.search);
  const words = ["curl", "--silent", "--show-error", "--path-as-is"];
  // With --request HEAD, curl waits for a body.
  words.push(...(request.method === "HEAD" ? ["--head"] : ["--request", quote(request.method)]));
  // curl drops the header for `Name:`, and sends an empty one for `Name;`.
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
