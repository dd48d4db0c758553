import { compactVerify, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from "jose";
import { IssuerUnavailable, issuerName, type KeySet } from "./issuers.ts";

export interface IdTokenVerification {
  /** The key of the logins map. */
  providerName: string;
  /** The audiences that the identity pool accepts. */
  clientIds: readonly string[];
  /** Called only for a token of the provider. */
  keys: () => Promise<KeySet>;
  now: () => Date;
}

/** The user and client of a token, or the refusal in Cognito's words where they are known. */
export type IdTokenVerdict =
  | { ok: true; userId: string; clientId: string; claims: Readonly<Record<string, unknown>> }
  | { ok: false; fault: "invalid" | "audience" | "unavailable"; message: string };

/** "Amazon Cognito allows for a grace period of 5 minutes to handle any clock skew between systems." */
const graceSeconds = 300;

/**
 * Verifies an ID token as Cognito does: issuer, signature by the issuer's own keys (RS256 only), times, then `azp`, or
 * `aud` where there is none, against the client ids.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html#validating-an-openid-connect-token
 */
export async function verifyIdToken(
  token: string,
  { providerName, clientIds, keys, now }: IdTokenVerification,
): Promise<IdTokenVerdict> {
  const claims = decode(token);
  if (claims === undefined) return invalid("Not a valid OpenId Connect identity token.");
  if (typeof claims.iss !== "string" || issuerName(claims.iss) !== providerName) {
    return invalid("Issuer doesn't match providerName");
  }
  try {
    await compactVerify(token, await keys(), { algorithms: ["RS256"] });
  } catch (error) {
    if (error instanceof IssuerUnavailable) {
      return { ok: false, fault: "unavailable", message: error.message };
    }
    if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) {
      return { ok: false, fault: "unavailable", message: `the keys of ${providerName}: ${error.message}` };
    }
    if (error instanceof errors.JOSEError) return invalid("Couldn't verify signed token.");
    throw error;
  }
  return verifyClaims(claims, clientIds, Math.floor(now().getTime() / 1000));
}

/** The unverified claims; undefined when the token is not a signed JWT. */
function decode(token: string): JWTPayload | undefined {
  try {
    const { alg } = decodeProtectedHeader(token);
    return alg === undefined || alg === "none" ? undefined : decodeJwt(token);
  } catch {
    return undefined;
  }
}

function verifyClaims(claims: JWTPayload, clientIds: readonly string[], nowSeconds: number): IdTokenVerdict {
  const { exp, nbf, sub, aud, azp } = claims;
  for (const [name, value] of Object.entries({ sub, exp, aud })) {
    if (value === undefined || value === "") return invalid(`Missing a required claim: ${name}`);
  }
  if (typeof sub !== "string" || typeof exp !== "number") {
    return invalid("Not a valid OpenId Connect identity token.");
  }
  if (nowSeconds >= exp + graceSeconds) return invalid(`Token expired: ${nowSeconds} >= ${exp}`);
  if (typeof nbf === "number" && nbf > nowSeconds + graceSeconds) {
    return invalid(`Token is not valid before ${nbf}`);
  }
  const audiences = typeof azp === "string" ? [azp] : [aud].flat();
  const clientId = clientIds.find((id) => audiences.includes(id));
  return clientId === undefined
    ? { ok: false, fault: "audience", message: "Incorrect token audience." }
    : { ok: true, userId: sub, clientId, claims };
}

function invalid(message: string): IdTokenVerdict {
  return { ok: false, fault: "invalid", message };
}
