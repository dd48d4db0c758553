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
import { Parameters } from "./request-members.ts";
import { describePool, describePoolRoles } from "./pool-description.ts";

export interface CognitoIdentityOptions {
  account: Account;
  sessions: Sessions;
  /** Where tokens are validated: Twitter's origin, asked for at each call. */
  twitterApiUrl: () => string;
  verifyTwitterToken: VerifyTwitterToken;
  /** Where ID tokens' issuers have their keys. */
  issuers: IssuerDirectory;
  now: () => Date;
  /** Why credentials were refused, for a person; never a secret. */
  log?: (line: string) => void;
}

/**
 * Amazon Cognito Identity, against the deployed pools: the three operations that go unsigned, and the description of a
 * pool for its owner.
 * https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/Welcome.html
 */
export interface CognitoIdentityService {
  /**
   * @param operation the part of `X-Amz-Target` after the dot
   * @throws ServiceError as the service's model names it; UnknownOperationException for any other operation
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

  async function getId(parameters: Parameters): Promise<GetIdResponse> {
    const identityPoolId = parameters.identityPoolId();
    const accountId = parameters.accountId();
    const logins = parameters.logins();
    parameters.check();
    const pool = findPool(identityPoolId, accountId);
    if (logins.size === 0) {
      refuseGuests(pool);
      return { IdentityId: identities.createGuest(identityPoolId).identityId };
    }
    const [login] = await verify(pool, logins);
    if (login === undefined) throw new ServiceError("NotAuthorizedException", loginsDoNotMatch);
    return { IdentityId: identities.forLogin(identityPoolId, login).identityId };
  }

  /** The identity that a request is for, once its logins, or the lack of them, have shown the right to it. */
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
      refuseGuests(pool);
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
    parameters: Parameters,
  ): Promise<GetCredentialsForIdentityResponse> {
    const identityId = parameters.identityId();
    const logins = parameters.logins();
    const customRoleArn = parameters.customRoleArn();
    parameters.check();
    const { pool, identity } = await access(identityId, logins);
    if (customRoleArn !== undefined) {
      // Only tokens that name roles (SAML, user pools) allow a choice; Twitter's and guests' do not.
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

  /** The role that the pool gives to such an identity, if its trust policy agrees. */
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

  async function getOpenIdToken(parameters: Parameters): Promise<GetOpenIdTokenResponse> {
    const identityId = parameters.identityId();
    const logins = parameters.logins();
    parameters.check();
    const { identity } = await access(identityId, logins);
    return { IdentityId: identityId, Token: await issueOpenIdToken(describeIdentity(identity)) };
  }

  function ownPool(parameters: Parameters): IdentityPool {
    const identityPoolId = parameters.identityPoolId();
    parameters.check();
    return findPool(identityPoolId);
  }

  function describeIdentityPool(parameters: Parameters): IdentityPoolDescription {
    return describePool(ownPool(parameters));
  }

  function getIdentityPoolRoles(parameters: Parameters): GetIdentityPoolRolesResponse {
    return describePoolRoles(ownPool(parameters));
  }

  const operations: Record<string, (parameters: Parameters) => object> = {
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
      return run(new Parameters(body));
    },
  };
}

function refuseGuests(pool: IdentityPool): void {
  if (!pool.allowUnauthenticatedIdentities) {
    throw new ServiceError(
      "NotAuthorizedException",
      "Unauthenticated access is not supported for this identity pool.",
    );
  }
}
