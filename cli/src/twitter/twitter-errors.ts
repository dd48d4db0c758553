import { AuthCliError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { isOAuth2ClientId } from "./consumer-key-shape.ts";
import { excerpt, headerValue, measureClockSkew, type Reply, replyText } from "../http.ts";
import { parseJsonObject } from "../json.ts";
import type { ClientCredentials } from "./oauth1.ts";

/** An error as Twitter reports it. Some have a numeric code. */
export interface TwitterFault {
  code: number | undefined;
  /** The URL of a problem's kind, `https://api.twitter.com/2/problems/credits`. */
  type?: string;
  message: string;
}

/**
 * Parses an error of Twitter: JSON of v1.1, problem details of v2, one of two XML formats, or plain text. The XML is one
 * element deep, so regular expressions suffice. Everything else counts as plain text.
 * @see https://docs.x.com/x-api/fundamentals/response-codes-and-errors
 */
export function parseTwitterFault(text: string): TwitterFault {
  const trimmed = text.trim();
  const json = parseJsonObject(trimmed);
  if (json !== undefined) return parseJsonFault(json, trimmed);
  const coded = /<error\s+code="(\d+)"\s*>([^<]*)<\/error>/.exec(trimmed);
  if (coded) return { code: Number(coded[1]), message: decodeEntities(coded[2] ?? "") };
  const plain = /<error>([^<]*)<\/error>/.exec(trimmed);
  if (plain) return { code: undefined, message: decodeEntities(plain[1] ?? "") };
  return { code: undefined, message: trimmed };
}

/** The fields of v1.1 and of problem details. Nothing guarantees their types. */
type JsonFault = Partial<
  Record<"errors" | "error" | "code" | "message" | "type" | "title" | "detail", unknown>
>;

function parseJsonFault(body: JsonFault, text: string): TwitterFault {
  const first: unknown = Array.isArray(body.errors) ? body.errors[0] : body.errors;
  const inner: JsonFault = typeof first === "object" && first !== null ? first : {};
  const words = [body.title, body.detail, inner.title, inner.detail, inner.message, first, body.error];
  const type = [body.type, inner.type].find(isText);
  return {
    code: typeof inner.code === "number" ? inner.code : undefined,
    ...(type !== undefined && { type }),
    message: [...new Set(words.filter(isText))].join(": ") || text,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The context of a refused request. */
export interface TwitterErrorContext {
  apiUrl: URL;
  /** Milliseconds since the epoch. */
  nowMs: number;
  clientCredentials?: ClientCredentials;
}

interface Explanation {
  code: ErrorCode;
  /** When the code has several causes. */
  reason?: ErrorDetails["reason"];
  cause: string;
  fix: string;
}

/** By Twitter's numeric code. */
const explanations: Record<number, Explanation> = {
  32: {
    code: "client-credentials-refused",
    cause:
      "the consumer key and secret are not the X app's API key and secret, or the signature does not match " +
      "(Twitter gives the same answer to an OAuth 2.0 Client ID)",
    fix: "copy API Key and API Key Secret from the X app's “Keys and tokens” page into TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET",
  },
  88: {
    code: "rate-limited",
    cause: "the requests exceed Twitter's rate limit for this endpoint",
    fix: "wait until the limit resets (within 15 minutes), then run the command again",
  },
  89: {
    code: "token-refused",
    cause: "the access token was revoked, or belongs to another X app",
    fix: "run `auth-cli login` again",
  },
  135: {
    code: "clock-refused",
    cause: "this computer's clock differs from Twitter's by more than Twitter accepts",
    fix: "set the clock (for example `sudo timedatectl set-ntp true`), then run the command again",
  },
  215: {
    code: "twitter-refused",
    cause: "the request reached Twitter without its Authorization header; a proxy may remove it",
    fix: "check the proxy and TWITTER_API_URL",
  },
  326: {
    code: "token-refused",
    cause: "X has locked this account until its owner confirms it",
    fix: "log in at https://x.com, confirm the account, then run `auth-cli login` again",
  },
  415: {
    code: "callback-refused",
    reason: "callback-not-approved",
    cause: "the callback URL is not registered with the X app",
    fix: "add the callback URL under “User authentication settings” of the X app; even the PIN login needs one",
  },
  416: {
    code: "app-suspended",
    cause: "X has suspended this app",
    fix: "check the app's state in the X Developer Console (https://console.x.com), or use the keys of another app",
  },
  417: {
    code: "callback-refused",
    reason: "callback-missing",
    cause: "the X app has no callback URL registered",
    fix: "add any callback URL under “User authentication settings” of the X app; even the PIN login needs one",
  },
  453: {
    code: "access-tier",
    cause: "the X app's access tier does not include this endpoint",
    fix: "raise the app's access tier in the X Developer Console (https://console.x.com); login does not need this endpoint",
  },
};

const creditsDepleted: Explanation = {
  code: "credits-depleted",
  reason: "credits-depleted",
  cause: "the X account that owns the app has no credits left, and X charges its requests to them",
  fix: "buy credits in the X Developer Console (https://console.x.com), then run the command again",
};

/** By the last part of a problem's type. */
const problemExplanations: Record<string, Explanation> = {
  credits: creditsDepleted,
  "usage-capped": {
    code: "rate-limited",
    cause: "the X app's project has used up its usage cap",
    fix: "check the usage cap and when it resets in the X Developer Console (https://console.x.com)",
  },
};

function explanationOfType(type: string | undefined): Explanation | undefined {
  const [, name = ""] = /\/problems\/([\w-]+)$/.exec(type ?? "") ?? [];
  return Object.hasOwn(problemExplanations, name) ? problemExplanations[name] : undefined;
}

/** By the message of an error without a code. */
const textExplanations: readonly [RegExp, Explanation][] = [
  [
    /invalid oauth_verifier|oauth_verifier parameter/i,
    {
      code: "verifier-refused",
      cause: "the PIN is mistyped, belongs to another login, or was used before",
      fix: "run `auth-cli login` again and type the PIN from the page that it opens",
    },
  ],
  [
    /temporarily unavailable|request token|reverse auth credentials/i,
    {
      code: "temporary-credentials-refused",
      cause: "this login was completed before, was cancelled on the page, or took too long",
      fix: "run `auth-cli login` again; each login needs a new page and a new PIN",
    },
  ],
  [/desktop applications only support/i, explanationOf(417)],
  [/callback url not approved/i, explanationOf(415)],
  [/timestamp out of bounds/i, explanationOf(135)],
  [/could not authenticate/i, explanationOf(32)],
  [/\bCreditsDepleted\b/i, creditsDepleted],
];

function explanationOf(code: number): Explanation {
  const explanation = explanations[code];
  if (explanation === undefined) throw new Error(`no explanation for Twitter's code ${code}`);
  return explanation;
}

/** Whether Twitter refused the timestamp of the signature. */
export function isRefusedForTime(_status: number, text: string): boolean {
  const { code, message } = parseTwitterFault(text);
  return code === 135 || /timestamp out of bounds/i.test(message);
}

/** Converts a refusal by Twitter. An unknown one keeps Twitter's message. */
export function twitterError(
  reply: Reply,
  { nowMs, apiUrl, clientCredentials }: TwitterErrorContext,
): AuthCliError {
  const fault = parseTwitterFault(replyText(reply));
  const said = `Twitter answered HTTP ${reply.status}${fault.code === undefined ? "" : `, code ${fault.code}`}: ${excerpt(fault.message)}`;
  const explanation =
    (fault.code === undefined ? undefined : explanations[fault.code]) ??
    explanationOfType(fault.type) ??
    (reply.status === 429 ? explanationOf(88) : undefined) ??
    // A gateway that is down sends its own text.
    (reply.status >= 500
      ? undefined
      : textExplanations.find(([pattern]) => pattern.test(fault.message))?.[1]);
  if (explanation?.code === "client-credentials-refused" && isOAuth2ClientId(clientCredentials?.key ?? "")) {
    return new AuthCliError(explanation.code, {
      step: reply.step,
      message: said,
      cause:
        "the consumer key is an OAuth 2.0 Client ID, which X shows on the same page and accepts for OAuth 2.0 only",
      fix: `${explanation.fix}; both are further up on that page, and the key has letters and digits only`,
      reason: "client-id-as-consumer-key",
      evidence: ["decoded from Base64, it ends with `:1:ci`, like every Client ID"],
    });
  }
  if (explanation !== undefined) {
    return new AuthCliError(explanation.code, {
      step: reply.step,
      message: said + rateLimitReset(reply, explanation),
      cause: explanation.cause + clockEvidence(reply, nowMs, explanation),
      fix: explanation.fix,
      ...(explanation.reason !== undefined && { reason: explanation.reason }),
    });
  }
  if (reply.status >= 500) {
    return new AuthCliError("server-error", {
      step: reply.step,
      message: said,
      cause: `${apiUrl.host} failed`,
      fix: "run the command again in a minute",
    });
  }
  return new AuthCliError([401, 402, 403].includes(reply.status) ? "twitter-refused" : "unexpected-reply", {
    step: reply.step,
    message: said,
    cause: `${apiUrl.host} refused the request for an unknown reason`,
    fix: "check TWITTER_API_URL, the consumer key and secret, and the X app's settings",
  });
}

function rateLimitReset(reply: Reply, explanation: Explanation): string {
  if (explanation.code !== "rate-limited") return "";
  const reset = new Date(Number(headerValue(reply.headers, "x-rate-limit-reset")) * 1000);
  return reset.getTime() > 0 ? `; the limit resets at ${reset.toISOString()}` : "";
}

function clockEvidence(reply: Reply, nowMs: number, explanation: Explanation): string {
  if (explanation.code !== "clock-refused") return "";
  const skew = measureClockSkew(reply.headers, nowMs);
  if (skew === undefined || skew === 0) return "";
  return `: by the reply's Date header, it is ${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead"}`;
}

function decodeEntities(text: string): string {
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (whole, name: string) => entities[name] ?? whole);
}
