import { badAuthenticationData } from "./errors.ts";
import { decodeForm, type Parameter, percentDecode } from "./percent-encode.ts";
import { baseStringUri } from "./signature-base-string.ts";

/** An HTTP request as received. */
export interface WireRequest {
  method: string;
  scheme: "http" | "https";
  /** The Host header. */
  host: string;
  /** The request target, percent-encoded: path and query, or an absolute URL through a proxy. */
  target: string;
  authorization: string | undefined;
  contentType: string | undefined;
  body: string;
}

/** A request with parsed OAuth parameters, RFC 5849 §3.1 and §3.4.1.3.1. */
export interface OAuthRequest {
  method: string;
  baseStringUri: string;
  /** The signed parameters: those of the header, query and body, without `realm` and `oauth_signature`. */
  signedParameters: Parameter[];
  /** The `oauth_…` parameters of the header, query and body. */
  protocolParameters: Map<string, string>;
  /** The other parameters. */
  requestParameters: Map<string, string>;
}

/**
 * Collects the parameters of a request. Of a protocol parameter that is given more than once the last one counts, in
 * the order header, query, body, and the base string has it once. RFC 5849 §3.1 forbids the repetition. X takes it [P:
 * Twitter's joauth, `Unpacker` and `OAuthParamsBuilder`], and twitter-api-v2 sends `oauth_token` in header and body.
 *
 * @throws TwitterError 400 code 215: a malformed header or form
 */
export function parseOAuthRequest(request: WireRequest): OAuthRequest {
  const { host, path, query } = splitTarget(request);
  const parameters = [
    ...parseAuthorizationHeader(request.authorization),
    ...parseForm(query, "query"),
    ...(isForm(request.contentType) ? parseForm(request.body, "form body") : []),
  ];
  const protocolParameters = new Map<string, string>();
  const others: Parameter[] = [];
  for (const parameter of parameters) {
    const [name, value] = parameter;
    if (name.startsWith("oauth_")) protocolParameters.set(name, value);
    else others.push(parameter);
  }
  return {
    method: request.method,
    baseStringUri: baseStringUri(request.scheme, host, path),
    signedParameters: [...others, ...protocolParameters].filter(([name]) => name !== "oauth_signature"),
    protocolParameters,
    requestParameters: new Map(others),
  };
}

function splitTarget({ host, target }: WireRequest): { host: string; path: string; query: string } {
  // RFC 9112 §3.2.2: the authority of an absolute target replaces the Host header.
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  const origin = absolute?.[2] ?? target;
  const question = origin.indexOf("?");
  return {
    host: absolute?.[1] ?? host,
    path: question < 0 ? origin : origin.slice(0, question),
    query: question < 0 ? "" : origin.slice(question + 1),
  };
}

function isForm(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/x-www-form-urlencoded";
}

function parseForm(text: string, where: string): Parameter[] {
  const parameters = decodeForm(text);
  if (parameters === undefined) throw badAuthenticationData(`the ${where} is not form-encoded`);
  return parameters;
}

/** `name="value"`, then the end or a comma and optional white space (RFC 5849 §3.5.1). */
const headerParameter = /\s*([^\s="',]+)="([^"]*)"\s*(?:,|$)/y;

/** The parameters of `Authorization: OAuth …`, without `realm`; none for another scheme. */
function parseAuthorizationHeader(header: string | undefined): Parameter[] {
  const credentials = /^OAuth\s+(.*)$/is.exec(header ?? "")?.[1];
  if (credentials === undefined) return [];
  const parameters: Parameter[] = [];
  headerParameter.lastIndex = 0;
  while (headerParameter.lastIndex < credentials.length) {
    const match = headerParameter.exec(credentials);
    if (match === null) throw badAuthenticationData("the Authorization header is malformed");
    const name = percentDecode(match[1] ?? "");
    if (name?.toLowerCase() === "realm") continue;
    const value = percentDecode(match[2] ?? "");
    if (name === undefined || value === undefined) {
      throw badAuthenticationData("the Authorization header has a malformed escape");
    }
    parameters.push([name, value]);
  }
  return parameters;
}
