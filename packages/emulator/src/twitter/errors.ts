/**
 * A refusal as Twitter words it. Twitter answers in four shapes, and a client has to read them all: JSON, two of
 * XML (of which the current one is sent here), and plain text.
 */
export class TwitterError extends Error {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;

  /** @param reason for the person who watches the local cloud; the wire says far less. Never holds a secret. */
  constructor(status: number, contentType: string, body: string, reason: string) {
    super(reason);
    this.name = "TwitterError";
    this.status = status;
    this.contentType = contentType;
    this.body = body;
  }
}

export function jsonError(status: number, code: number, message: string, reason: string): TwitterError {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return new TwitterError(status, "application/json; charset=utf-8", body, reason);
}

function xmlError(status: number, code: number, message: string, reason: string): TwitterError {
  const body = `<?xml version='1.0' encoding='UTF-8'?><errors><error code="${code}">${message}</error></errors>`;
  return new TwitterError(status, "application/xml; charset=utf-8", body, reason);
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

export function callbackNotApproved(): TwitterError {
  return xmlError(
    403,
    415,
    "Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings",
    "the callback URL is not one of the app's",
  );
}

export function onlyOutOfBand(): TwitterError {
  return xmlError(
    401,
    417,
    "Desktop applications only support the oauth_callback value 'oob'",
    "the app has no callback URL",
  );
}

export function invalidVerifier(reason: string): TwitterError {
  return textError("Error processing your OAuth request: Invalid oauth_verifier parameter", reason);
}

export function reverseAuthInvalid(): TwitterError {
  return textError("Reverse auth credentials are invalid", "access_token was asked for without oauth_token");
}

export function requestTokenUnavailable(): TwitterError {
  return textError(
    "This feature is temporarily unavailable",
    "the request token is unknown, used, denied or too old",
  );
}
