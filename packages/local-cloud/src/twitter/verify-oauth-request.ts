import { jsonError } from "./errors.ts";
import { equalInConstantTime, hmacSignature, isSignatureMethod } from "./hmac-signature.ts";
import type { Nonces } from "./nonces.ts";
import type { OAuthRequest } from "./oauth-request.ts";
import { oauthRefusals } from "./oauth-refusals.ts";
import { signatureBaseString } from "./signature-base-string.ts";

/** The maximum difference, in seconds, between a request's timestamp and the server's clock. */
export const timestampWindowSeconds = 300;

/** RFC 5849 names `1.0` only. X takes the others too [P: Twitter's joauth, `UnpackedRequest`]. */
const acceptedVersions = new Set(["", "1.0", "1.0a"]);

export interface OAuthVerification<Token extends { secret: string }> {
  now: () => Date;
  nonces: Nonces;
  /** The secret of a registered app, by its consumer key. */
  findClientSecret: (key: string) => string | undefined;
  /** Temporary or token credentials, by `oauth_token`. @throws TwitterError */
  findToken: (token: string) => Token;
  /** Takes a signature without the token's secret too. False by default. */
  withoutTokenSecret?: boolean;
}

/**
 * Verifies a signed request as in RFC 5849 §3.2.
 *
 * @returns the credentials of `oauth_token`, or undefined when the request has none
 * @throws TwitterError 400 code 215 (missing or malformed credentials), 401 code 32 (unknown key, wrong signature, replayed
 *   nonce), 401 code 135 (timestamp), 503 code 130 (too many nonces), and the errors of `findToken`
 */
export function verifyOAuthRequest<Token extends { secret: string }>(
  request: OAuthRequest,
  { now, nonces, findClientSecret, findToken, withoutTokenSecret = false }: OAuthVerification<Token>,
): Token | undefined {
  const parameters = request.protocolParameters;
  const clientKey = requiredParameter(parameters, "oauth_consumer_key");
  const signature = requiredParameter(parameters, "oauth_signature");
  const nonce = requiredParameter(parameters, "oauth_nonce");
  const timestampText = requiredParameter(parameters, "oauth_timestamp");
  const methodText = requiredParameter(parameters, "oauth_signature_method");
  const method = oauthRefusals.signatureMethod.unless(
    isSignatureMethod(methodText) ? methodText : undefined,
    methodText,
  );
  const version = parameters.get("oauth_version") ?? "";
  oauthRefusals.version.when(!acceptedVersions.has(version.toLowerCase()), version);
  oauthRefusals.timestampFormat.when(!/^[1-9]\d{0,14}$/.test(timestampText));

  const timestamp = Number(timestampText);
  const nowSeconds = Math.floor(now().getTime() / 1000);
  const secondsOff = timestamp - nowSeconds;
  oauthRefusals.timestamp.when(Math.abs(secondsOff) > timestampWindowSeconds, secondsOff);

  const clientSecret = oauthRefusals.consumerKey.unless(findClientSecret(clientKey));
  // RFC 5849 §3.1 lets a client without a token omit oauth_token or send it empty.
  const tokenName = parameters.get("oauth_token") ?? "";
  const token = tokenName === "" ? undefined : findToken(tokenName);

  const baseString = signatureBaseString(request.method, request.baseStringUri, request.signedParameters);
  const tokenSecrets = withoutTokenSecret ? [token?.secret ?? "", ""] : [token?.secret ?? ""];
  const isSignedWith = (tokenSecret: string): boolean =>
    equalInConstantTime(signature, hmacSignature(method, baseString, clientSecret, tokenSecret));
  oauthRefusals.signature.when(
    !tokenSecrets.some(isSignedWith),
    `${request.method} ${request.baseStringUri}`,
  );

  // Nonces of forged requests must not use up those of the client.
  const verdict = nonces.use(timestamp, clientKey, tokenName, nonce, nowSeconds);
  oauthRefusals.nonce.when(verdict === "replayed");
  if (verdict === "full") {
    throw jsonError(503, 130, "Over capacity", "too many nonces in the timestamp window");
  }
  return token;
}

function requiredParameter(parameters: ReadonlyMap<string, string>, name: string): string {
  const reason = parameters.size === 0 ? "the request is not signed" : `${name} is missing`;
  return oauthRefusals.missingParameter.unless(parameters.get(name) || undefined, reason);
}
