import type { OAuthErrorFormat } from "./registered-app.ts";

/** A refusal in Twitter's words. Twitter uses four formats, and a client must read all of them. */
export class TwitterError extends Error {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;

  /** @param reason for the log, more specific than the reply, without secrets */
  constructor(status: number, contentType: string, body: string, reason: string) {
    super(reason);
    this.name = "TwitterError";
    this.status = status;
    this.contentType = contentType;
    this.body = body;
  }
}

/** An error with a code, which the `/oauth/` endpoints send in another format than the rest of the API. */
export class CodedTwitterError extends TwitterError {
  readonly code: number;
  readonly wireMessage: string;

  constructor(status: number, code: number, message: string, reason: string) {
    super(status, ...worded("json", code, message, ""), reason);
    this.code = code;
    this.wireMessage = message;
  }

  /** The error in a format of the `/oauth/` endpoints. @param path of the request, which the older XML repeats */
  as(format: OAuthErrorFormat, path: string): TwitterError {
    return new TwitterError(this.status, ...worded(format, this.code, this.wireMessage, path), this.message);
  }
}

function worded(
  format: OAuthErrorFormat,
  code: number,
  message: string,
  path: string,
): [contentType: string, body: string] {
  if (format === "json") {
    return ["application/json; charset=utf-8", JSON.stringify({ errors: [{ code, message }] })];
  }
  const element =
    format === "xml"
      ? `<errors><error code="${code}">${message}</error></errors>`
      : `<hash><error>${message}</error><request>${path}</request></hash>`;
  return ["application/xml; charset=utf-8", `<?xml version='1.0' encoding='UTF-8'?>${element}`];
}

export function jsonError(status: number, code: number, message: string, reason: string): TwitterError {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return new TwitterError(status, "application/json; charset=utf-8", body, reason);
}

function textError(message: string, reason: string): TwitterError {
  return new TwitterError(401, "text/html; charset=utf-8", message, reason);
}

export function couldNotAuthenticate(reason: string): TwitterError {
  return jsonError(401, 32, "Could not authenticate you.", reason);
}

export function invalidOrExpiredToken(reason: string): TwitterError {
  return jsonError(401, 89, "Invalid or expired token.", reason);
}

export function timestampOutOfBounds(reason: string): TwitterError {
  return jsonError(401, 135, "Timestamp out of bounds.", reason);
}

export function badAuthenticationData(reason: string): TwitterError {
  return jsonError(400, 215, "Bad Authentication data.", reason);
}

export function callbackNotApproved(): CodedTwitterError {
  return new CodedTwitterError(
    403,
    415,
    "Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings",
    "the app did not register the callback URL",
  );
}

export function onlyOutOfBand(): CodedTwitterError {
  return new CodedTwitterError(
    401,
    417,
    "Desktop applications only support the oauth_callback value 'oob'",
    "the app has no callback URL",
  );
}

export function suspendedApp(): CodedTwitterError {
  return new CodedTwitterError(401, 416, "Invalid / suspended application", "the app is suspended");
}

export function rateLimitExceeded(): TwitterError {
  return jsonError(
    429,
    88,
    "Rate limit exceeded",
    "the app reached its rate limit for this 15-minute window",
  );
}

/** Problem details (RFC 9457). X sends no code with them. */
export function creditsDepleted(): TwitterError {
  const body = JSON.stringify({
    title: "CreditsDepleted",
    detail: "Your enrolled account does not have any credits to fulfill this request.",
    type: "https://api.twitter.com/2/problems/credits",
  });
  return new TwitterError(402, "application/json; charset=utf-8", body, "the account has no credits left");
}

export function outsideAccessTier(): TwitterError {
  return jsonError(
    403,
    453,
    "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints (e.g. media post, oauth) only. If you need access to this endpoint, you may need a different access level. You can learn more here: https://developer.x.com/en/portal/product",
    "the app's access tier does not include the endpoint",
  );
}

export function invalidVerifier(reason: string): TwitterError {
  return textError("Error processing your OAuth request: Invalid oauth_verifier parameter", reason);
}

export function reverseAuthInvalid(): TwitterError {
  return textError("Reverse auth credentials are invalid", "access_token needs oauth_token");
}

export function requestTokenUnavailable(): TwitterError {
  return textError(
    "This feature is temporarily unavailable",
    "the request token is unknown, used, denied or expired",
  );
}
