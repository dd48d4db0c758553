/** A problem that the text of a consumer key or secret shows. */
export interface ShapeProblem {
  status: "fault" | "warning";
  message: string;
  fix: string;
}

const keysPage = "copy API Key and API Key Secret from the X app's “Keys and tokens” page";

/**
 * X's API keys have about 25 letters and digits, their secrets about 50. X documents neither length, so another length
 * is a warning. A value of another known kind is a fault.
 * @param raw the value as written, including white space around it
 */
export function judgeConsumerKey(raw: string): ShapeProblem | undefined {
  const value = raw.trim();
  const problem = judgePasting(raw) ?? judgeForeign(value);
  if (problem !== undefined) return problem;
  if (/^[A-Za-z0-9]{40,}$/.test(value)) {
    return {
      status: "fault",
      message: `it has ${value.length} characters, the length of a secret, not of a key`,
      fix: "swap the values of TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET",
    };
  }
  if (/^[A-Za-z0-9]{20,30}$/.test(value)) return undefined;
  return {
    status: "warning",
    message: `it does not look like an API key of X, which has about 25 letters and digits (it has ${value.length} characters)`,
    fix: keysPage,
  };
}

export function judgeConsumerSecret(raw: string): ShapeProblem | undefined {
  const value = raw.trim();
  const problem = judgePasting(raw) ?? judgeForeign(value);
  if (problem !== undefined) return problem;
  if (/^[A-Za-z0-9]{20,30}$/.test(value)) {
    return {
      status: "fault",
      message: `it has ${value.length} characters, the length of a key, not of a secret`,
      fix: "swap the values of TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET",
    };
  }
  if (/^[A-Za-z0-9]{40,60}$/.test(value)) return undefined;
  const oauth2 = /^[\w-]{40,60}$/.test(value);
  return {
    status: "warning",
    message: oauth2
      ? "it contains dashes or underscores, like an OAuth 2.0 Client Secret and unlike an API key secret"
      : `it does not look like an API key secret of X, which has about 50 letters and digits (it has ${value.length} characters)`,
    fix: keysPage,
  };
}

/** Characters that were copied with the value. */
function judgePasting(raw: string): ShapeProblem | undefined {
  const value = raw.trim();
  if (/["'`“”‘’]/.test(value)) {
    return {
      status: "fault",
      message: "it contains quotation marks",
      fix: "remove the quotation marks; in a .env file put them around the whole value",
    };
  }
  if (/\s/.test(value)) {
    return {
      status: "fault",
      message: "it contains white space or a line break",
      fix: "set it to the value alone",
    };
  }
  if (value === raw) return undefined;
  return {
    status: "warning",
    message: "it has white space or a line break around it, which auth-cli removes and other tools do not",
    fix: "set it to the value alone",
  };
}

/** Another value of the X app's page. */
function judgeForeign(value: string): ShapeProblem | undefined {
  if (isOAuth2ClientId(value)) {
    return {
      status: "fault",
      message: "it is an OAuth 2.0 Client ID, which OAuth 1.0a does not use",
      fix: keysPage,
    };
  }
  if (/^\d+-\w+$/.test(value)) {
    return {
      status: "fault",
      message: "it is an access token, which belongs to a user; the consumer key belongs to the app",
      fix: `${keysPage}; set TWITTER_ACCESS_TOKEN to the access token`,
    };
  }
  if (/^A{10,}/.test(value)) {
    return {
      status: "fault",
      message: "it is a bearer token, which OAuth 1.0a does not use",
      fix: keysPage,
    };
  }
  return undefined;
}

/**
 * Whether a text is an OAuth 2.0 Client ID of X, Base64 of `<random>:1:ci`. The X Developer Console shows it next to the
 * consumer key.
 */
export function isOAuth2ClientId(text: string): boolean {
  return /^[\w-]+:\d+:[a-z]{2}$/.test(Buffer.from(text, "base64url").toString("latin1"));
}
