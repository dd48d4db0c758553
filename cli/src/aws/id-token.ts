import { type JsonObject, parseJsonObject } from "../json.ts";

/**
 * The claims of an ID token, not verified: Cognito verifies them. For display and explanations only.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
export interface IdTokenClaims {
  /** The provider's name for the user. */
  subject: string | undefined;
  /** For display: the e-mail address, else the user name, else the subject. */
  name: string | undefined;
  issuer: string | undefined;
  /** Client ids. */
  audiences: readonly string[];
  /** ISO 8601. */
  expiresAt: string | undefined;
}

/** The claims of a signed JWT. Undefined for other tokens, for example Facebook's. */
export function readIdToken(token: string): IdTokenClaims | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(parseSegment);
  if (header === undefined || claims === undefined || typeof header["alg"] !== "string") return undefined;
  const { iss, sub, aud, exp } = claims;
  const subject = textOf(sub);
  const names = [claims["email"], claims["cognito:username"], claims["preferred_username"], subject];
  return {
    subject,
    name: names.map(textOf).find((name) => name !== undefined),
    issuer: textOf(iss),
    audiences: [aud].flat().filter((audience): audience is string => textOf(audience) !== undefined),
    expiresAt: toIsoTime(exp),
  };
}

/** The key of an issuer in the logins map: `accounts.google.com` for `https://accounts.google.com`. */
export function issuerName(issuer: string): string {
  return issuer.replace(/^https:\/\//, "").replace(/\/$/, "");
}

function parseSegment(segment: string): JsonObject | undefined {
  return /^[\w-]+$/.test(segment)
    ? parseJsonObject(Buffer.from(segment, "base64url").toString("utf8"))
    : undefined;
}

/** Anybody can write a token, so control characters and spaces are rejected: they could confuse a terminal. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[^\p{C}\s]{1,256}$/u.test(value) ? value : undefined;
}

/** @param seconds since the epoch */
function toIsoTime(seconds: unknown): string | undefined {
  if (typeof seconds !== "number") return undefined;
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
