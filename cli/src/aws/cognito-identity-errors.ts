import { AuthCliError } from "../errors.ts";
import { excerpt } from "../http.ts";
import { type CognitoExplanation, explainProviderRefusal } from "./id-token-errors.ts";
import type { LoginsMap } from "./logins.ts";

/**
 * Of a login by Twitter, or without any. By the error's type, then its text: Cognito gives several faults one type, and words are all that tells them apart.
 * The last row of a type matches anything, so that a changed text loses detail, not sense.
 * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/CommonErrors.html
 */
const explanations: readonly [type: string, message: RegExp, CognitoExplanation][] = [
  [
    "NotAuthorizedException",
    /unauthenticated access is not supported/i,
    {
      code: "guest-refused",
      cause: "no login was sent and the identity pool admits no guests",
      fix: "run `auth-cli login`",
    },
  ],
  [
    "NotAuthorizedException",
    /access to identity/i,
    {
      code: "identity-refused",
      cause: "the identity belongs to another login",
      fix: "run `auth-cli login` again",
    },
  ],
  [
    "NotAuthorizedException",
    /not from a supported provider/i,
    {
      code: "provider-refused",
      cause: "the identity pool does not federate Twitter (provider api.twitter.com)",
      fix: "add `identityPoolFederation: { twitter: { … } }` to the Cognito construct and deploy",
    },
  ],
  [
    "NotAuthorizedException",
    /logins don't match/i,
    {
      code: "provider-refused",
      cause: "this login belongs to another identity pool, or the pool has no login provider",
      fix: "check --identity-pool-id against the stack's output, then run `auth-cli login` again",
    },
  ],
  [
    "NotAuthorizedException",
    /invalid login token/i,
    {
      code: "token-refused",
      cause:
        "Cognito asked Twitter about the access token and Twitter refused it: the token was revoked, or the pool was " +
        "deployed with another consumer key or secret than the one you logged in with",
      fix: "run `auth-cli login` again; if that is refused too, deploy again with the X app's current consumer key and secret",
    },
  ],
  ["NotAuthorizedException", /./s, refusal("Cognito refused the login")],
  [
    "ResourceNotFoundException",
    /./s,
    {
      code: "pool-not-found",
      cause:
        "the identity pool, or the identity, does not exist in this region: the stack was removed or replaced",
      fix: "deploy the stage again, then run `auth-cli login` again",
    },
  ],
  [
    "InvalidIdentityPoolConfigurationException",
    /./s,
    {
      code: "pool-configuration",
      cause:
        "the pool has no role for authenticated identities, or the role's trust policy does not name this pool (aud) " +
        "and `authenticated` (amr)",
      fix: "run `auth-cli doctor --deep`, which tells which of these it is; if the roles were changed by hand, remove the stage and deploy it anew",
    },
  ],
  [
    "InvalidParameterException",
    /./s,
    {
      code: "cognito-refused",
      cause: "a value that was sent is malformed",
      fix: "check --identity-pool-id, and that the access token and its secret are whole",
    },
  ],
  ["ResourceConflictException", /./s, refusal("this login is already linked to another identity")],
  [
    "TooManyRequestsException",
    /./s,
    {
      code: "rate-limited",
      cause: "Cognito limits the rate of calls",
      fix: "run the command again in a minute",
    },
  ],
  [
    "ExternalServiceException",
    /./s,
    {
      code: "server-error",
      cause: "Cognito could not ask Twitter about the token",
      fix: "run the command again in a minute",
    },
  ],
  [
    "InternalErrorException",
    /./s,
    { code: "server-error", cause: "Cognito failed", fix: "run the command again in a minute" },
  ],
];

function refusal(cause: string): CognitoExplanation {
  return { code: "cognito-refused", cause, fix: "run `auth-cli login` again" };
}

/**
 * Whatever the SDK threw, as an error with step, cause and fix; an unknown one keeps its raw text.
 * @param logins what Cognito was shown
 */
export function cognitoError(step: string, thrown: unknown, logins: LoginsMap): AuthCliError {
  if (thrown instanceof AuthCliError) return thrown;
  const { name, message, status } = readSdkError(thrown);
  const explanation =
    explainProviderRefusal(name, message, logins) ??
    explanations.find(([type, text]) => type === name && text.test(message))?.[2];
  if (explanation !== undefined) {
    const { code, ...details } = explanation;
    return new AuthCliError(code, { step, message: `${name}: ${message}`, ...details });
  }
  const foreign = status === undefined || name === "SyntaxError" || !name.endsWith("Exception");
  if (foreign && status !== undefined && status >= 500) {
    return new AuthCliError("server-error", {
      step,
      message: `Cognito answered HTTP ${status}: ${excerpt(message)}`,
      cause: "Cognito, or a gateway on the way to it, is down",
      fix: "run the command again in a minute",
    });
  }
  if (foreign) {
    return new AuthCliError("unexpected-reply", {
      step,
      message: `the reply${status === undefined ? "" : ` (HTTP ${status})`} is not one of Cognito Identity's: ${excerpt(message)}`,
      cause: "something other than Cognito Identity may answer at this address",
      fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_COGNITO_IDENTITY, and any proxy on the way",
    });
  }
  return new AuthCliError(status >= 500 ? "server-error" : "cognito-refused", {
    step,
    message: `Cognito answered HTTP ${status}, ${name}: ${excerpt(message)}`,
    cause: "auth-cli does not know this error; the text above is Cognito's own",
  });
}

interface SdkError {
  name: string;
  message: string;
  status: number | undefined;
}

/** The SDK hangs the status on `$metadata`, and, when a body was no JSON, the raw reply on `$response`. */
function readSdkError(thrown: unknown): SdkError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), status: undefined };
  const { $metadata, $response } = thrown as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; body?: unknown };
  };
  const raw = thrown.name === "SyntaxError" ? $response?.body : undefined;
  return {
    name: thrown.name,
    message: raw instanceof Uint8Array ? Buffer.from(raw).toString("utf8") : thrown.message,
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
  };
}
