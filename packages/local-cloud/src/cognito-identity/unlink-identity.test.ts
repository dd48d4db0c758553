import { beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../aws/json-protocol.ts";
import {
  createIdentityFixture,
  type IdentityFixture,
  identityPoolId,
  login,
} from "../../test/identity-fixture.ts";
import { createIdentities, type VerifiedLogin } from "./identities.ts";

let fixture: IdentityFixture;
beforeEach(() => {
  fixture = createIdentityFixture();
});

const unlink = (IdentityId: string, Logins: JsonObject) =>
  fixture.call("UnlinkIdentity", { IdentityId, Logins, LoginsToRemove: ["api.twitter.com"] });

describe("UnlinkIdentity", () => {
  it("removes a login, which is then another identity's", async () => {
    const identityId = await fixture.getId("42");
    expect(await fixture.call("DescribeIdentity", { IdentityId: identityId })).toMatchObject({
      Logins: ["api.twitter.com"],
      CreationDate: fixture.clock.now,
    });
    expect(await unlink(identityId, login("42"))).toEqual({});
    await expect(fixture.call("DescribeIdentity", { IdentityId: identityId })).rejects.toThrow("not found");
    expect(await fixture.getId("42")).not.toBe(identityId);
  });

  it("needs a login of the identity", async () => {
    const identityId = await fixture.getId("42");
    await expect(unlink(identityId, login("43"))).rejects.toThrow("Logins don't match");
    await expect(unlink(identityId, {})).rejects.toThrow("is forbidden");
    expect(await fixture.getId("42")).toBe(identityId);
  });
});

const create = () =>
  createIdentities(
    () => crypto.randomUUID(),
    () => fixture.clock.now,
  );

describe("an identity with several logins", () => {
  const twitter: VerifiedLogin = { provider: "api.twitter.com", userId: "42", claims: {} };
  const google: VerifiedLogin = { provider: "accounts.google.com", userId: "g", claims: {} };

  it("is found by each of them, and keeps the others when one is removed", () => {
    const identities = create();
    const { identityId } = identities.forLogins(identityPoolId, [twitter]);
    const both = identities.forLogins(identityPoolId, [twitter, google]);
    expect(both.identityId).toBe(identityId);
    expect(identities.forLogins(identityPoolId, [google]).identityId).toBe(identityId);
    identities.unlink(both, ["api.twitter.com"]);
    expect(identities.forLogins(identityPoolId, [google]).identityId).toBe(identityId);
    expect(identities.forLogins(identityPoolId, [twitter]).identityId).not.toBe(identityId);
  });

  it("cannot have a login of another identity", () => {
    const identities = create();
    identities.forLogins(identityPoolId, [twitter]);
    identities.forLogins(identityPoolId, [google]);
    expect(() => identities.forLogins(identityPoolId, [twitter, google])).toThrow("already linked");
  });
});
