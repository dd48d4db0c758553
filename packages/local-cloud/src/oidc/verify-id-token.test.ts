import { type Claims, type OidcIssuer, startOidcIssuer } from "@api-auth-twitter/test-support/oidc-issuer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIssuerDirectory, type IssuerDirectory } from "./issuers.ts";
import { type IdTokenVerdict, verifyIdToken } from "./verify-id-token.ts";

const providerName = "my-tenant.eu.auth0.com";
const nowSeconds = Math.floor(Date.now() / 1000);

let issuer: OidcIssuer;
let directory: IssuerDirectory;

beforeAll(async () => {
  issuer = await startOidcIssuer(providerName);
  directory = createIssuerDirectory({ [providerName]: `${issuer.url}/` });
});
afterAll(() => issuer.close());

const verify = (token: string, clientIds = ["client-1", "client-2"]): Promise<IdTokenVerdict> =>
  verifyIdToken(token, {
    providerName,
    clientIds,
    keys: () => directory.keysOf(providerName),
    now: () => new Date(nowSeconds * 1000),
  });

const tamperWith = (token: string): string => {
  const [header, payload = "", signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
  const other = Buffer.from(JSON.stringify({ ...claims, sub: "somebody-else" })).toString("base64url");
  return [header, other, signature].join(".");
};

describe("an ID token", () => {
  it.each<[string, Claims, string]>([
    ["of the pool's client", {}, "client-1"],
    ["for several, the pool's among them", { aud: ["other", "client-2"] }, "client-2"],
    ["whose authorized party is the pool's client", { aud: "other", azp: "client-2" }, "client-2"],
    ["with a slash after its issuer, as in Auth0's tokens", { iss: `https://${providerName}/` }, "client-1"],
    ["with an issuer without https://, as in Google's older tokens", { iss: providerName }, "client-1"],
    ["that expired within the grace period", { exp: nowSeconds - 299 }, "client-1"],
    ["from a clock that is ahead", { nbf: nowSeconds + 299 }, "client-1"],
  ])("%s is accepted", async (_name, claims, clientId) => {
    expect(await verify(issuer.idToken(claims))).toMatchObject({ ok: true, userId: "user-1", clientId });
  });

  it.each<[string, () => string, string]>([
    ["that is not a JWT", () => "EAABwzLixnjYBO", "Not a valid OpenId Connect identity token."],
    ["that is empty between its dots", () => "..", "Not a valid OpenId Connect identity token."],
    [
      "without JSON",
      () => `${Buffer.from("{}").toString("base64url")}.e30.x`,
      "Not a valid OpenId Connect identity token.",
    ],
    ["that is unsigned", () => issuer.forgedToken("none", {}), "Not a valid OpenId Connect identity token."],
    ["signed with the public key", () => issuer.forgedToken("HS256", {}), "Couldn't verify signed token."],
    ["that was changed", () => tamperWith(issuer.idToken({})), "Couldn't verify signed token."],
    ["that was cut", () => issuer.idToken({}).slice(0, -9), "Couldn't verify signed token."],
    [
      "of another issuer",
      () => issuer.idToken({ iss: "https://accounts.google.com" }),
      "Issuer doesn't match providerName",
    ],
    ["without an issuer", () => issuer.idToken({ iss: undefined }), "Issuer doesn't match providerName"],
    [
      "that has expired",
      () => issuer.idToken({ exp: nowSeconds - 300 }),
      `Token expired: ${nowSeconds} >= ${nowSeconds - 300}`,
    ],
    ["without an expiry", () => issuer.idToken({ exp: undefined }), "Missing a required claim: exp"],
    ["without a subject", () => issuer.idToken({ sub: undefined }), "Missing a required claim: sub"],
    [
      "without an audience, like an access token",
      () => issuer.idToken({ aud: undefined }),
      "Missing a required claim: aud",
    ],
    [
      "that is not valid yet",
      () => issuer.idToken({ nbf: nowSeconds + 301 }),
      `Token is not valid before ${nowSeconds + 301}`,
    ],
  ])("%s is rejected", async (_name, token, message) => {
    expect(await verify(token())).toEqual({ ok: false, fault: "invalid", message });
  });

  it.each<[string, Claims]>([
    ["for another client", { aud: "other" }],
    ["whose authorized party is another client", { aud: "client-1", azp: "other" }],
  ])("%s is rejected for its audience", async (_name, claims) => {
    const verdict = await verify(issuer.idToken(claims));
    expect(verdict).toEqual({ ok: false, fault: "audience", message: "Incorrect token audience." });
  });
});

describe("an issuer", () => {
  it("is asked for its keys once, and again when a token has a new key", async () => {
    await verify(issuer.idToken({}));
    const before = issuer.keyRequests();
    await verify(issuer.idToken({}));
    expect(issuer.keyRequests()).toBe(before);
    const old = issuer.idToken({});
    issuer.replaceKey();
    // The keys are fetched at most once a second.
    await expect.poll(async () => (await verify(issuer.idToken({}))).ok, { timeout: 5000 }).toBe(true);
    expect(await verify(old)).toMatchObject({ ok: false, message: "Couldn't verify signed token." });
  });

  it("for a host serves the issuers below it", async () => {
    const host = "cognito-idp.us-east-1.amazonaws.com";
    const name = `${host}/us-east-1_AbCdEfGhI`;
    const pools = await startOidcIssuer(host);
    try {
      const other = createIssuerDirectory({ [host]: pools.url });
      const verdict = await verifyIdToken(pools.idToken({ iss: `https://${name}` }), {
        providerName: name,
        clientIds: ["client-1"],
        keys: () => other.keysOf(name),
        now: () => new Date(),
      });
      expect(verdict).toMatchObject({ ok: true });
    } finally {
      await pools.close();
    }
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    ["without an address", () => ({}), /--oidc-issuer my-tenant\.eu\.auth0\.com=/],
    [
      "that does not exist",
      () => ({ [providerName]: "http://127.0.0.1:9" }),
      /cannot reach my-tenant\.eu\.auth0\.com at http:\/\/127/,
    ],
    ["with another name", () => ({ [providerName]: `${issuer.url}/other` }), /is not https:\/\/my-tenant/],
  ])("%s is unavailable", async (_name, issuers, message) => {
    const other = createIssuerDirectory(issuers());
    const verdict = await verifyIdToken(issuer.idToken({}), {
      providerName,
      clientIds: ["client-1"],
      keys: () => other.keysOf(providerName),
      now: () => new Date(),
    });
    expect(verdict).toEqual({
      ok: false,
      fault: "unavailable",
      message: expect.stringMatching(message) as string,
    });
  });
});
