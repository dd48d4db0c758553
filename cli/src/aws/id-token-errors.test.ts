import { describe, expect, it } from "vitest";
import { explainProviderRefusal } from "./id-token-errors.ts";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const google = "accounts.google.com";
const userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI";

function tokenOf(claims: object = {}): string {
  const usual = { iss: `https://${google}`, sub: "1085", aud: "client-1", exp: 1_772_370_000 };
  return `${encode({ alg: "RS256" })}.${encode({ ...usual, ...claims })}.c2lnbmF0dXJl`;
}

const explain = (
  message: string,
  { provider = google, token = tokenOf(), type = "NotAuthorizedException" } = {},
) => explainProviderRefusal(type, message, { [provider]: token });

describe("explainProviderRefusal", () => {
  it.each<[string, string, RegExp, RegExp]>([
    [
      "Invalid login token. Token expired: 1772373600 >= 1772370000",
      "login-expired",
      /has expired: it was valid until 2026-03-01T13:00:00\.000Z/,
      /auth-cli login --login accounts\.google\.com=-/,
    ],
    [
      "Invalid login token. Issuer doesn't match providerName",
      "token-refused",
      /another provider/,
      /--login/,
    ],
    [
      "Invalid login token. Not a valid OpenId Connect identity token.",
      "token-refused",
      /signature that OpenID Connect allows/,
      /id_token/,
    ],
    ["Invalid login token. Missing a required claim: aud", "token-refused", /access token/, /IdToken/],
    [
      "Invalid login token. Incorrect token audience.",
      "token-refused",
      /for the client client-1/,
      /google: \{ clientId \}/,
    ],
    ["Invalid login token. Couldn't verify signed token.", "token-refused", /signature/, /complete/],
    [
      "Invalid login token. Can't pass in a Cognito token.",
      "token-refused",
      /comes from an identity pool/,
      /ID token/,
    ],
    [
      "Invalid login token. A new reason",
      "token-refused",
      /verified the token with accounts\.google/,
      /--login/,
    ],
    [
      "Token is not from a supported provider of this identity pool.",
      "provider-refused",
      /does not federate accounts\.google\.com/,
      /google: \{ clientId \}/,
    ],
    [
      "Logins don't match. Please include …",
      "provider-refused",
      /another identity pool/,
      /--identity-pool-id/,
    ],
    ["Access to Identity 'x' is forbidden.", "identity-refused", /another login/, /--login/],
    ["Unheard of", "cognito-refused", /refused the login by accounts/, /--login/],
  ])("%s", (message, code, cause, fix) => {
    const explanation = explain(message);
    expect(explanation?.code).toBe(code);
    expect(explanation?.cause).toMatch(cause);
    expect(explanation?.fix).toMatch(fix);
    expect(JSON.stringify(explanation)).not.toMatch(/Twitter|c2lnbmF0dXJl/);
    expect(explanation?.evidence).toEqual([
      "the token's claims: issuer https://accounts.google.com, audience client-1, valid until 2026-03-01T13:00:00.000Z",
    ]);
  });

  it("names the setting of the provider", () => {
    const unsupported = "Token is not from a supported provider of this identity pool.";
    const fixes = [
      ["graph.facebook.com", /facebook: \{ appId \}/],
      ["www.amazon.com", /amazon: \{ appId \}/],
      ["appleid.apple.com", /apple: \{ servicesId \}/],
      [userPool, /cognitoIdentityProviders/],
      ["my-tenant.eu.auth0.com", /AWS::IAM::OIDCProvider of https:\/\/my-tenant\.eu\.auth0\.com/],
    ] as const;
    for (const [provider, fix] of fixes) expect(explain(unsupported, { provider })?.fix).toMatch(fix);
    expect(explain(unsupported, { provider: userPool })?.cause).toMatch(
      /this user pool, or not for the client client-1/,
    );
  });

  it("names the actual issuer if it is valid", () => {
    const message = "Invalid login token. Issuer doesn't match providerName";
    const fixOf = (iss: unknown): string | undefined => explain(message, { token: tokenOf({ iss }) })?.fix;
    expect(fixOf("https://my-tenant.eu.auth0.com/")).toContain(
      "`auth-cli login --login my-tenant.eu.auth0.com=-`",
    );
    expect(fixOf("https://`rm -rf`")).not.toContain("rm");
    expect(fixOf(undefined)).toContain("--login accounts.google.com=-");
  });

  it("has no evidence for a token that is not an ID token", () => {
    const explanation = explain("Invalid login token. Not a valid OpenId Connect identity token.", {
      token: "EAAB",
    });
    expect(explanation?.cause).toMatch(/not an ID token/);
    expect(explanation?.evidence).toEqual([]);
  });

  it.each([
    ["ExternalServiceException", /could not verify the token with accounts\.google\.com/],
    ["InvalidParameterException", /malformed/],
    ["ValidationException", /malformed/],
    ["ResourceConflictException", /already linked/],
  ])("%s", (type, cause) => expect(explain("x", { type })?.cause).toMatch(cause));

  it("returns undefined for Twitter, for guests and for other errors", () => {
    const message = "Invalid login token.";
    expect(
      explainProviderRefusal("NotAuthorizedException", message, { "api.twitter.com": "a;b" }),
    ).toBeUndefined();
    expect(explainProviderRefusal("NotAuthorizedException", message, {})).toBeUndefined();
    expect(explain("x", { type: "ResourceNotFoundException" })).toBeUndefined();
  });
});
