import type { ErrorCode, ErrorDetails } from "../errors.ts";
import { type IdTokenClaims, issuerName, readIdToken } from "./id-token.ts";
import { type LoginsMap, twitterProvider } from "./logins.ts";

/** The meaning of a refusal by Cognito. */
export interface CognitoExplanation {
  code: ErrorCode;
  cause: string;
  fix: string;
}

/** A login by another provider than Twitter, as Cognito has refused it. */
interface ProviderLogin {
  provider: string;
  /** Undefined for a token of another make than an ID token. */
  claims: IdTokenClaims | undefined;
}

type Explain = (login: ProviderLogin) => CognitoExplanation;

/** Sends the user for another token, and back. */
function again(provider: string, token = "a new token"): string {
  return `get ${token} from the provider and run \`auth-cli login --login ${provider}=-\``;
}

/**
 * By the error's type, then its text, which is Cognito's. The last row of a type matches anything.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html#validating-an-openid-connect-token
 */
const explanations: readonly [type: string, message: RegExp, Explain][] = [
  [
    "NotAuthorizedException",
    /token expired/i,
    ({ provider, claims }) => ({
      code: "login-expired",
      cause: `the token of ${provider} has expired${claims?.expiresAt === undefined ? "" : `: it was good until ${claims.expiresAt}`}`,
      fix: again(provider),
    }),
  ],
  [
    "NotAuthorizedException",
    /issuer doesn't match/i,
    ({ provider, claims }) => {
      const issuer = claims?.issuer === undefined ? undefined : issuerName(claims.issuer);
      return {
        code: "token-refused",
        cause: `the token is not one of ${provider}: another provider has issued it`,
        fix:
          issuer === undefined || !/^[\w./~-]+$/.test(issuer)
            ? again(provider, "its own token")
            : `if ${issuer} is the provider that the pool federates, run \`auth-cli login --login ${issuer}=-\`; else ${again(provider, "the right token")}`,
      };
    },
  ],
  [
    "NotAuthorizedException",
    /not a valid openid/i,
    ({ provider, claims }) => ({
      code: "token-refused",
      cause:
        claims === undefined
          ? "the token is no ID token, which is a JWT of three parts with dots between; an access token or a code may have been taken for it"
          : "the token is not an ID token that is signed as OpenID Connect has it",
      fix: again(provider, "its ID token (id_token)"),
    }),
  ],
  [
    "NotAuthorizedException",
    /missing a required claim/i,
    ({ provider }) => ({
      code: "token-refused",
      cause: "the token lacks what every ID token says; this is how an access token is refused",
      fix: again(provider, "its ID token (id_token, IdToken), not the access token,"),
    }),
  ],
  [
    "NotAuthorizedException",
    /incorrect token audience/i,
    ({ provider, claims }) => ({
      code: "token-refused",
      cause: `the token is for ${clients(claims)}, which the identity pool does not take from ${provider}`,
      fix: `get a token for the client that the pool names, or name this one there and deploy: ${poolSetting(provider)}`,
    }),
  ],
  [
    "NotAuthorizedException",
    /couldn't verify signed token/i,
    ({ provider }) => ({
      code: "token-refused",
      cause:
        `the token's signature is not one that the keys of ${provider} verify: the token was changed or cut on its way, ` +
        "or the provider signs with another algorithm than RS256",
      fix: again(provider, "a new token, whole,"),
    }),
  ],
  [
    "NotAuthorizedException",
    /can't pass in a cognito token/i,
    ({ provider }) => ({
      code: "token-refused",
      cause: "it is a token that an identity pool gave; the pool wants the provider's own",
      fix: again(provider, "its ID token"),
    }),
  ],
  [
    "NotAuthorizedException",
    /invalid login token/i,
    ({ provider }) => ({
      code: "token-refused",
      cause: `Cognito had the token verified as one of ${provider}, and it did not hold`,
      fix: again(provider),
    }),
  ],
  [
    "NotAuthorizedException",
    /not from a supported provider/i,
    ({ provider, claims }) => ({
      code: "provider-refused",
      cause: isUserPool(provider)
        ? `the identity pool does not federate this user pool, or not ${clients(claims)}, for which the token is`
        : `the identity pool does not federate ${provider}`,
      fix: `add it to the stack and deploy: ${poolSetting(provider)}`,
    }),
  ],
  [
    "NotAuthorizedException",
    /logins don't match/i,
    ({ provider }) => ({
      code: "provider-refused",
      cause: "this login belongs to another identity pool or identity, or the pool has no login provider",
      fix: `check --identity-pool-id against the stack's output, then ${again(provider)}`,
    }),
  ],
  [
    "NotAuthorizedException",
    /access to identity/i,
    ({ provider }) => ({
      code: "identity-refused",
      cause: "the identity belongs to another login",
      fix: again(provider),
    }),
  ],
  [
    "NotAuthorizedException",
    /./s,
    ({ provider }) => ({
      code: "cognito-refused",
      cause: `Cognito refused the login by ${provider}`,
      fix: again(provider),
    }),
  ],
  [
    "ResourceConflictException",
    /./s,
    ({ provider }) => ({
      code: "cognito-refused",
      cause: "this login is already linked to another identity",
      fix: again(provider),
    }),
  ],
  [
    "InvalidParameterException",
    /./s,
    ({ provider }) => ({
      code: "cognito-refused",
      cause: "a value that was sent is malformed",
      fix: `check --identity-pool-id, and that the token of ${provider} is whole`,
    }),
  ],
  [
    "ExternalServiceException",
    /./s,
    ({ provider }) => ({
      code: "server-error",
      cause: `Cognito could not have the token verified by ${provider}`,
      fix: "run the command again in a minute",
    }),
  ],
];

/** What a refusal means for a login by another provider than Twitter, and what the token says that shows it. */
export function explainProviderRefusal(
  type: string,
  message: string,
  logins: LoginsMap,
): (CognitoExplanation & Pick<ErrorDetails, "evidence">) | undefined {
  const [entry] = Object.entries(logins);
  if (entry === undefined || entry[0] === twitterProvider) return undefined;
  const [provider, token] = entry;
  const claims = readIdToken(token);
  const explanation = explanations.find(([name, text]) => name === type && text.test(message))?.[2];
  if (explanation === undefined) return undefined;
  const ofToken = type === "NotAuthorizedException" && claims !== undefined;
  return { ...explanation({ provider, claims }), evidence: ofToken ? [describeToken(claims)] : [] };
}

/** Its claims are no secrets, only its signature makes a token of them. */
function describeToken({ issuer, audiences, expiresAt }: IdTokenClaims): string {
  const says = [
    issuer === undefined ? "no issuer" : `issuer ${issuer}`,
    audiences.length === 0 ? "no audience" : `audience ${audiences.join(" ")}`,
    expiresAt === undefined ? "no end" : `good until ${expiresAt}`,
  ];
  return `the token says of itself: ${says.join(", ")}`;
}

function clients(claims: IdTokenClaims | undefined): string {
  const audiences = claims?.audiences ?? [];
  return audiences.length === 0 ? "an app client" : `the client ${audiences.join(" ")}`;
}

function isUserPool(provider: string): boolean {
  return provider.startsWith("cognito-idp.");
}

/** Where SST's Cognito construct has it. */
function poolSetting(provider: string): string {
  switch (provider) {
    case "accounts.google.com":
      return federation("google: { clientId }");
    case "graph.facebook.com":
      return federation("facebook: { appId }");
    case "www.amazon.com":
      return federation("amazon: { appId }");
    case "appleid.apple.com":
      return federation("apple: { servicesId }");
    default:
      return isUserPool(provider)
        ? federation("cdk: { cfnIdentityPool: { cognitoIdentityProviders: [{ providerName, clientId }] } }")
        : `${federation("auth0: { domain, clientId }")}, or an AWS::IAM::OIDCProvider of https://${provider} whose ARN stands in ${federation("cdk: { cfnIdentityPool: { openIdConnectProviderArns } }")}`;
  }
}

function federation(inner: string): string {
  return `\`identityPoolFederation: { ${inner} }\``;
}
