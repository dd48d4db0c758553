import { randomBytes } from "node:crypto";
import {
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { hmacSha1Signature } from "../twitter/hmac-signature.ts";
import { type Parameter, percentEncode } from "../twitter/percent-encode.ts";
import { baseStringUri, signatureBaseString } from "../twitter/signature-base-string.ts";
import { messageOf } from "../error-text.ts";

export interface VerifyTokenOptions {
  /** Twitter's origin, with or without a trailing slash. */
  apiUrl: string;
  /** The consumer key and secret that the identity pool holds. */
  clientCredentials: { key: string; secret: string };
  /** The user's access token and its secret. */
  tokenCredentials: { token: string; secret: string };
  now: () => Date;
  /** PEM certificate to trust in addition to the system's, for a local Twitter with https. */
  ca?: string;
  timeoutMs?: number;
}

export type TokenVerdict =
  | { ok: true; userId: string; screenName: string }
  | { ok: false; status: number; code?: number; message: string };

const httpAgent = new HttpAgent({ keepAlive: true });
const httpsAgent = new HttpsAgent({ keepAlive: true });
/** How long Cognito waits is unknown. A busy computer that starts many functions needs more than 5 s for 50 logins at once. */
const defaultTimeoutMs = 20_000;
const maximumReplyBytes = 1024 * 1024;

/**
 * Gets the user of a token from Twitter, as Cognito does before it returns an identity: a signed
 * `GET /1.1/account/verify_credentials.json`.
 *
 * @returns the user, or Twitter's refusal
 * @throws Error when Twitter cannot be reached, does not answer within `timeoutMs` (20 s), or answers 200 without a
 *   user
 */
export async function verifyTwitterToken(options: VerifyTokenOptions): Promise<TokenVerdict> {
  const url = new URL(`${options.apiUrl.replace(/\/+$/, "")}/1.1/account/verify_credentials.json`);
  const { status, body } = await get(url, authorizationHeader(url, options), options);
  const reply = parseJson(body);
  if (status !== 200) return { ok: false, status, ...firstError(reply, body) };
  const userId = field(reply, "id_str");
  const screenName = field(reply, "screen_name");
  if (typeof userId !== "string" || !/^\d+$/.test(userId) || typeof screenName !== "string") {
    throw new Error(`${url.origin}: verify_credentials answered 200 without id_str and screen_name`);
  }
  return { ok: true, userId, screenName };
}

/** RFC 5849 §3.5.1. */
function authorizationHeader(
  url: URL,
  { clientCredentials, tokenCredentials, now }: VerifyTokenOptions,
): string {
  const parameters: Parameter[] = [
    ["oauth_consumer_key", clientCredentials.key],
    ["oauth_nonce", randomBytes(16).toString("hex")],
    ["oauth_signature_method", "HMAC-SHA1"],
    ["oauth_timestamp", String(Math.floor(now().getTime() / 1000))],
    ["oauth_token", tokenCredentials.token],
    ["oauth_version", "1.0"],
  ];
  const scheme = url.protocol === "https:" ? "https" : "http";
  const baseString = signatureBaseString("GET", baseStringUri(scheme, url.host, url.pathname), parameters);
  const signature = hmacSha1Signature(baseString, clientCredentials.secret, tokenCredentials.secret);
  const header = [...parameters, ["oauth_signature", signature] as const]
    .map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`)
    .join(", ");
  return `OAuth ${header}`;
}

async function get(
  url: URL,
  authorization: string,
  { ca, timeoutMs = defaultTimeoutMs }: VerifyTokenOptions,
): Promise<{ status: number; body: string }> {
  const secure = url.protocol === "https:";
  const options: RequestOptions & { ca?: string } = {
    agent: secure ? httpsAgent : httpAgent,
    headers: { accept: "application/json", authorization },
    // The deadline covers the whole exchange.
    signal: AbortSignal.timeout(timeoutMs),
    ...(ca === undefined ? {} : { ca }),
  };
  const open = secure ? requestHttps : requestHttp;
  try {
    return await exchange(() => open(url, options));
  } catch (error) {
    const why = messageOf(error);
    throw new Error(`cannot reach Twitter at ${url.origin}: ${why}`, { cause: error });
  }
}

async function exchange(
  open: () => ReturnType<typeof requestHttp>,
): Promise<{ status: number; body: string }> {
  const request = open();
  let response: IncomingMessage;
  try {
    response = await new Promise((resolve, reject) => {
      request.once("response", resolve);
      request.once("error", reject);
      request.end();
    });
  } catch (error) {
    // The server closed the idle connection before it handled the request.
    if (request.reusedSocket && field(error, "code") === "ECONNRESET") return exchange(open);
    throw error;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumReplyBytes) throw new Error(`the reply is longer than ${maximumReplyBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function firstError(reply: unknown, body: string): { code?: number; message: string } {
  const errors = field(reply, "errors");
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const code = field(first, "code");
  const message = field(first, "message");
  return {
    ...(typeof code === "number" ? { code } : {}),
    message: typeof message === "string" ? message : body.slice(0, 200),
  };
}
