import type { ErrorCode, ErrorDetails } from "../errors.ts";
import { type IdTokenClaims, issuerName, readIdToken } from "./id-token.ts";
import { type LoginsMap, twitterProvider } from "./logins.ts";

/** The meaning of a refusal by Cognito. */
export interface CognitoExplanation {
  code: ErrorCode;
  cause: string;
  fix: string;
}

/** A refused login by another provider than Twitter. */
interface ProviderLogin {
  provider: string;
  /** Undefined when the token is not an ID token. */
  claims: IdTokenClaims | undefined;
}

type Explain = (login: ProviderLogin) => CognitoExplanation;

function again(provider: string, token = "a new token"): string {
  return `get ${token} from the provider and run \`auth-cli login --login ${provider}=-\``;
}

function malformed({ provider }: ProviderLogin): CognitoExplanation {
  return {
    code: "cognito-refused",
    cause: "a value in the request is malformed",
    fix: `check --identity-pool-id, and that the token of ${provider} is complete`,
  };
}

/**
 * By the type and the message of Cognito's error. The last row of a type matches every message.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html#validating-an-openid-connect-token
 */
const explanations: readonly [type: string, message: RegExp, Explain][] = [
  [
    "NotAuthorizedException",
    /token expired/i,
    ({ provider, claims }) => ({
      code: "login-expired",
      cause: `the token of ${provider} has expired${claims?.expiresAt === undefined ? "" : `: it was valid until ${claims.expiresAt}`}`,
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
        cause: `the token is not from ${provider}: another provider issued it`,
        fix:
          issuer === undefined || !/^[\w./~-]+$/.test(issuer)
            ? again(provider, "its own token")
            : `if the pool federates ${issuer}, run \`auth-cli login --login ${issuer}=-\`; else ${again(provider, "the right token")}`,
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
          ? "the token is not an ID token (a JWT: three parts separated by dots); it may be an access token or an authorization code"
          : "the token is not an ID token with a signature that OpenID Connect allows",
      fix: again(provider, "its ID token (id_token)"),
    }),
  ],
  [
    "NotAuthorizedException",
    /missing a required claim/i,
    ({ provider }) => ({
      code: "token-refused",
      cause: "the token lacks claims that every ID token has; it may be an access token",
      fix: again(provider, "its ID token (id_token, IdToken), not the access token,"),
    }),
  ],
  [
    "NotAuthorizedException",
    /incorrect token audience/i,
    ({ provider, claims }) => ({
      code: "token-refused",
      cause: `the token is for ${clients(claims)}, which the identity pool does not accept from ${provider}`,
      fix: `get a token for the client that the pool names, or add this client to the pool and deploy: ${poolSetting(provider)}`,
    }),
  ],
  [
    "NotAuthorizedException",
    /couldn't verify signed token/i,
    ({ provider }) => ({
      code: "token-refused",
      cause:
        `the keys of ${provider} do not verify the token's signature: the token was changed or cut off, ` +
        "or the provider signs with another algorithm than RS256",
      fix: again(provider, "a new, complete token"),
    }),
  ],
  [
    "NotAuthorizedException",
    /can't pass in a cognito token/i,
    ({ provider }) => ({
      code: "token-refused",
      cause: "the token comes from an identity pool; the pool needs the provider's token",
      fix: again(provider, "its ID token"),
    }),
  ],
  [
    "NotAuthorizedException",
    /invalid login token/i,
    ({ provider }) => ({
      code: "token-refused",
      cause: `Cognito verified the token with ${provider}, and it is not valid`,
      fix: again(provider),
    }),
  ],
  [
    "NotAuthorizedException",
    /not from a supported provider/i,
    ({ provider, claims }) => ({
      code: "provider-refused",
      cause: isUserPool(provider)
        ? `the identity pool does not federate this user pool, or not for ${clients(claims)}`
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
  ["InvalidParameterException", /./s, malformed],
  ["ValidationException", /./s, malformed],
  [
    "ExternalServiceException",
    /./s,
    ({ provider }) => ({
      code: "server-error",
      cause: `Cognito could not verify the token with ${provider}`,
      fix: "run the command again in a minute",
    }),
  ],
];

/** Explains a refused login by another provider than Twitter, with the token's claims as evidence. */
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

/** Claims are not secrets: without the signature they are not a token. */
function describeToken({ issuer, audiences, expiresAt }: IdTokenClaims): string {
  const parts = [
    issuer === undefined ? "no issuer" : `issuer ${issuer}`,
    audiences.length === 0 ? "no audience" : `audience ${audiences.join(" ")}`,
    expiresAt === undefined ? "no expiry" : `valid until ${expiresAt}`,
  ];
  return `the token's claims: ${parts.join(", ")}`;
}

function clients(claims: IdTokenClaims | undefined): string {
  const audiences = claims?.audiences ?? [];
  return audiences.length === 0 ? "an app client" : `the client ${audiences.join(" ")}`;
}

function isUserPool(provider: string): boolean {
  return provider.startsWith("cognito-idp.");
}

/** The property of SST's Cognito construct. */
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
        : `${federation("auth0: { domain, clientId }")}, or an AWS::IAM::OIDCProvider of https://${provider} and its ARN in ${federation("cdk: { cfnIdentityPool: { openIdConnectProviderArns } }")}`;
  }
}

function federation(inner: string): string {
  return `\`identityPoolFederation: { ${inner} }\``;
}
