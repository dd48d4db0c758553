import { AuthCliError } from "../errors.ts";
import { excerpt } from "../http.ts";
import { type Explanations, explainProviderRefusal, findExplanation } from "./id-token-errors.ts";
import { Redactor } from "../redaction.ts";
import type { LoginsMap } from "./logins.ts";

const soon = "run the command again in a minute";
const loginAgain = "run `auth-cli login` again";
const malformed = [
  /./s,
  "cognito-refused",
  "a value in the request is malformed",
  "check --identity-pool-id, and that the access token and its secret are complete",
] as const;

/**
 * For a Twitter login, or none.
 * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/CommonErrors.html
 */
const explanations: Explanations<string> = {
  NotAuthorizedException: [
    [
      /unauthenticated access is not supported/i,
      "guest-refused",
      "no login was sent, and the identity pool does not allow guests",
      "run `auth-cli login`",
    ],
    [/access to identity/i, "identity-refused", "the identity belongs to another login", loginAgain],
    [
      /not from a supported provider/i,
      "provider-refused",
      "the identity pool does not federate Twitter (provider api.twitter.com)",
      "add `identityPoolFederation: { twitter: { … } }` to the Cognito construct and deploy",
    ],
    [
      /logins don't match/i,
      "provider-refused",
      "this login belongs to another identity pool, or the pool has no login provider",
      "check --identity-pool-id against the stack's output, then run `auth-cli login` again",
    ],
    [
      /invalid login token/i,
      "token-refused",
      "Twitter rejected the access token that Cognito sent it: the token was revoked, or the pool was deployed with " +
        "another consumer key or secret than the login used",
      "run `auth-cli login` again; if Cognito refuses that too, deploy again with the X app's current consumer key and secret",
    ],
    [/./s, "cognito-refused", "Cognito refused the login", loginAgain],
  ],
  ResourceNotFoundException: [
    [
      /./s,
      "pool-not-found",
      "the identity pool or the identity does not exist in this region: the stack was removed or replaced",
      "run `npx sst deploy --stage <stage>`, then `auth-cli login`",
    ],
  ],
  InvalidIdentityPoolConfigurationException: [
    [
      /./s,
      "pool-configuration",
      "the pool has no role for authenticated identities, or the role's trust policy does not name this pool (aud) " +
        "and `authenticated` (amr)",
      "run `auth-cli doctor --deep` to find out which; if somebody changed the roles by hand, remove the stage and deploy it again",
    ],
  ],
  InvalidParameterException: [malformed],
  ValidationException: [malformed],
  ResourceConflictException: [
    [/./s, "cognito-refused", "this login is already linked to another identity", loginAgain],
  ],
  TooManyRequestsException: [[/./s, "rate-limited", "Cognito limits the rate of calls", soon]],
  ExternalServiceException: [[/./s, "server-error", "Cognito could not verify the token with Twitter", soon]],
  InternalErrorException: [[/./s, "server-error", "Cognito failed", soon]],
};

/**
 * Converts an error of the SDK. An unknown one keeps Cognito's message.
 * @param logins the logins map of the request
 */
export function cognitoError(step: string, thrown: unknown, logins: LoginsMap): AuthCliError {
  if (thrown instanceof AuthCliError) return thrown;
  const { name, message, status } = withoutLogins(readSdkError(thrown), logins);
  const explanation =
    explainProviderRefusal(name, message, logins) ?? findExplanation(explanations, name, message);
  if (explanation !== undefined) {
    const { code, ...details } = explanation;
    return new AuthCliError(code, { step, message: `${name}: ${message}`, ...details });
  }
  const foreign = status === undefined || name === "SyntaxError" || !name.endsWith("Exception");
  if (foreign && status !== undefined && status >= 500) {
    return new AuthCliError("server-error", {
      step,
      message: `Cognito answered HTTP ${status}: ${excerpt(message)}`,
      cause: "Cognito, or a gateway in front of it, is down",
      fix: soon,
    });
  }
  if (foreign) {
    return new AuthCliError("unexpected-reply", {
      step,
      message: `the reply${status === undefined ? "" : ` (HTTP ${status})`} is not from Cognito Identity: ${excerpt(message)}`,
      cause: "a server other than Cognito Identity may answer at this address",
      fix: "check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_COGNITO_IDENTITY, and any proxy",
    });
  }
  return new AuthCliError(status >= 500 ? "server-error" : "cognito-refused", {
    step,
    message: `Cognito answered HTTP ${status}, ${name}: ${excerpt(message)}`,
    cause: "auth-cli does not know this error; the text above comes from Cognito",
  });
}

interface SdkError {
  name: string;
  message: string;
  status: number | undefined;
}

/**
 * Removes the logins map, which contains tokens. Cognito's validation errors quote it: `Value '{api.twitter.com=…}' at
 * 'logins' failed to satisfy constraint`. The quote may be incomplete, so its shape counts too. An excerpt may cut a
 * token in two, so this comes first.
 */
function withoutLogins({ name, message, status }: SdkError, logins: LoginsMap): SdkError {
  const redactor = new Redactor();
  for (const login of Object.values(logins)) {
    for (const part of [login, ...login.split(/[;.]/)]) redactor.add("login", part);
  }
  const unquoted = message.replace(/'\{.*?(?:\}'(?= at ')|$)/gs, "'{…}'");
  // Another server may quote the map in the type too.
  const type = /^[A-Za-z]+$/.test(name) ? redactor.redact(name) : "Error";
  return { name: type, message: redactor.redact(unquoted), status };
}

/** The SDK keeps the status in `$metadata` and, if the body was not JSON, the raw response in `$response`. */
function readSdkError(thrown: unknown): SdkError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), status: undefined };
  const { $metadata, $response } = thrown as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; body?: unknown };
  };
  const raw = thrown.name === "SyntaxError" ? $response?.body : undefined;
  // The SDK takes both from the reply, whatever they are there.
  const [name, message] = [thrown.name, thrown.message].map((each: unknown) =>
    typeof each === "string" ? each : "",
  );
  return {
    name: name || "Error",
    message: raw instanceof Uint8Array ? Buffer.from(raw).toString("utf8") : (message ?? ""),
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
  };
}
