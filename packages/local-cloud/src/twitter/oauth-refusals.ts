import { documented, reported } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";
import {
  badAuthenticationData,
  callbackNotApproved,
  couldNotAuthenticate,
  invalidOrExpiredToken,
  invalidVerifier,
  onlyOutOfBand,
  requestTokenUnavailable,
  timestampOutOfBounds,
} from "./errors.ts";

/** Twitter's own server library. */
const joauth = "https://github.com/twitter/joauth";
const errorCodes = "https://developer.x.com/en/support/x-api/error-troubleshooting";

/** What X's OAuth endpoints refuse. The settings of the app refuse more: a suspension, a rate limit. */
export const oauthRefusals = defineRefusals<{
  missingParameter: [reason: string];
  signatureMethod: [method: string];
  version: [version: string];
  timestampFormat: [];
  timestamp: [secondsOff: number];
  consumerKey: [];
  signature: [request: string];
  nonce: [];
  accessToken: [];
  requestToken: [];
  verifier: [reason: string];
  callback: [];
  noCallback: [];
}>("X", {
  missingParameter: {
    refuses: "a request without consumer key, nonce, timestamp, signature method or signature",
    evidence: documented(errorCodes),
    error: badAuthenticationData,
  },
  signatureMethod: {
    refuses: "an `oauth_signature_method` other than HMAC-SHA1 and HMAC-SHA256",
    evidence: reported(joauth),
    error: (method) => badAuthenticationData(`oauth_signature_method is ${JSON.stringify(method)}`),
  },
  version: {
    refuses: "an `oauth_version` other than 1.0, 1.0a and 1.0A",
    evidence: reported(joauth),
    error: (version) => badAuthenticationData(`oauth_version is ${JSON.stringify(version)}`),
  },
  timestampFormat: {
    refuses: "a timestamp that is not a number",
    evidence: reported(joauth),
    error: () => badAuthenticationData("oauth_timestamp is not a number"),
  },
  timestamp: {
    refuses: "a timestamp more than five minutes from X's clock",
    evidence: documented(errorCodes),
    error: (secondsOff) => timestampOutOfBounds(`oauth_timestamp is ${secondsOff} s off`),
  },
  consumerKey: {
    refuses: "an unknown consumer key",
    evidence: documented(errorCodes),
    error: () => couldNotAuthenticate("no app has this consumer key"),
  },
  signature: {
    refuses: "a wrong signature",
    evidence: documented(errorCodes),
    error: (request) => couldNotAuthenticate(`the signature is wrong for ${request}`),
  },
  nonce: {
    refuses: "a nonce that was used before with the same timestamp and token",
    evidence: documented("https://developer.x.com/en/docs/authentication/oauth-1-0a/authorizing-a-request"),
    error: () => couldNotAuthenticate("the nonce was used before"),
  },
  accessToken: {
    refuses: "an unknown or revoked access token",
    evidence: documented(errorCodes),
    error: () => invalidOrExpiredToken("the access token is unknown"),
  },
  requestToken: {
    refuses: "a request token that is unknown, used, denied or expired",
    evidence: reported("https://github.com/abraham/twitteroauth/issues/957"),
    error: requestTokenUnavailable,
  },
  verifier: {
    refuses: "a wrong PIN or `oauth_verifier`, and a request token that no user has authorized",
    evidence: reported("https://github.com/abraham/twitteroauth/issues/638"),
    error: invalidVerifier,
  },
  callback: {
    refuses: "an `oauth_callback` other than `oob` and the app's callback URLs, each compared as a whole",
    evidence: documented("https://docs.x.com/fundamentals/developer-apps"),
    error: callbackNotApproved,
  },
  noCallback: {
    refuses: "an `oauth_callback` other than `oob` for an app without a callback URL",
    evidence: reported("https://github.com/abraham/twitteroauth/issues/512"),
    error: onlyOutOfBand,
  },
});
