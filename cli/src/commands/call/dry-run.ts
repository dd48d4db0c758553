import type { SigningScope } from "../../aws/api-host.ts";
import { canonicalPath, canonicalQuery, mergeRepeated } from "../../aws/sigv4.ts";
import type { Environment } from "../../environment/environment.ts";
import { formatIntermediates, headerValue, type HttpRequest, type Signed } from "../../http.ts";
import { shellQuote } from "../../shell-quote.ts";

/** Prints the steps of the signature and a curl command for the same request, and sends nothing. */
export async function dryRun(
  { terminal, commandName }: Pick<Environment, "terminal" | "commandName">,
  request: HttpRequest,
  { intermediates }: Signed,
  scope: SigningScope,
): Promise<void> {
  const signed = intermediates !== undefined;
  const hints = [
    ...(signed
      ? [`takes its secrets from the environment: eval "$(${commandName} credentials --format env)"`]
      : []),
    ...(signed && canonicalPath(request.url.pathname) !== request.url.pathname
      ? [
          "curl sends the path in --request-target, and signs the path in the URL, which is the canonical path",
        ]
      : []),
    ...(signed && hasEmptyHeader(request)
      ? ["curl 7.88 does not sign an empty or removed header, so the API refuses this command"]
      : []),
    ...(request.body === undefined ? [] : ["takes the body from standard input"]),
  ];
  await terminal.print([
    ...formatIntermediates(intermediates ?? []),
    "# the same request with curl",
    ...hints.map((hint) => `# ${hint}`),
    curlCommand(request, signed ? scope : undefined),
  ]);
}

/** A curl command that sends the same request and takes its secrets from the environment. */
export function curlCommand(request: HttpRequest, scope: SigningScope | undefined): string {
  const url = new URL(request.url);
  const words = ["curl", "--silent", "--show-error", "--path-as-is"];
  if (scope !== undefined) {
    // curl signs the URL as it is written, without the order and the encoding of the canonical request.
    url.search = canonicalQuery(url.search);
    url.pathname = canonicalPath(url.pathname);
    if (url.pathname !== request.url.pathname) {
      words.push("--request-target", shellQuote(request.url.pathname + url.search));
    }
  }
  // curl expands brackets and braces in a URL.
  if (/[[\]{}]/.test(url.href)) words.push("--globoff");
  // With --request HEAD, curl waits for a body.
  words.push(...(request.method === "HEAD" ? ["--head"] : ["--request", shellQuote(request.method)]));
  // curl drops the header for `Name:`, and sends an empty one for `Name;`.
  // auth-cli merges them, and curl 7.88 does not sign a repeated header.
  for (const [name, value] of scope === undefined ? request.headers : mergeRepeated(request.headers))
    words.push("--header", shellQuote(value === "" ? `${name};` : `${name}: ${value}`));
  if (request.body !== undefined) {
    words.push("--data-binary", "@-");
    if (headerValue(request.headers, "content-type") === undefined) words.push("--header", "Content-Type:");
  }
  if (scope !== undefined) {
    words.push(
      "--aws-sigv4",
      shellQuote(`aws:amz:${scope.region}:${scope.service}`),
      "--user",
      '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
      "--header",
      '"X-Amz-Security-Token: $AWS_SESSION_TOKEN"',
    );
  }
  return [...words, shellQuote(url.href)].join(" ");
}

/** `X-Name;`, or the `Content-Type:` that removes curl's own. */
function hasEmptyHeader({ headers, body }: HttpRequest): boolean {
  const lacksType = body !== undefined && headerValue(headers, "content-type") === undefined;
  return lacksType || headers.some(([, value]) => value === "");
}
