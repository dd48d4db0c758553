import { randomUUID } from "node:crypto";
import type {
  GetCredentialsForIdentityResponse,
  GetIdentityPoolRolesResponse,
  GetIdResponse,
  GetOpenIdTokenResponse,
  IdentityPool as IdentityPoolDescription,
} from "@aws-sdk/client-cognito-identity";
import type { JsonObject } from "../aws/json-protocol.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import { authorizeAssumption } from "../iam/authorization.ts";
import type { CognitoIdentity } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { IssuerDirectory } from "../oidc/issuers.ts";
import type { Account, IdentityPool, Role } from "../account.ts";
import { createIdentities, describeIdentity, type Identity } from "./identities.ts";
import { loginsDoNotMatch, verifyLogins, type VerifyTwitterToken } from "./logins.ts";
import { createOpenIdTokenIssuer } from "./open-id-token.ts";
import { RequestMembers } from "./request-members.ts";
import { describePool, describePoolRoles } from "./pool-description.ts";

export interface CognitoIdentityOptions {
  account: Account;
  sessions: Sessions;
  /** Twitter's origin, read at each call. */
  twitterApiUrl: () => string;
  verifyTwitterToken: VerifyTwitterToken;
  /** The keys of ID tokens' issuers. */
  issuers: IssuerDirectory;
  now: () => Date;
  /** Gets the reason for refused credentials, without secrets. */
  log?: (line: string) => void;
}

/**
 * Amazon Cognito Identity for the deployed pools: the three unsigned operations, and the description of a pool.
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

export function createCognitoIdentity(options: CognitoIdentityOptions): CognitoIdentityService {
  const { account, sessions, now, log = () => {} } = options;
  const identities = createIdentities(randomUUID);
  const issueOpenIdToken = createOpenIdTokenIssuer(now);

  const verify = (pool: IdentityPool, logins: ReadonlyMap<string, string>) =>
    verifyLogins(pool, logins, { ...options, twitterApiUrl: options.twitterApiUrl() });

  function findPool(identityPoolId: string, accountId = account.accountId): IdentityPool {
    const pool = accountId === account.accountId ? account.identityPools.get(identityPoolId) : undefined;
    if (pool !== undefined) return pool;
    throw new ServiceError("ResourceNotFoundException", `IdentityPool '${identityPoolId}' not found.`);
  }

  async function getId(members: RequestMembers): Promise<GetIdResponse> {
    const identityPoolId = members.identityPoolId();
    const accountId = members.accountId();
    const logins = members.logins();
    members.check();
    const pool = findPool(identityPoolId, accountId);
    if (logins.size === 0) {
      requireGuestAccess(pool);
      return { IdentityId: identities.createGuest(identityPoolId).identityId };
    }
    const [login] = await verify(pool, logins);
    if (login === undefined) throw new ServiceError("NotAuthorizedException", loginsDoNotMatch);
    return { IdentityId: identities.forLogin(identityPoolId, login).identityId };
  }

  /** The identity of a request, after its logins are verified. @throws ServiceError */
  async function access(
    identityId: string,
    logins: ReadonlyMap<string, string>,
  ): Promise<{ pool: IdentityPool; identity: Identity }> {
    const identity = identities.find(identityId);
    const pool = identity && account.identityPools.get(identity.identityPoolId);
    if (identity === undefined || pool === undefined) {
      throw new ServiceError("ResourceNotFoundException", `Identity '${identityId}' not found.`);
    }
    if (logins.size === 0) {
      if (identity.login !== undefined) {
        throw new ServiceError("NotAuthorizedException", `Access to Identity '${identityId}' is forbidden.`);
      }
      requireGuestAccess(pool);
      return { pool, identity };
    }
    const verified = await verify(pool, logins);
    const owners = verified.map((login) => identities.findByLogin(pool.identityPoolId, login));
    if (owners.some((owner) => owner?.identityId === identityId)) return { pool, identity };
    if (owners.some((owner) => owner !== undefined)) {
      throw new ServiceError(
        "ResourceConflictException",
        "A login of the request is already linked to another identity.",
      );
    }
    const [login] = verified;
    if (identity.login !== undefined || login === undefined) {
      throw new ServiceError("NotAuthorizedException", loginsDoNotMatch);
    }
    return { pool, identity: identities.link(identity, login) };
  }

  async function getCredentialsForIdentity(
    members: RequestMembers,
  ): Promise<GetCredentialsForIdentityResponse> {
    const identityId = members.identityId();
    const logins = members.logins();
    const customRoleArn = members.customRoleArn();
    members.check();
    const { pool, identity } = await access(identityId, logins);
    if (customRoleArn !== undefined) {
      // Only tokens with roles (SAML, user pools) allow a custom role.
      throw new ServiceError(
        "InvalidParameterException",
        "CustomRoleArn is not allowed for the logins of this request.",
      );
    }
    const cognitoIdentity = describeIdentity(identity);
    const role = assumableRole(pool, cognitoIdentity);
    const credentials = sessions.issue({
      role,
      sessionName,
      durationSeconds: sessionSeconds,
      cognitoIdentity,
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

  /** The pool's role for an identity. @throws ServiceError when the role does not trust the identity */
  function assumableRole(pool: IdentityPool, { identityId, identityPoolId, amr }: CognitoIdentity): Role {
    const kind = amr[0] ?? "unauthenticated";
    const roleArn = pool.roles?.[kind];
    const role = roleArn === undefined ? undefined : account.roles.get(roleArn);
    const decision = role
      ? authorizeAssumption(role, {
          action: "sts:AssumeRoleWithWebIdentity",
          principal: { type: "Federated", id: "cognito-identity.amazonaws.com" },
          context: {
            "cognito-identity.amazonaws.com:aud": identityPoolId,
            "cognito-identity.amazonaws.com:amr": amr.slice(0, 2),
            "cognito-identity.amazonaws.com:sub": identityId,
            "aws:CurrentTime": now().toISOString(),
          },
        })
      : { allowed: false as const, reason: `pool ${identityPoolId} has no ${kind} role` };
    if (role !== undefined && decision.allowed) return role;
    log(`cognito-identity: ${decision.allowed ? "" : decision.reason}`);
    throw new ServiceError(
      "InvalidIdentityPoolConfigurationException",
      "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
    );
  }

  async function getOpenIdToken(members: RequestMembers): Promise<GetOpenIdTokenResponse> {
    const identityId = members.identityId();
    const logins = members.logins();
    members.check();
    const { identity } = await access(identityId, logins);
    return { IdentityId: identityId, Token: await issueOpenIdToken(describeIdentity(identity)) };
  }

  function ownPool(members: RequestMembers): IdentityPool {
    const identityPoolId = members.identityPoolId();
    members.check();
    return findPool(identityPoolId);
  }

  function describeIdentityPool(members: RequestMembers): IdentityPoolDescription {
    return describePool(ownPool(members));
  }

  function getIdentityPoolRoles(members: RequestMembers): GetIdentityPoolRolesResponse {
    return describePoolRoles(ownPool(members));
  }

  const operations: Record<string, (members: RequestMembers) => object> = {
    GetId: getId,
    GetCredentialsForIdentity: getCredentialsForIdentity,
    GetOpenIdToken: getOpenIdToken,
    DescribeIdentityPool: describeIdentityPool,
    GetIdentityPoolRoles: getIdentityPoolRoles,
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

function requireGuestAccess(pool: IdentityPool): void {
  if (!pool.allowUnauthenticatedIdentities) {
    throw new ServiceError(
      "NotAuthorizedException",
      "Unauthenticated access is not supported for this identity pool.",
    );
  }
}
