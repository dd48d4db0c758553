import type { JsonObject } from "../src/aws/json-protocol.ts";
import {
  type Account,
  createAccount,
  type IdentityPool,
  type PolicyDocument,
  type Role,
} from "../src/account.ts";
import {
  type CognitoIdentityService,
  createCognitoIdentity,
} from "../src/cognito-identity/cognito-identity.ts";
import { createOpenIdTokens, type OpenIdTokens } from "../src/cognito-identity/open-id-token.ts";
import type { TokenVerdict } from "../src/cognito-identity/verify-twitter-token.ts";
import { createSessions, type Sessions } from "../src/iam/sessions.ts";
import { createIssuerDirectory } from "../src/oidc/issuers.ts";
import { createSts, type Sts } from "../src/sts/sts.ts";
import { deployRole } from "./account-fixture.ts";

export const identityPoolId = "us-east-1:7cb8d1a5-6f0c-4f54-9e4f-0d5b2a1c9e77";

/** An account with a pool for Twitter users, and the services that issue credentials for it, without a server. */
export interface IdentityFixture {
  account: Account;
  pool: IdentityPool;
  sessions: Sessions;
  openIdTokens: OpenIdTokens;
  sts: Sts;
  log: string[];
  /** May be set to another time. */
  clock: { now: Date };
  call: <Response = JsonObject>(operation: string, body: JsonObject) => Promise<Response>;
  /** The identity of a user of Twitter. */
  getId: (user: string) => Promise<string>;
}

/** What Twitter answers for a token. Other tokens are their users' names. */
const answers = new Map<string, TokenVerdict>([
  ["wrong", { ok: false, status: 401, code: 89, message: "Invalid or expired token." }],
  ["down", { ok: false, status: 503, message: "Over capacity" }],
]);

const named = (name: string): TokenVerdict => ({ ok: true, userId: name, screenName: name });

/** The roles `authenticated` and `unauthenticated` trust their users, and `admin` trusts users who are logged in. */
export function createIdentityFixture(): IdentityFixture {
  const clock = { now: new Date("2026-03-01T12:00:00Z") };
  const now = (): Date => clock.now;
  const account = createAccount("123456789012", "us-east-1");
  const sessions = createSessions({ now });
  const openIdTokens = createOpenIdTokens(now);
  const log: string[] = [];
  const roles = {
    authenticated: trustedRole(account, "authenticated", "authenticated").arn,
    unauthenticated: trustedRole(account, "unauthenticated", "unauthenticated").arn,
  };
  trustedRole(account, "admin", "authenticated");
  const pool: IdentityPool = {
    identityPoolId,
    identityPoolName: "pool",
    allowUnauthenticatedIdentities: false,
    supportedLoginProviders: { "api.twitter.com": "key;secret" },
    openIdConnectProviderArns: [],
    cognitoIdentityProviders: [],
    roles,
  };
  account.identityPools.set(identityPoolId, pool);
  const service: CognitoIdentityService = createCognitoIdentity({
    account,
    sessions,
    openIdTokens,
    now,
    twitterApiUrl: () => "http://127.0.0.1:1",
    issuers: createIssuerDirectory({}),
    verifyTwitterToken: ({ tokenCredentials: { token } }) =>
      Promise.resolve(answers.get(token) ?? named(token)),
    log: (line) => log.push(line),
  });
  const call = async <Response>(operation: string, body: JsonObject): Promise<Response> =>
    (await service.handle(operation, body)) as Response;
  return {
    account,
    pool,
    sessions,
    openIdTokens,
    sts: createSts({ account, sessions, openIdTokens, now, log: (line) => log.push(line) }),
    log,
    clock,
    call,
    async getId(user) {
      const request = { IdentityPoolId: identityPoolId, Logins: login(user) };
      return (await call<{ IdentityId: string }>("GetId", request)).IdentityId;
    },
  };
}

export function login(user: string): JsonObject {
  return { "api.twitter.com": `${user};secret` };
}

export function trustedRole(
  account: Account,
  roleName: string,
  amr: string,
  actions: readonly string[] = ["sts:AssumeRoleWithWebIdentity"],
): Role {
  const role = deployRole(account, roleName, []);
  role.assumeRolePolicyDocument = trustPolicy(amr, actions);
  return role;
}

function trustPolicy(amr: string, actions: readonly string[]): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "cognito-identity.amazonaws.com" },
        Action: actions,
        Condition: {
          StringEquals: { "cognito-identity.amazonaws.com:aud": identityPoolId },
          "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": amr },
        },
      },
    ],
  };
}
