import { describe, expect, it } from "vitest";
import { type AuthCliError, formatError } from "../errors.ts";
import type { Header, Reply } from "../http.ts";
import { parseTwitterFault, twitterError } from "./twitter-errors.ts";

const nowMs = Date.parse("2026-03-01T12:00:00Z");
const apiUrl = new URL("https://api.x.com");

function errorOf(status: number, body: string, headers: readonly Header[] = []): AuthCliError {
  const reply: Reply = {
    step: "twitter.request_token",
    status,
    statusText: "",
    httpVersion: "1.1",
    headers,
    body: Buffer.from(body),
  };
  return twitterError(reply, { nowMs, apiUrl });
}

/** The four formats of an error. */
const shapes = {
  JSON: (code: number, message: string) => JSON.stringify({ errors: [{ code, message }] }),
  "XML with a code": (code: number, message: string) =>
    `<?xml version='1.0' encoding='UTF-8'?><errors><error code="${code}">${message}</error></errors>`,
  "XML without a code": (_code: number, message: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<hash>\n  <error>${message}</error>\n  <request>/oauth/request_token</request>\n</hash>`,
  text: (_code: number, message: string) => message,
};

/** Errors of Twitter with their causes and fixes. */
const faults: {
  status: number;
  number: number;
  message: string;
  code: string;
  cause: RegExp;
  fix: RegExp;
  /** Only the code identifies it, not the message. */
  onlyByNumber?: boolean;
}[] = [
  {
    status: 401,
    number: 32,
    message: "Could not authenticate you.",
    code: "client-credentials-refused",
    cause: /consumer key and secret.*OAuth 2\.0 Client ID/,
    fix: /TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET/,
  },
  {
    status: 401,
    number: 89,
    message: "Invalid or expired token.",
    code: "token-refused",
    cause: /revoked/,
    fix: /auth-cli login/,
    onlyByNumber: true,
  },
  {
    status: 401,
    number: 135,
    message: "Timestamp out of bounds.",
    code: "clock-refused",
    cause: /clock/,
    fix: /set the clock/,
  },
  {
    status: 400,
    number: 215,
    message: "Bad Authentication data.",
    code: "twitter-refused",
    cause: /Authorization header/,
    fix: /proxy/,
    onlyByNumber: true,
  },
  {
    status: 403,
    number: 415,
    message: "Callback URL not approved for this client application. Approved callback URLs can be adjusted",
    code: "callback-refused",
    cause: /not registered/,
    fix: /User authentication settings/,
  },
  {
    status: 401,
    number: 417,
    message: "Desktop applications only support the oauth_callback value 'oob'",
    code: "callback-refused",
    cause: /no callback URL registered/,
    fix: /even the PIN login/,
  },
  {
    status: 401,
    number: 416,
    message: "Invalid / suspended application",
    code: "app-suspended",
    cause: /suspended/,
    fix: /X Developer Console \(https:\/\/console\.x\.com\)/,
    onlyByNumber: true,
  },
  {
    status: 403,
    number: 453,
    message: "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints",
    code: "access-tier",
    cause: /access tier/,
    fix: /X Developer Console \(https:\/\/console\.x\.com\)/,
    onlyByNumber: true,
  },
];

describe.each(faults)("HTTP $status, code $number", ({ onlyByNumber, ...fault }) => {
  const readable = Object.entries(shapes).filter(
    ([shape]) => onlyByNumber !== true || shape === "JSON" || shape === "XML with a code",
  );
  it.each(readable)(`as %s is ${fault.code}`, (_shape, write) => {
    const error = errorOf(fault.status, write(fault.number, fault.message));
    expect(error.code).toBe(fault.code);
    expect(error.step).toBe("twitter.request_token");
    expect(error.message).toContain(`HTTP ${fault.status}`);
    expect(error.message).toContain(fault.message);
    expect(error.cause).toMatch(fault.cause);
    expect(error.fix).toMatch(fault.fix);
    expect(error.exitCode).toBe(4);
  });
});

describe("errors without a code", () => {
  it.each([
    ["Error processing your OAuth request: Invalid oauth_verifier parameter", "verifier-refused", /PIN/],
    ["Reverse auth credentials are invalid", "temporary-credentials-refused", /completed before/],
    ["This feature is temporarily unavailable", "temporary-credentials-refused", /completed before/],
    [
      "Whoa there! The request token for this page is invalid. It may have already been used",
      "temporary-credentials-refused",
      /completed before/,
    ],
  ])("%s is %s", (text, code, cause) => {
    const error = errorOf(401, text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.cause).toMatch(cause);
    expect(error.fix).toContain("auth-cli login");
  });

  it("does not mistake a server that is down for a used login", () => {
    const error = errorOf(503, "<html><h1>503 Service Temporarily Unavailable</h1></html>");
    expect(error.code).toBe("server-error");
    expect(error.exitCode).toBe(1);
    expect(error.cause).toContain("api.x.com");
  });
});

describe("problem details", () => {
  const credits = {
    title: "CreditsDepleted",
    detail: "Your enrolled account [1] does not have any credits to fulfill this request.",
    type: "https://api.twitter.com/2/problems/credits",
    account_id: 1,
  };

  it.each<[string, unknown]>([
    ["all fields", credits],
    ["the type only", { type: "https://api.x.com/2/problems/credits" }],
    ["the title only", { title: "CreditsDepleted" }],
    ["as the first of several errors", { errors: [credits, { title: "Other" }] }],
    ["with a status", { ...credits, status: 402 }],
  ])("of an account without credits are credits-depleted: %s", (_what, body) => {
    const error = errorOf(402, JSON.stringify(body));
    expect([error.code, error.reason, error.exitCode]).toEqual(["credits-depleted", "credits-depleted", 4]);
    expect(error.cause).toContain("no credits left");
    expect(error.fix).toContain("console.x.com");
  });

  it("of credits are shown with title and detail", () => {
    expect(errorOf(402, JSON.stringify(credits)).message).toBe(
      `Twitter answered HTTP 402: "CreditsDepleted: ${credits.detail}"`,
    );
  });

  it("of a usage cap name the cap, not the limit of 15 minutes", () => {
    const error = errorOf(
      429,
      '{"title":"UsageCapExceeded","detail":"Usage cap exceeded: Monthly product cap","type":"https://api.twitter.com/2/problems/usage-capped"}',
    );
    expect(error.code).toBe("rate-limited");
    expect(error.cause).toContain("usage cap");
    expect(error.fix).not.toContain("15 minutes");
  });

  it.each<[status: number, body: unknown, code: string, said: string]>([
    [
      403,
      {
        title: "Client Forbidden",
        detail: "No Project.",
        type: "https://api.x.com/2/problems/client-forbidden",
      },
      "twitter-refused",
      "Client Forbidden: No Project.",
    ],
    [
      401,
      { title: "Unauthorized", detail: "Unauthorized", type: "about:blank" },
      "twitter-refused",
      "Unauthorized",
    ],
    [402, { title: "Other", detail: "New." }, "twitter-refused", "Other: New."],
    [
      400,
      {
        errors: [{ message: "The id is not valid" }],
        title: "Invalid Request",
        detail: "Parameters were invalid.",
      },
      "unexpected-reply",
      "Invalid Request: Parameters were invalid.: The id is not valid",
    ],
    [403, { errors: [{ title: "T", detail: "D" }] }, "twitter-refused", "T: D"],
    [403, { type: "https://api.x.com/2/problems/constructor", title: "T" }, "twitter-refused", "T"],
    [403, { title: 7, detail: ["x"], type: {} }, "twitter-refused", '{"title":7,"detail":["x"],"type":{}}'],
    [503, { title: "Service Unavailable", detail: "Down." }, "server-error", "Service Unavailable: Down."],
  ])("with an unknown type, HTTP %i %j, keep title and detail", (status, body, code, said) => {
    const error = errorOf(status, JSON.stringify(body));
    expect(error.code).toBe(code);
    expect(error.reason).toBeUndefined();
    expect(error.message).toContain(`HTTP ${status}: "${said}"`);
  });

  it("do not hide the numeric code of an error", () => {
    const error = errorOf(403, '{"title":"Forbidden","errors":[{"code":453,"message":"subset"}]}');
    expect(error.code).toBe("access-tier");
  });
});

it("an empty HTTP 402 has an unknown reason", () => {
  expect(errorOf(402, "")).toMatchObject({ code: "twitter-refused", reason: undefined });
});

describe("a rate limit", () => {
  const body = shapes.JSON(88, "Rate limit exceeded");

  it("shows when it resets", () => {
    const error = errorOf(429, body, [["x-rate-limit-reset", "1772366700"]]);
    expect(error.code).toBe("rate-limited");
    expect(error.message).toContain("2026-03-01T12:05:00.000Z");
  });

  it("is recognized by its status when the body is empty", () => {
    expect(errorOf(429, "").code).toBe("rate-limited");
  });

  it.each(["", "soon", "-1", "99999999999999999999", "Infinity"])(
    "shows no time when the reset time is %j",
    (reset) => {
      const error = errorOf(429, body, [["x-rate-limit-reset", reset]]);
      expect(error.code).toBe("rate-limited");
      expect(formatError(error).join("\n")).not.toMatch(/resets at|Invalid Date/);
    },
  );
});

describe("a wrong clock", () => {
  const body = shapes.JSON(135, "Timestamp out of bounds.");

  it.each([
    ["Sun, 01 Mar 2026 12:10:00 GMT", /it is 600 s behind/],
    ["Sun, 01 Mar 2026 11:50:00 GMT", /it is 600 s ahead/],
  ])("is compared with the Date header %s", (date, evidence) => {
    expect(errorOf(401, body, [["date", date]]).cause).toMatch(evidence);
  });

  it.each([[[]], [[["Date", "nonsense"] as const]]])(
    "is reported without a number when the headers are %j",
    (headers) => {
      const { code, cause } = errorOf(401, body, headers);
      expect(code).toBe("clock-refused");
      expect(cause).not.toMatch(/NaN|undefined|\d s /);
    },
  );
});

describe("an unknown error", () => {
  it.each([
    [401, '{"errors":[{"code":9999,"message":"A new rule"}]}', "twitter-refused", "code 9999", "A new rule"],
    [
      403,
      '<errors><error code="777">Not today &amp; not &lt;here&gt;</error></errors>',
      "twitter-refused",
      "code 777",
      "Not today & not <here>",
    ],
    [401, '{"title":"Unauthorized","detail":"Go away"}', "twitter-refused", "HTTP 401", "Go away"],
    [403, '{"errors":"Blocked"}', "twitter-refused", "HTTP 403", "Blocked"],
    [403, '{"error":"Blocked too"}', "twitter-refused", "HTTP 403", "Blocked too"],
    [404, "<html><title>nginx</title></html>", "unexpected-reply", "HTTP 404", "nginx"],
    [302, "", "unexpected-reply", "HTTP 302", "an empty body"],
    [500, '{"errors":[{"message":"Internal error"}]}', "server-error", "HTTP 500", "Internal error"],
    [401, '{"errors":[', "twitter-refused", "HTTP 401", '{"errors":['],
    [401, '{"errors":[null]}', "twitter-refused", "HTTP 401", "null"],
    [401, '{"errors":[{"code":"32","message":7}]}', "twitter-refused", "HTTP 401", '"code":"32"'],
  ])("HTTP %i %s keeps its message", (status, body, code, number, words) => {
    const error = errorOf(status, body);
    expect(error.code).toBe(code);
    expect(error.message).toContain(number);
    expect(error.message).toContain(words);
  });

  it("is one short line without control characters", () => {
    const { message } = errorOf(403, `\u001b[31mred\u001b[0m\r\n\u0007${"long ".repeat(500)}`);
    // oxlint-disable-next-line no-control-regex -- the test looks for them
    expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(message.length).toBeLessThan(300);
  });
});

it("parseTwitterFault takes the first of several errors", () => {
  expect(parseTwitterFault('{"errors":[{"code":89,"message":"a"},{"code":32,"message":"b"}]}')).toEqual({
    code: 89,
    message: "a",
  });
});
