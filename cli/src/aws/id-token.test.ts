import { describe, expect, it } from "vitest";
import { issuerName, readIdToken } from "./id-token.ts";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const tokenOf = (claims: unknown, header: unknown = { alg: "RS256" }): string =>
  `${encode(header)}.${encode(claims)}.c2lnbmF0dXJl`;

describe("an ID token", () => {
  it("has subject, issuer, audience and expiry", () => {
    const claims = {
      iss: "https://accounts.google.com",
      sub: "1085",
      aud: "client",
      exp: 1_772_370_000,
      email: "carol@example.com",
    };
    expect(readIdToken(tokenOf(claims))).toEqual({
      subject: "1085",
      name: "carol@example.com",
      issuer: "https://accounts.google.com",
      audiences: ["client"],
      expiresAt: "2026-03-01T13:00:00.000Z",
    });
  });

  it.each<[string, object, string | undefined]>([
    ["a user pool's user name", { sub: "s", "cognito:username": "carol" }, "carol"],
    ["the preferred user name", { sub: "s", preferred_username: "carol" }, "carol"],
    ["the subject", { sub: "auth0|5f7C" }, "auth0|5f7C"],
    ["letters of any script", { email: "zoë@例え.jp" }, "zoë@例え.jp"],
    ["nothing", {}, undefined],
    ["nothing that moves a cursor", { email: "\u001b[2Jx", sub: "a\nb" }, undefined],
    ["nothing endless", { sub: "a".repeat(257) }, undefined],
    ["nothing of another type", { sub: 7, email: ["x"] }, undefined],
  ])("names the user by %s", (_name, claims, name) => {
    expect(readIdToken(tokenOf(claims))?.name).toBe(name);
  });

  it.each([Number.NaN, 1e300, "soon", null, undefined])("has no expiry when exp is %s", (exp) => {
    expect(readIdToken(tokenOf({ exp }))?.expiresAt).toBeUndefined();
  });

  it.each([
    "",
    "a.b",
    "a.b.c",
    "..",
    `${encode({})}.${encode({})}.x`,
    tokenOf([]),
    tokenOf(null),
    "EAAB.!.x",
  ])("is not %j", (token) => expect(readIdToken(token)).toBeUndefined());
});

it("issuerName removes https:// and the slash at the end", () => {
  expect(issuerName("https://my-tenant.eu.auth0.com/")).toBe("my-tenant.eu.auth0.com");
  expect(issuerName("accounts.google.com")).toBe("accounts.google.com");
});
