import { ServiceError } from "../aws/service-error.ts";
import { documented, ownLimit, recorded, reported, undocumented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/cognitoidentity/latest/APIReference";
const guide = "https://docs.aws.amazon.com/cognito/latest/developerguide";

const loginsDoNotMatch =
  "Logins don't match. Please include at least one valid login for this identity or identity pool.";

const invalidParameter = (message: string): ServiceError =>
  new ServiceError("InvalidParameterException", message);
const notAuthorized = (message: string): ServiceError => new ServiceError("NotAuthorizedException", message);
const invalidConfiguration = (message: string): ServiceError =>
  new ServiceError("InvalidIdentityPoolConfigurationException", message);

/** What Cognito Identity refuses of requests for users. */
export const identityRefusals = defineRefusals("Cognito Identity", {
  members: {
    refuses: "a member that the service's model does not allow, such as a pool id without a region",
    evidence: documented(`${api}/API_GetId.html`),
    error: (faults: readonly string[]) => {
      const errors = faults.length === 1 ? "1 validation error" : `${faults.length} validation errors`;
      return new ServiceError("ValidationException", `${errors} detected: ${faults.join("; ")}`);
    },
  },
  unknownPool: {
    refuses: "a pool that does not exist",
    evidence: reported("https://github.com/aws-amplify/amplify-js/issues/14117"),
    error: (identityPoolId: string) =>
      new ServiceError("ResourceNotFoundException", `IdentityPool '${identityPoolId}' not found.`),
  },
  unknownIdentity: {
    refuses: "an identity that does not exist",
    evidence: documented(`${api}/API_GetCredentialsForIdentity.html`),
    error: (identityId: string) =>
      new ServiceError("ResourceNotFoundException", `Identity '${identityId}' not found.`),
  },
  guest: {
    refuses: "a guest, unless the pool has `AllowUnauthenticatedIdentities`",
    evidence: reported("https://github.com/aws/aws-sdk-js-v3/issues/3113"),
    error: () => notAuthorized("Unauthenticated access is not supported for this identity pool."),
  },
  identityWithoutLogins: {
    refuses: "a request without logins for an identity that has some",
    evidence: reported("https://github.com/aws-amplify/aws-sdk-android/issues/175"),
    error: (identityId: string) => notAuthorized(`Access to Identity '${identityId}' is forbidden.`),
  },
  noProviders: {
    refuses: "logins for a pool without providers",
    evidence: reported("https://github.com/amazon-archives/amazon-cognito-identity-js/issues/68"),
    error: () => notAuthorized(loginsDoNotMatch),
  },
  otherLogins: {
    refuses: "logins that are not those of the identity",
    evidence: recorded("https://github.com/aws-amplify/amplify-js/issues/2443"),
    error: () => notAuthorized(loginsDoNotMatch),
  },
  linkedLogin: {
    refuses: "a login that another identity has",
    evidence: documented(`${api}/API_GetCredentialsForIdentity.html`),
    error: () =>
      new ServiceError(
        "ResourceConflictException",
        "A login of the request is already linked to another identity.",
      ),
  },
  unsupportedProvider: {
    refuses: "a login of a provider that the pool does not have",
    evidence: reported("https://github.com/aws-amplify/amplify-js/issues/2067"),
    error: () => notAuthorized("Token is not from a supported provider of this identity pool."),
  },
  twitterLoginForm: {
    refuses: "a Twitter login that is not `<access token>;<access token secret>`",
    evidence: undocumented(
      "The words of Cognito for a Twitter login without a semicolon.",
      "aws cognito-identity get-id --identity-pool-id POOL --logins 'api.twitter.com=TOKEN:SECRET'",
    ),
    error: () =>
      notAuthorized("Invalid login token. A Twitter login is '<access token>;<access token secret>'."),
  },
  twitterToken: {
    refuses: "a Twitter login that Twitter refuses",
    evidence: undocumented(
      "The words after “Invalid login token.” in the refusal of a Twitter token.",
      "aws cognito-identity get-id --identity-pool-id POOL --logins 'api.twitter.com=wrong;wrong'",
    ),
    error: (reason: string) => notAuthorized(`Invalid login token. Twitter: ${reason}`),
  },
  idToken: {
    refuses: "an ID token with a wrong issuer, signature, time or audience",
    evidence: reported("https://github.com/amazon-archives/amazon-cognito-identity-js/issues/40"),
    error: (reason: string) => notAuthorized(`Invalid login token. ${reason}`),
  },
  unavailableProvider: {
    refuses: "a login whose provider cannot be reached or fails",
    evidence: documented(`${api}/API_GetId.html`),
    error: (reason: string) => new ServiceError("ExternalServiceException", reason),
  },
  unverifiableProvider: {
    refuses: "a login of Facebook, Amazon and other providers without ID tokens",
    evidence: ownLimit,
    error: (provider: string) =>
      new ServiceError("ExternalServiceException", `The local cloud cannot validate a token of ${provider}.`),
  },
  untrustedIdentity: {
    refuses: "a role that does not exist, or does not trust the identity or its session tags",
    evidence: reported("https://github.com/amazon-archives/amazon-cognito-auth-js/issues/196"),
    error: () =>
      invalidConfiguration("Invalid identity pool configuration. Check assigned IAM roles for this pool."),
  },
  ambiguousRole: {
    refuses: "a user for whom a role mapping with `AmbiguousRoleResolution: Deny` has no role",
    evidence: reported("https://github.com/aws-amplify/amplify-js/issues/8644"),
    error: (provider: string) =>
      notAuthorized(`The ambiguous role mapping rules for: ${provider} denied this request.`),
  },
  customRole: {
    refuses: "a `CustomRoleArn` that is not one of the user's roles",
    evidence: documented(`${guide}/role-based-access-control.html`),
    error: (roleArn: string) => notAuthorized(`Access to Role '${roleArn}' is forbidden.`),
  },
  customRoleWithoutMapping: {
    refuses: "a `CustomRoleArn` for a provider without a role mapping",
    evidence: undocumented(
      "What Cognito answers to a `CustomRoleArn` for a provider without a role mapping.",
      "aws cognito-identity get-credentials-for-identity --identity-id ID --logins 'api.twitter.com=TOKEN;SECRET' --custom-role-arn ARN",
    ),
    error: () => invalidParameter("CustomRoleArn is not allowed for the logins of this request."),
  },
  classicFlow: {
    refuses: "`GetOpenIdToken` of a pool with `AllowClassicFlow: false`",
    evidence: reported("https://github.com/aws/aws-cli/issues/7652"),
    error: () => invalidParameter("Basic (classic) flow is not enabled, please use enhanced flow."),
  },
  classicFlowWithMappings: {
    refuses: "`GetOpenIdToken` of a pool with role mappings",
    evidence: reported("https://github.com/aws-observability/aws-rum-web/issues/172"),
    error: () =>
      invalidParameter("Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."),
  },
});

/** What Cognito Identity refuses of pools, in templates and in requests. */
export const poolRefusals = defineRefusals("AWS::Cognito::IdentityPool", {
  twitterKeys: {
    refuses: "`SupportedLoginProviders` whose `api.twitter.com` is not `<consumer key>;<consumer secret>`",
    evidence: undocumented(
      "Whether Cognito refuses a pool whose Twitter entry has no consumer secret, or only its users.",
      "aws cognito-identity create-identity-pool --identity-pool-name x --no-allow-unauthenticated-identities --supported-login-providers api.twitter.com=KEY",
    ),
    error: () =>
      invalidParameter(
        "Invalid SupportedLoginProviders: the value of api.twitter.com must be <consumer key>;<consumer secret>",
      ),
  },
  oidcProviderArn: {
    refuses: "`OpenIdConnectProviderARNs` that are not ARNs of OpenID Connect providers in IAM",
    evidence: documented(`${api}/API_CreateIdentityPool.html`),
    error: (arn: string) => invalidParameter(`Invalid OpenIdConnectProviderARNs: ${arn}`),
  },
});

export const roleAttachmentRefusals = defineRefusals("AWS::Cognito::IdentityPoolRoleAttachment", {
  role: {
    refuses: "a role that does not exist",
    evidence: reported("https://github.com/danilop/LambdAuth/issues/40"),
    error: (roleArn: string) => notAuthorized(`Access to Role '${roleArn}' is forbidden.`),
  },
  mappingProvider: {
    refuses: "a role mapping for a provider that the pool does not have",
    evidence: reported("https://github.com/aws/aws-cdk/issues/22951"),
    error: (provider: string) =>
      invalidParameter(
        `(${provider}) is not a valid RoleMapping ProviderName or is not a configured provider.`,
      ),
  },
  mappingResolution: {
    refuses: "a role mapping without `AmbiguousRoleResolution`",
    evidence: documented(`${api}/API_RoleMapping.html`),
    error: () =>
      invalidParameter("AmbiguousRoleResolution is required if you specify Token or Rules as the Type."),
  },
  mappingRules: {
    refuses: "a role mapping of the type `Rules` without `RulesConfiguration`",
    evidence: documented(`${api}/API_RoleMapping.html`),
    error: () => invalidParameter("RulesConfiguration is required if you specify Rules as the Type."),
  },
});

export const principalTagRefusals = defineRefusals("AWS::Cognito::IdentityPoolPrincipalTag", {
  provider: {
    refuses: "principal tags for a provider that the pool does not have",
    evidence: undocumented(
      "Whether Cognito refuses principal tags for a provider that the pool does not have.",
      "aws cognito-identity set-principal-tag-attribute-map --identity-pool-id POOL --identity-provider-name graph.facebook.com --use-defaults",
    ),
    error: (provider: string) =>
      invalidParameter(`(${provider}) is not a valid provider name or is not a configured provider.`),
  },
});
