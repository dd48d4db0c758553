import { QueryParameters } from "../../src/aws/query-protocol.ts";
import type { stsRefusals } from "../../src/sts/refusals.ts";
import { createIdentityFixture, type IdentityFixture, login } from "../identity-fixture.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

const deployer = {
  kind: "user",
  accessKeyId: "AKIA",
  arn: "arn:aws:iam::123456789012:user/deployer",
  userId: "AIDA",
} as const;

const roleArn = "arn:aws:iam::123456789012:role/deploy";

/** The role `deploy` trusts the account. */
function createFixture(): IdentityFixture {
  const fixture = createIdentityFixture();
  const role = fixture.account.roles.get("arn:aws:iam::123456789012:role/admin");
  if (role === undefined) throw new Error("no role");
  const Principal = { AWS: "123456789012" };
  fixture.account.roles.set(roleArn, {
    ...role,
    arn: roleArn,
    assumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "sts:AssumeRole", Principal },
    },
  });
  return fixture;
}

const call = ({ sts }: IdentityFixture, parameters: Record<string, string>, caller?: typeof deployer) =>
  sts.handle(new QueryParameters(new URLSearchParams(parameters).toString()), caller);

const refusedRole = (says: string, changes: Record<string, string>): RefusalCase => ({
  says,
  run: () => {
    const request = { Action: "AssumeRole", RoleArn: roleArn, RoleSessionName: "me", ...changes };
    return call(createFixture(), request, deployer);
  },
});

/** The classic flow with the token of the user 42. */
const refusedToken = (
  says: string,
  edit: (token: string, fixture: IdentityFixture) => string,
  changes: Record<string, string> = {},
): RefusalCase => ({
  says,
  async run() {
    const fixture = createFixture();
    const IdentityId = await fixture.getId("42");
    const request = { IdentityId, Logins: login("42") };
    const { Token } = await fixture.call<{ Token: string }>("GetOpenIdToken", request);
    return call(fixture, {
      Action: "AssumeRoleWithWebIdentity",
      RoleArn: "arn:aws:iam::123456789012:role/authenticated",
      RoleSessionName: "me",
      WebIdentityToken: edit(Token, fixture),
      ...changes,
    });
  },
});

/** The token with another claim. Its signature is then wrong. */
function withClaims(token: string, changes: object): string {
  const [header, payload = "", signature] = token.split(".");
  const claims = { ...(JSON.parse(Buffer.from(payload, "base64url").toString()) as object), ...changes };
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

export const stsCases: RefusalCases<typeof stsRefusals> = {
  unsigned: {
    says: "Request is missing Authentication Token",
    run: () => call(createFixture(), { Action: "GetCallerIdentity" }),
  },
  sessionName: refusedRole("Value 'a b' at 'roleSessionName' failed to satisfy constraint", {
    RoleSessionName: "a b",
  }),
  duration: refusedRole("DurationSeconds must be between 900 and 43200 seconds.", { DurationSeconds: "899" }),
  policySize: refusedRole("Value at 'policy' failed to satisfy constraint", {
    Policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::${"a".repeat(2048)}` }],
    }),
  }),
  policy: refusedRole("Policy statement must contain resources.", {
    Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*" }] }),
  }),
  parameter: refusedRole("The local cloud does not support the parameter SerialNumber of AssumeRole.", {
    SerialNumber: "arn:aws:iam::123456789012:mfa/me",
  }),
  assumeRole: refusedRole(
    "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin",
    { RoleArn: "arn:aws:iam::123456789012:role/admin" },
  ),
  assumeRoleWithWebIdentity: refusedToken(
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    (token) => token,
    { RoleArn: "arn:aws:iam::123456789012:role/unauthenticated" },
  ),
  malformedToken: refusedToken("The ID Token provided is not a valid JWT.", () => "undefined"),
  tokenIssuer: refusedToken(
    "No OpenIDConnect provider found in your account for https://my-tenant.eu.auth0.com/",
    (token) => withClaims(token, { iss: "https://my-tenant.eu.auth0.com/" }),
  ),
  tokenOfProvider: refusedToken(
    "The local cloud does not verify tokens of https://my-tenant.eu.auth0.com/ in STS.",
    (token, { account }) => {
      const providerName = "my-tenant.eu.auth0.com";
      const arn = `arn:aws:iam::123456789012:oidc-provider/${providerName}`;
      account.oidcProviders.set(arn, { arn, providerName, clientIds: [], thumbprints: [] });
      return withClaims(token, { iss: `https://${providerName}/` });
    },
  ),
  tokenSignature: refusedToken("The token's signature is invalid.", (token) =>
    withClaims(token, { sub: "us-east-1:00000000-0000-0000-0000-000000000000" }),
  ),
  expiredToken: refusedToken(
    "Token expired: current date/time 1772367000 must be before the expiration date/time 1772367000",
    (token, { clock }) => {
      clock.now = new Date(clock.now.getTime() + 600_000);
      return token;
    },
  ),
};
