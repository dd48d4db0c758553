import { randomUUID } from "node:crypto";
import type {
  GetCredentialsForIdentityResponse,
  GetIdResponse,
  GetOpenIdTokenResponse,
  IdentityDescription,
} from "@aws-sdk/client-cognito-identity";
import type { JsonObject } from "../aws/json-protocol.ts";
import { findOperation } from "../aws/service-error.ts";
import { authorizeIdentity } from "../iam/authorize.ts";
import type { CognitoIdentity } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { IssuerDirectory } from "../oidc/issuers.ts";
import type { Account, IdentityPool, Role } from "../account.ts";
import { createIdentities, describeIdentity, type Identity, type VerifiedLogin } from "./identities.ts";
import { createIdentityPools } from "./identity-pools.ts";
import { verifyLogins, type VerifyTwitterToken } from "./logins.ts";
import type { OpenIdTokens } from "./open-id-token.ts";
import { principalTagsOf } from "./principal-tags.ts";
import { identityRefusals } from "./refusals.ts";
import { RequestMembers } from "./request-members.ts";
import { chooseRole } from "./role-mapping.ts";
import type { State } from "../state.ts";

export interface CognitoIdentityOptions {
  account: Account;
  sessions: Sessions;
  openIdTokens: Pick<OpenIdTokens, "issue">;
  /** Twitter's origin, read at each call. */
  twitterApiUrl: () => string;
  verifyTwitterToken: VerifyTwitterToken;
  /** The keys of ID tokens' issuers. */
  issuers: IssuerDirectory;
  state?: State | undefined;
  now: () => Date;
  /** Gets the reason for refused credentials, without secrets. */
  log?: (line: string) => void;
}

/**
 * Amazon Cognito Identity: the unsigned operations for users, and those that manage pools.
 * https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/Welcome.html
 */
export interface CognitoIdentityService {
  /**
   * @param operation the part of `X-Amz-Target` after the dot
   * @throws ServiceError with a code of the service's model; UnknownOperationException for other operations
   */
  handle(operation: string, body: JsonObject): Promise<object>;
}

const sessionName = "CognitoIdentityCredentials";
const sessionSeconds = 3600;

/** An identity of a request, with the logins that its providers verified. */
interface Access {
  pool: IdentityPool;
  identity: Identity;
  /** Empty for a guest. */
  logins: VerifiedLogin[];
}

export function createCognitoIdentity(options: CognitoIdentityOptions): CognitoIdentityService {
  const { account, sessions, openIdTokens, now, log = () => {} } = options;
  const identities = createIdentities(randomUUID, now, options.state);
  const pools = createIdentityPools(account);

  const verify = (pool: IdentityPool, logins: ReadonlyMap<string, string>) =>
    verifyLogins(pool, logins, { ...options, twitterApiUrl: options.twitterApiUrl() });

  async function getId(members: RequestMembers): Promise<GetIdResponse> {
    const identityPoolId = members.identityPoolId();
    const accountId = members.accountId();
    const logins = members.logins();
    members.check();
    const pool = pools.find(identityPoolId, accountId);
    if (logins.size === 0) {
      requireGuestAccess(pool);
      return { IdentityId: identities.createGuest(identityPoolId).identityId };
    }
    return { IdentityId: identities.forLogins(identityPoolId, await verify(pool, logins)).identityId };
  }

  function findIdentity(identityId: string): { pool: IdentityPool; identity: Identity } {
    const identity = identities.find(identityId);
    const pool = identity && account.identityPools.get(identity.identityPoolId);
    return {
      identity: identityRefusals.unknownIdentity.unless(identity, identityId),
      pool: identityRefusals.unknownIdentity.unless(pool, identityId),
    };
  }

  /** The identity of a request, after its logins are verified. @throws ServiceError */
  async function access(identityId: string, logins: ReadonlyMap<string, string>): Promise<Access> {
    const { pool, identity } = findIdentity(identityId);
    if (logins.size === 0) {
      identityRefusals.identityWithoutLogins.when(identity.logins.length > 0, identityId);
      requireGuestAccess(pool);
      return { pool, identity, logins: [] };
    }
    const verified = await verify(pool, logins);
    identityRefusals.otherLogins.when(!identities.isLinkable(identity, verified));
    return { pool, identity: identities.link(identity, verified), logins: verified };
  }

  async function getCredentialsForIdentity(
    members: RequestMembers,
  ): Promise<GetCredentialsForIdentityResponse> {
    const identityId = members.identityId();
    const requestLogins = members.logins();
    const customRoleArn = members.customRoleArn();
    members.check();
    const { pool, identity, logins } = await access(identityId, requestLogins);
    const cognitoIdentity = describeIdentity(identity, logins);
    const tags = principalTagsOf(pool, logins);
    const isGuest = logins.length === 0;
    const roleArn = isGuest ? pool.roles?.["unauthenticated"] : chooseRole(pool, logins, customRoleArn);
    const credentials = sessions.issue({
      role: requireTrust(roleArn, cognitoIdentity, tags),
      sessionName,
      durationSeconds: sessionSeconds,
      cognitoIdentity,
      tags,
      ...(isGuest && { sessionPolicies: "cognito-guest" }),
    });
    return {
      IdentityId: identityId,
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: credentials.expiration,
      },
    };
  }

  /** @throws ServiceError when the role does not exist or does not trust the identity */
  function requireTrust(
    roleArn: string | undefined,
    identity: CognitoIdentity,
    tags: Readonly<Record<string, string>>,
  ): Role {
    const role = roleArn === undefined ? undefined : account.roles.get(roleArn);
    const decision = role
      ? authorizeIdentity(role, identity, { now: now(), tags })
      : {
          allowed: false as const,
          reason: roleArn
            ? `role ${roleArn} does not exist`
            : `pool ${identity.identityPoolId} has no ${identity.amr[0] ?? ""} role`,
        };
    if (!decision.allowed) log(`cognito-identity: ${decision.reason}`);
    return identityRefusals.untrustedIdentity.unless(decision.allowed ? role : undefined);
  }

  async function getOpenIdToken(members: RequestMembers): Promise<GetOpenIdTokenResponse> {
    const identityId = members.identityId();
    const requestLogins = members.logins();
    members.check();
    const { pool, identity, logins } = await access(identityId, requestLogins);
    requireClassicFlow(pool);
    return { IdentityId: identityId, Token: await openIdTokens.issue(describeIdentity(identity, logins)) };
  }

  async function unlinkIdentity(members: RequestMembers): Promise<object> {
    const identityId = members.identityId();
    const requestLogins = members.logins();
    const removed = members.texts("LoginsToRemove", { min: 1, max: 128 });
    members.check();
    const { identity } = await access(identityId, requestLogins);
    identities.unlink(identity, removed);
    return {};
  }

  function describeOne(members: RequestMembers): IdentityDescription {
    const identityId = members.identityId();
    members.check();
    const { logins, createdAt, modifiedAt } = findIdentity(identityId).identity;
    return {
      IdentityId: identityId,
      ...(logins.length > 0 && { Logins: logins.map(({ provider }) => provider) }),
      CreationDate: createdAt,
      LastModifiedDate: modifiedAt,
    };
  }

  const operations: Record<string, (members: RequestMembers) => object> = {
    GetId: getId,
    GetCredentialsForIdentity: getCredentialsForIdentity,
    GetOpenIdToken: getOpenIdToken,
    UnlinkIdentity: unlinkIdentity,
    DescribeIdentity: describeOne,
    CreateIdentityPool: pools.create,
    UpdateIdentityPool: pools.update,
    DeleteIdentityPool: pools.remove,
    DescribeIdentityPool: pools.describe,
    ListIdentityPools: pools.list,
    SetIdentityPoolRoles: pools.setRoles,
    GetIdentityPoolRoles: pools.getRoles,
    SetPrincipalTagAttributeMap: pools.setPrincipalTags,
    GetPrincipalTagAttributeMap: pools.getPrincipalTags,
  };

  return {
    async handle(operation, body) {
      const run = findOperation(operations, operation, {
        service: "Cognito Identity",
        code: "UnknownOperationException",
      });
      return run(new RequestMembers(body));
    },
  };
}

function requireGuestAccess({ allowUnauthenticatedIdentities }: IdentityPool): void {
  identityRefusals.guest.when(!allowUnauthenticatedIdentities);
}

/** A pool that never set AllowClassicFlow allows it [P]: https://github.com/aws/aws-cli/issues/7652 */
function requireClassicFlow({ allowClassicFlow, roleMappings = {} }: IdentityPool): void {
  identityRefusals.classicFlow.when(allowClassicFlow === false);
  identityRefusals.classicFlowWithMappings.when(Object.keys(roleMappings).length > 0);
}
