import type { ErrorCode, ErrorDetails } from "../errors.ts";
import { type IdTokenClaims, issuerName, readIdToken } from "./id-token.ts";
import { type LoginsMap, twitterProvider } from "./logins.ts";

/**
 * By the type of Cognito's error. Cognito uses one type for several faults, and only the message distinguishes them.
 * The last row of a type matches every message, so a message that AWS rewords loses detail only.
 */
export type Explanations<T> = Readonly<
  Record<string, readonly (readonly [message: RegExp, code: ErrorCode, cause: T, fix: T])[]>
>;

interface Explanation<T> {
  code: ErrorCode;
  cause: T;
  fix: T;
}

export function findExplanation<T>(
  explanations: Explanations<T>,
  type: string,
  message: string,
): Explanation<T> | undefined {
  const rows = Object.hasOwn(explanations, type) ? explanations[type] : undefined;
  const row = rows?.find(([pattern]) => pattern.test(message));
  return row && { code: row[1], cause: row[2], fix: row[3] };
}

/** A text about a refused login by another provider than Twitter. The claims are undefined without an ID token. */
type Text = (provider: string, claims: IdTokenClaims | undefined) => string;

const again =
  (token = "a new token"): Text =>
  (provider) =>
    `get ${token} from the provider and run \`auth-cli login --login ${provider}=-\``;

const malformed = [
  /./s,
  "cognito-refused",
  () => "a value in the request is malformed",
  (provider: string) => `check --identity-pool-id, and that the token of ${provider} is complete`,
] as const;

/** @see https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html#validating-an-openid-connect-token */
const explanations: Explanations<Text> = {
  NotAuthorizedException: [
    [
      /token expired/i,
      "login-expired",
      (provider, claims) =>
        `the token of ${provider} has expired${claims?.expiresAt === undefined ? "" : `: it was valid until ${claims.expiresAt}`}`,
      again(),
    ],
    [
      /issuer doesn't match/i,
      "token-refused",
      (provider) => `the token is not from ${provider}: another provider issued it`,
      (provider, claims) => {
        const issuer = claims?.issuer === undefined ? undefined : issuerName(claims.issuer);
        return issuer === undefined || !/^[\w./~-]+$/.test(issuer)
          ? again("its own token")(provider, claims)
          : `if the pool federates ${issuer}, run \`auth-cli login --login ${issuer}=-\`; else ${again("the right token")(provider, claims)}`;
      },
    ],
    [
      /not a valid openid/i,
      "token-refused",
      (_, claims) =>
        claims === undefined
          ? "the token is not an ID token (a JWT: three parts separated by dots); it may be an access token or an authorization code"
          : "the token is not an ID token with a signature that OpenID Connect allows",
      again("its ID token (id_token)"),
    ],
    [
      /missing a required claim/i,
      "token-refused",
      () => "the token lacks claims that every ID token has; it may be an access token",
      again("its ID token (id_token, IdToken), not the access token,"),
    ],
    [
      /incorrect token audience/i,
      "token-refused",
      (provider, claims) =>
        `the token is for ${clients(claims)}, which the identity pool does not accept from ${provider}`,
      (provider) =>
        `get a token for the client that the pool names, or add this client to the pool and deploy: ${poolSetting(provider)}`,
    ],
    [
      /couldn't verify signed token/i,
      "token-refused",
      (provider) =>
        `the keys of ${provider} do not verify the token's signature: the token was changed or cut off, ` +
        "or the provider signs with another algorithm than RS256",
      again("a new, complete token"),
    ],
    [
      /can't pass in a cognito token/i,
      "token-refused",
      () => "the token comes from an identity pool; the pool needs the provider's token",
      again("its ID token"),
    ],
    [
      /invalid login token/i,
      "token-refused",
      (provider) => `Cognito verified the token with ${provider}, and it is not valid`,
      again(),
    ],
    [
      /not from a supported provider/i,
      "provider-refused",
      (provider, claims) =>
        isUserPool(provider)
          ? `the identity pool does not federate this user pool, or not for ${clients(claims)}`
          : `the identity pool does not federate ${provider}`,
      (provider) => `add it to the stack and deploy: ${poolSetting(provider)}`,
    ],
    [
      /logins don't match/i,
      "provider-refused",
      () => "this login belongs to another identity pool or identity, or the pool has no login provider",
      (provider, claims) =>
        `check --identity-pool-id against the stack's output, then ${again()(provider, claims)}`,
    ],
    [/access to identity/i, "identity-refused", () => "the identity belongs to another login", again()],
    [/./s, "cognito-refused", (provider) => `Cognito refused the login by ${provider}`, again()],
  ],
  ResourceConflictException: [
    [/./s, "cognito-refused", () => "this login is already linked to another identity", again()],
  ],
  InvalidParameterException: [malformed],
  ValidationException: [malformed],
  ExternalServiceException: [
    [
      /./s,
      "server-error",
      (provider) => `Cognito could not verify the token with ${provider}`,
      () => "run the command again in a minute",
    ],
  ],
};

/** Explains a refused login by another provider than Twitter, with the token's claims as evidence. */
export function explainProviderRefusal(
  type: string,
  message: string,
  logins: LoginsMap,
): (Explanation<string> & Pick<ErrorDetails, "evidence">) | undefined {
  const [entry] = Object.entries(logins);
  if (entry === undefined || entry[0] === twitterProvider) return undefined;
  const [provider, token] = entry;
  const claims = readIdToken(token);
  const explanation = findExplanation(explanations, type, message);
  if (explanation === undefined) return undefined;
  const ofToken = type === "NotAuthorizedException" && claims !== undefined;
  return {
    code: explanation.code,
    cause: explanation.cause(provider, claims),
    fix: explanation.fix(provider, claims),
    evidence: ofToken ? [describeToken(claims)] : [],
  };
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
