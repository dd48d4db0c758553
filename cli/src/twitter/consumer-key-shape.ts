/** A fault or a doubt that the mere text of a consumer key or secret gives rise to. */
export interface ShapeProblem {
  status: "fault" | "warning";
  message: string;
  fix: string;
}

const keysPage = "copy API Key and API Key Secret from the X app's “Keys and tokens” page";

/**
 * X's API keys are some 25 letters and digits, their secrets some 50. X documents neither, so that another length is a
 * doubt only; what is known to be something else is a fault.
 * @param raw as it is written, white space around it included
 */
export function judgeConsumerKey(raw: string): ShapeProblem | undefined {
  const value = raw.trim();
  const problem = judgePasting(raw) ?? judgeForeign(value);
  if (problem !== undefined) return problem;
  if (/^[A-Za-z0-9]{40,}$/.test(value)) {
    return {
      status: "fault",
      message: `it has ${value.length} characters: that is the length of the secret, not of the key`,
      fix: "exchange the values of TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET",
    };
  }
  if (/^[A-Za-z0-9]{20,30}$/.test(value)) return undefined;
  return {
    status: "warning",
    message: `it does not look like an API key of X, which is some 25 letters and digits (it has ${value.length} characters)`,
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
      message: `it has ${value.length} characters: that is the length of the key, not of the secret`,
      fix: "exchange the values of TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET",
    };
  }
  if (/^[A-Za-z0-9]{40,60}$/.test(value)) return undefined;
  const oauth2 = /^[\w-]{40,60}$/.test(value);
  return {
    status: "warning",
    message: oauth2
      ? "it holds dashes or underscores, as an OAuth 2.0 Client Secret does and an API key secret does not"
      : `it does not look like an API key secret of X, which is some 50 letters and digits (it has ${value.length} characters)`,
    fix: keysPage,
  };
}

/** What was copied along with it. */
function judgePasting(raw: string): ShapeProblem | undefined {
  const value = raw.trim();
  if (/["'`“”‘’]/.test(value)) {
    return {
      status: "fault",
      message: "there are quotation marks in it",
      fix: "leave the quotation marks out; in a .env file they stand around the whole value",
    };
  }
  if (/\s/.test(value)) {
    return {
      status: "fault",
      message: "there is white space or a line break in it",
      fix: "set it to the value alone, without what was copied with it",
    };
  }
  if (value === raw) return undefined;
  return {
    status: "warning",
    message: "there is white space or a line break around it, which auth-cli drops and other tools do not",
    fix: "set it to the value alone",
  };
}

/** Another of the values that the X app's page shows. */
function judgeForeign(value: string): ShapeProblem | undefined {
  if (isOAuth2ClientId(value)) {
    return {
      status: "fault",
      message: "it is an OAuth 2.0 Client ID: OAuth 1.0a knows neither Client ID nor Client Secret",
      fix: keysPage,
    };
  }
  if (/^\d+-\w+$/.test(value)) {
    return {
      status: "fault",
      message: "it is an access token, which belongs to a user; the consumer key belongs to the app",
      fix: `${keysPage}; the access token goes into TWITTER_ACCESS_TOKEN`,
    };
  }
  if (/^A{10,}/.test(value)) {
    return {
      status: "fault",
      message: "it is a bearer token, which OAuth 1.0a does not know",
      fix: keysPage,
    };
  }
  return undefined;
}

/**
 * Whether a text is an OAuth 2.0 Client ID of X, which stands beside the consumer key in the developer portal and is
 * easily taken for it: Base64 of `<random>:1:ci`. A consumer key is some 25 letters and digits.
 */
export function isOAuth2ClientId(text: string): boolean {
  return /^[\w-]+:\d+:[a-z]{2}$/.test(Buffer.from(text, "base64url").toString("latin1"));
}
