import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
  GetCallerIdentityResponse,
} from "@aws-sdk/client-sts";
import type { Account, PolicyDocument, Role } from "../account.ts";
import { isJsonObject } from "../aws/json-protocol.ts";
import type { QueryParameters, QueryRequest } from "../aws/query-protocol.ts";
import { findOperation, ServiceError } from "../aws/service-error.ts";
import type { OpenIdTokens, OpenIdTokenVerdict } from "../cognito-identity/open-id-token.ts";
import { authorizeAssumption, authorizeIdentity } from "../iam/authorization.ts";
import { PolicyDocumentError } from "../iam/policy-document.ts";
import { validatePolicy } from "../iam/policy-validation.ts";
import { accountOf, type CognitoIdentity, type Principal, type SessionPolicies } from "../iam/principal.ts";
import type { Sessions, TemporaryCredentials } from "../iam/sessions.ts";

export const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";

export interface StsOptions {
  account: Account;
  sessions: Pick<Sessions, "issue">;
  openIdTokens: Pick<OpenIdTokens, "verify">;
  now: () => Date;
  /** Gets the reason for a refused role, without secrets. */
  log?: (line: string) => void;
}

/** The actions that a token authorizes, not a signature. */
export const unsignedStsActions: ReadonlySet<string> = new Set(["AssumeRoleWithWebIdentity"]);

/** AWS STS: the caller's identity, and temporary credentials of the account's roles. */
export interface Sts {
  /** @param caller undefined for an unsigned action */
  handle(parameters: QueryParameters, caller: Principal | undefined): Promise<object>;
}

export function createSts({ account, sessions, openIdTokens, now, log = () => {} }: StsOptions): Sts {
  function assumeRole(parameters: QueryRequest<AssumeRoleRequest>, caller: Principal): AssumeRoleResponse {
    refuseParameters(parameters, ["SerialNumber", "TransitiveTagKeys", "ProvidedContexts"]);
    const { roleArn, ...request } = readSessionRequest(parameters);
    const externalId = parameters.text("ExternalId");
    const role = account.roles.get(roleArn);
    const decision =
      role &&
      authorizeAssumption(role, {
        action: "sts:AssumeRole",
        principal: { type: "AWS", id: caller.arn },
        context: externalId === undefined ? {} : { "sts:ExternalId": externalId },
      });
    // AWS answers the same for an unknown role and one that does not trust the caller.
    if (role === undefined || decision?.allowed !== true) {
      throw new ServiceError(
        "AccessDenied",
        `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
        403,
      );
    }
    return describeSession(role, request.sessionName, sessions.issue({ role, ...request }));
  }

  /**
   * For a token of GetOpenIdToken: the classic flow.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
   */
  async function assumeRoleWithWebIdentity(
    parameters: QueryRequest<AssumeRoleWithWebIdentityRequest>,
  ): Promise<AssumeRoleWithWebIdentityResponse> {
    // Only for the access tokens of Facebook and Amazon.
    refuseParameters(parameters, ["ProviderId"]);
    const { roleArn, ...request } = readSessionRequest(parameters);
    const token = parameters.text("WebIdentityToken") ?? "";
    if (token.length < 4 || token.length > 20_000) {
      throw invalidMember("webIdentityToken", "Member must have length between 4 and 20000");
    }
    const identity = await verifyToken(token);
    const role = account.roles.get(roleArn);
    const decision = role
      ? authorizeIdentity(role, identity, { now: now(), tags: {} })
      : { allowed: false as const, reason: `role ${roleArn} does not exist` };
    if (role === undefined || !decision.allowed) {
      log(`sts: ${decision.allowed ? "" : decision.reason}`);
      throw new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
    }
    const credentials = sessions.issue({ role, ...request, cognitoIdentity: identity });
    return {
      ...describeSession(role, request.sessionName, credentials),
      SubjectFromWebIdentityToken: identity.identityId,
      Provider: "cognito-identity.amazonaws.com",
      Audience: identity.identityPoolId,
    };
  }

  async function verifyToken(token: string): Promise<CognitoIdentity> {
    const verdict = await openIdTokens.verify(token);
    if (verdict.ok) return verdict.identity;
    throw tokenError(verdict);
  }

  const actions: Record<string, (request: QueryParameters, caller: Principal | undefined) => object> = {
    GetCallerIdentity: (_request, caller) => getCallerIdentity(requireCaller(caller)),
    AssumeRole: (request, caller) => assumeRole(request, requireCaller(caller)),
    AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  };

  return {
    async handle(parameters, caller) {
      const run = findOperation(actions, parameters.action ?? "", { service: "STS", code: "InvalidAction" });
      return run(parameters, caller);
    },
  };
}

/** In the words that users report [P]; those for a wrong signature are the local cloud's. */
function tokenError(verdict: Extract<OpenIdTokenVerdict, { ok: false }>): ServiceError {
  if (verdict.fault === "expired") {
    return new ServiceError(
      "ExpiredTokenException",
      `Token expired: current date/time ${verdict.now} must be before the expiration date/time ${verdict.expiration}`,
    );
  }
  const messages = {
    malformed:
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    signature: "The token's signature is invalid.",
    issuer: `No OpenIDConnect provider found in your account for ${"issuer" in verdict ? verdict.issuer : ""}`,
  };
  return new ServiceError("InvalidIdentityToken", messages[verdict.fault]);
}

function requireCaller(caller: Principal | undefined): Principal {
  if (caller !== undefined) return caller;
  throw new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
}

function getCallerIdentity(caller: Principal): GetCallerIdentityResponse {
  return { Arn: caller.arn, UserId: caller.userId, Account: accountOf(caller) };
}

/** The parameters that the actions for a role share. @throws ServiceError */
function readSessionRequest(
  parameters: QueryParameters<"RoleArn" | "RoleSessionName" | "DurationSeconds" | "Policy" | "PolicyArns">,
): { roleArn: string; sessionName: string; durationSeconds: number; sessionPolicies?: SessionPolicies } {
  const sessionName = parameters.text("RoleSessionName") ?? "";
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw new ServiceError(
      "ValidationError",
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  }
  const durationSeconds = Number(parameters.text("DurationSeconds") ?? 3600);
  if (!Number.isInteger(durationSeconds) || durationSeconds < 900 || durationSeconds > 43_200) {
    throw new ServiceError("ValidationError", "DurationSeconds must be between 900 and 43200 seconds.");
  }
  const text = parameters.text("Policy");
  const arns = parameters.records("PolicyArns").map(({ arn = "" }) => arn);
  const request = { roleArn: parameters.text("RoleArn") ?? "", sessionName, durationSeconds };
  if (text === undefined && arns.length === 0) return request;
  if (text !== undefined && text.length > 2048) {
    throw invalidMember("policy", "Member must have length less than or equal to 2048");
  }
  const document = text === undefined ? undefined : readPolicy(text);
  return { ...request, sessionPolicies: { arns, ...(document && { document }) } };
}

/** @throws ServiceError MalformedPolicyDocument */
function readPolicy(text: string): PolicyDocument {
  try {
    const document: unknown = JSON.parse(text);
    if (!isJsonObject(document)) throw new PolicyDocumentError("This policy is not in valid Json");
    validatePolicy(document, "identity");
    return document;
  } catch (error) {
    if (!(error instanceof PolicyDocumentError || error instanceof SyntaxError)) throw error;
    const message = error instanceof SyntaxError ? "This policy is not in valid Json" : error.message;
    throw new ServiceError("MalformedPolicyDocument", message);
  }
}

function describeSession(
  { arn, roleId, roleName }: Role,
  sessionName: string,
  { accessKeyId, secretAccessKey, sessionToken, expiration }: TemporaryCredentials,
): Pick<AssumeRoleResponse, "Credentials" | "AssumedRoleUser"> {
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: expiration,
    },
    AssumedRoleUser: {
      AssumedRoleId: `${roleId}:${sessionName}`,
      Arn: `arn:aws:sts::${arn.split(":")[4] ?? ""}:assumed-role/${roleName}/${sessionName}`,
    },
  };
}

function refuseParameters<Name extends string>(
  parameters: QueryParameters<Name>,
  names: readonly Name[],
): void {
  const name = names.find((candidate) => parameters.has(candidate));
  if (name === undefined) return;
  throw new ServiceError(
    "ValidationError",
    `The local cloud does not support the parameter ${name} of ${parameters.action ?? ""}.`,
  );
}

function invalidMember(member: string, constraint: string): ServiceError {
  return new ServiceError(
    "ValidationError",
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}
