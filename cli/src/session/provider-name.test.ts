import { describe, expect, it } from "vitest";
import { failure } from "../../test/fakes/fake-environment.ts";
import { parseProviderName } from "./provider-name.ts";

describe("a provider's name", () => {
  it.each([
    "accounts.google.com",
    "graph.facebook.com",
    "www.amazon.com",
    "appleid.apple.com",
    "api.twitter.com",
    "my-tenant.eu.auth0.com",
    "login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
    "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI",
    "cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbCdEfGhI",
  ])("is %s", (name) => expect(parseProviderName(name, "--login")).toBe(name));

  it.each([
    ["https://accounts.google.com", "does not start with https://", "use `--login accounts.google.com"],
    [
      "https://my-tenant.eu.auth0.com/",
      "does not start with https://",
      "use `--login my-tenant.eu.auth0.com",
    ],
    ["http://localhost", "does not start with https://", "accounts.google.com, "],
    ["my-tenant.eu.auth0.com/", "does not end with a slash", "use `--login my-tenant.eu.auth0.com"],
    ["google", "Cognito's name for ", "use `--login accounts.google.com"],
    ["Facebook.com", "Cognito's name for ", "use `--login graph.facebook.com"],
    ["https://www.facebook.com/", "does not start with https://", "use `--login graph.facebook.com"],
    ["x.com", "Cognito's name for ", "use `--login api.twitter.com"],
    [
      "cognito-idp.us-east-1.amazonaws.com",
      "ends with the pool id",
      "use `--login cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI",
    ],
    [
      "cognito-idp.us-east-1.amazonaws.com/AbCdEfGhI",
      "ends with the pool id",
      "use `--login cognito-idp.us-east-1.amazonaws.com/us-east-1_",
    ],
    [
      "cognito-idp.us-east-1.amazonaws.com/eu-west-1_AbCdEfGhI",
      "is in eu-west-1",
      "use `--login cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    ],
    ["accounts.google.com:443", "a lowercase host", "accounts.google.com, "],
    ["", "a lowercase host", "accounts.google.com, "],
    [`${"a".repeat(127)}.com`, "a lowercase host", "accounts.google.com, "],
  ])("rejects %j", async (name, cause, fix) => {
    const error = await failure(() => parseProviderName(name, "--login"));
    expect(error).toMatchObject({ code: "invalid-usage", exitCode: 2 });
    expect(error.cause).toContain(cause);
    expect(error.fix).toContain(fix);
  });

  it("names the provider and the flag to use", async () => {
    expect(await failure(() => parseProviderName("google", "--login"))).toMatchObject({
      message: 'invalid --login provider "google"',
      cause: "Cognito's name for Google is accounts.google.com",
      fix: "use `--login accounts.google.com=-`",
    });
    expect(await failure(() => parseProviderName("x", "AUTH_CLI_LOGIN", "env:TOKEN"))).toMatchObject({
      message: 'invalid AUTH_CLI_LOGIN provider "x"',
      cause: "Cognito's name for Twitter is api.twitter.com",
      fix: "use `AUTH_CLI_LOGIN=api.twitter.com=env:TOKEN`",
    });
  });

  it.each(["eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl", "1234-AbCdEfGh;secret", "EAABwzLixnjYBO"])(
    "does not repeat a possible token: %s",
    async (token) => {
      const error = await failure(() => parseProviderName(token, "--login"));
      expect([error.message, error.cause, error.fix].join("\n")).not.toContain(token);
    },
  );
});
