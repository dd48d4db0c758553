import type { ShapeProblem } from "./consumer-key-shape.ts";
import type { TokenCredentials } from "./oauth1.ts";

const fromKeysPage =
  "copy Access Token and Access Token Secret from the X app's “Keys and tokens” page, or run `auth-cli login`";

/**
 * A problem that the text of an access token and its secret shows, worded as what is seen. X's access tokens start with
 * the user id and a dash. X does not document that, so a token without it is a warning. Never repeats either text.
 * @param consumerKey the X app's, where it is known
 */
export function judgeAccessToken(
  { token, secret }: TokenCredentials,
  consumerKey?: string,
): ShapeProblem | undefined {
  const separator = /^\d+-\w+([;:])\w+$/.exec(token)?.[1];
  if (separator !== undefined) {
    const name = separator === ";" ? "semicolon" : "colon";
    return fault(
      `the access token holds a token and its secret, joined by a ${name}`,
      `set the access token to the part before the ${name}, and its secret to the part after it`,
    );
  }
  const pasted = judgePasting("the access token", token) ?? judgePasting("the access token secret", secret);
  if (pasted !== undefined) return pasted;
  if (token === secret) return fault("the access token and its secret are the same text", fromKeysPage);
  if (consumerKey !== undefined && token === consumerKey) {
    return fault(
      "the access token is the consumer key, which belongs to the app, not to a user",
      fromKeysPage,
    );
  }
  if (/^A{10,}/.test(token)) {
    return fault("the access token is a bearer token, which belongs to the app, not to a user", fromKeysPage);
  }
  if (isOAuth2Token(token) || isOAuth2Token(secret)) {
    return fault(
      "the access token or its secret is an OAuth 2.0 token, which OAuth 1.0a does not use",
      fromKeysPage,
    );
  }
  if (!/^[\w.~+/-]*$/.test(token + secret)) {
    return fault(
      "the access token or its secret contains a character that Twitter's tokens do not contain",
      "set each to the bare value, without commas, colons or semicolons",
    );
  }
  if (/^\d{2,}-\w+$/.test(secret) && !startsWithUserId(token)) {
    return fault("the access token and its secret are swapped", "swap the access token and its secret");
  }
  if (startsWithUserId(token)) return undefined;
  return {
    status: "warning",
    message: "the access token does not start with a user id and a dash",
    fix: fromKeysPage,
  };
}

function startsWithUserId(text: string): boolean {
  return /^\d+-\w+$/.test(text);
}

/** Characters that were copied with the value. */
function judgePasting(name: string, value: string): ShapeProblem | undefined {
  if (/["'`“”‘’]/.test(value)) {
    return fault(`${name} contains quotation marks`, "remove the quotation marks");
  }
  if (/^bearer\s/i.test(value)) {
    return fault(`${name} starts with Bearer, the scheme of a header for OAuth 2.0 tokens`, fromKeysPage);
  }
  return /\s/.test(value)
    ? fault(`${name} contains white space or a line break`, "set it to the value alone")
    : undefined;
}

/** X's access and refresh tokens are Base64 of `<random>:<time>:1:1:at:1` and `…:rt:1`. */
function isOAuth2Token(text: string): boolean {
  return /:\d+:[a-z]{2}:\d+$/.test(Buffer.from(text, "base64url").toString("latin1"));
}

function fault(message: string, fix: string): ShapeProblem {
  return { status: "fault", message, fix };
}
