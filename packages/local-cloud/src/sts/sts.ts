import type * as sdk from "@aws-sdk/client-sts";
import type { Account, PolicyDocument, Role } from "../account.ts";
import { parseJsonObject } from "../aws/json-protocol.ts";
import type { QueryParameters, QueryRequest } from "../aws/query-protocol.ts";
import { findOperation } from "../aws/service-error.ts";
import type { OpenIdTokens } from "../cognito-identity/open-id-token.ts";
import { authorizeAssumption, authorizeIdentity } from "../iam/authorize.ts";
import { PolicyDocumentError } from "../iam/policy-document.ts";
import { validatePolicy } from "../iam/policy-validation.ts";
import { accountOf, type CognitoIdentity, type Principal, type SessionPolicies } from "../iam/principal.ts";
import type { Sessions, TemporaryCredentials } from "../iam/sessions.ts";
import { issuerName } from "../oidc/issuers.ts";
import { stsRefusals } from "./refusals.ts";

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
  function assumeRole(
    parameters: QueryRequest<sdk.AssumeRoleRequest>,
    caller: Principal,
  ): sdk.AssumeRoleResponse {
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
    const trusting = decision?.allowed === true ? role : undefined;
    const assumed = stsRefusals.assumeRole.unless(trusting, caller.arn, roleArn);
    return describeSession(assumed, request.sessionName, sessions.issue({ role: assumed, ...request }));
  }

  /**
   * For a token of GetOpenIdToken: the classic flow.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
   */
  async function assumeRoleWithWebIdentity(
    parameters: QueryRequest<sdk.AssumeRoleWithWebIdentityRequest>,
  ): Promise<sdk.AssumeRoleWithWebIdentityResponse> {
    // Only for the access tokens of Facebook and Amazon.
    refuseParameters(parameters, ["ProviderId"]);
    const { roleArn, ...request } = readSessionRequest(parameters);
    const token = parameters.text("WebIdentityToken") ?? "";
    const identity = await verifyToken(token);
    const found = account.roles.get(roleArn);
    const decision = found
      ? authorizeIdentity(found, identity, { now: now(), tags: {} })
      : { allowed: false as const, reason: `role ${roleArn} does not exist` };
    if (!decision.allowed) log(`sts: ${decision.reason}`);
    const role = stsRefusals.assumeRoleWithWebIdentity.unless(decision.allowed ? found : undefined);
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
    stsRefusals.malformedToken.when(verdict.fault === "malformed");
    const isForeign = verdict.fault === "issuer";
    const providers = [...account.oidcProviders.values()].map(({ providerName }) => providerName);
    const isOfProvider = isForeign && providers.includes(issuerName(verdict.issuer));
    stsRefusals.tokenOfProvider.when(isOfProvider, verdict.issuer);
    stsRefusals.tokenIssuer.when(isForeign, verdict.issuer);
    stsRefusals.tokenSignature.when(verdict.fault === "signature");
    stsRefusals.expiredToken.when(verdict.fault === "expired", verdict.now, verdict.expiration);
    return verdict.identity;
  }

  const actions: Record<string, (request: QueryParameters, caller: Principal | undefined) => object> = {
    GetCallerIdentity: (_request, caller) => getCallerIdentity(stsRefusals.unsigned.unless(caller)),
    AssumeRole: (request, caller) => assumeRole(request, stsRefusals.unsigned.unless(caller)),
    AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  };

  return {
    async handle(parameters, caller) {
      const run = findOperation(actions, parameters.action ?? "", { service: "STS", code: "InvalidAction" });
      return run(parameters, caller);
    },
  };
}

function getCallerIdentity(caller: Principal): sdk.GetCallerIdentityResponse {
  return { Arn: caller.arn, UserId: caller.userId, Account: accountOf(caller) };
}

/** The parameters that the actions for a role share. @throws ServiceError */
function readSessionRequest(
  parameters: QueryParameters<"RoleArn" | "RoleSessionName" | "DurationSeconds" | "Policy" | "PolicyArns">,
): { roleArn: string; sessionName: string; durationSeconds: number; sessionPolicies?: SessionPolicies } {
  const sessionName = parameters.text("RoleSessionName") ?? "";
  stsRefusals.sessionName.when(!/^[\w+=,.@-]{2,64}$/.test(sessionName), sessionName);
  const durationSeconds = Number(parameters.text("DurationSeconds") ?? 3600);
  stsRefusals.duration.when(
    !Number.isInteger(durationSeconds) || durationSeconds < 900 || durationSeconds > 43_200,
  );
  const text = parameters.text("Policy");
  const arns = parameters.records("PolicyArns").map(({ arn = "" }) => arn);
  const request = { roleArn: parameters.text("RoleArn") ?? "", sessionName, durationSeconds };
  if (text === undefined && arns.length === 0) return request;
  stsRefusals.policySize.when(text !== undefined && text.length > 2048);
  const document = text === undefined ? undefined : readPolicy(text);
  return { ...request, sessionPolicies: { arns, ...(document && { document }) } };
}

/** @throws ServiceError MalformedPolicyDocument */
function readPolicy(text: string): PolicyDocument {
  const document = parseJsonObject(text);
  stsRefusals.policy.when(document === undefined, "This policy is not in valid Json");
  try {
    validatePolicy(document ?? {}, "identity");
  } catch (error) {
    if (!(error instanceof PolicyDocumentError)) throw error;
    stsRefusals.policy.when(true, error.message);
  }
  return document ?? {};
}

function describeSession(
  { arn, roleId, roleName }: Role,
  sessionName: string,
  { accessKeyId, secretAccessKey, sessionToken, expiration }: TemporaryCredentials,
): Pick<sdk.AssumeRoleResponse, "Credentials" | "AssumedRoleUser"> {
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
  stsRefusals.parameter.when(name !== undefined, name ?? "", parameters.action ?? "");
}
