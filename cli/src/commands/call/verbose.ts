import type { Deployment } from "../../deployment/deployment.ts";
import { type HttpRequest, type HttpResponse, wireHeaders } from "../../http.ts";

/** Service and region of the signature, where auth-cli assumes them. */
export function describeScope({ service, region, regionSource, isScopeAssumed }: Deployment): string[] {
  if (!isScopeAssumed) return [];
  return [
    `* Signed for ${service} in ${region}: the API's host names neither, so auth-cli takes execute-api and the region of ${regionSource} unless --service and --region say otherwise`,
  ];
}

/** The head of the request, for `--verbose`. */
export function describeRequest(request: HttpRequest): string[] {
  return prefixed("> ", [
    `${request.method} ${request.url.pathname}${request.url.search} HTTP/1.1`,
    ...wireHeaders(request).map(([name, value]) => `${name}: ${value}`),
  ]);
}

/** The connection and the head of the response, for `--verbose`. */
export function describeResponse(response: HttpResponse): string[] {
  const { remoteAddress = "", remotePort = 0, tls } = response.connection?.() ?? {};
  const notes =
    remoteAddress === ""
      ? []
      : [
          `Connected to ${remoteAddress} port ${remotePort}`,
          ...(tls === undefined
            ? []
            : [`${tls.protocol}, ${tls.cipher}; certificate of ${tls.subject}, issued by ${tls.issuer}`]),
        ];
  return [...notes.map((note) => `* ${note}`), ...prefixed("< ", responseHead(response))];
}

/** The status line and the headers. */
export function responseHead(response: HttpResponse): string[] {
  return [
    `HTTP/${response.httpVersion} ${response.status} ${response.statusText}`.trimEnd(),
    ...response.headers.map(([name, value]) => `${name}: ${value}`),
  ];
}

function prefixed(prefix: string, lines: readonly string[]): string[] {
  return [...lines, ""].map((line) => prefix + line);
}
