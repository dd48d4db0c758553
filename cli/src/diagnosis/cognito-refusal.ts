import type { Configuration } from "../deployment/configuration.ts";
import { scopeOfHost } from "../aws/api-host.ts";
import { deployCommand } from "../deployment/deploy-command.ts";
import { regionOfPool } from "../deployment/region.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { AuthCliError, type ErrorDetails, toErrorReport } from "../errors.ts";
import type { Reply } from "../http.ts";
import { exchangeSigned, type TimedRequest } from "../server-clock.ts";
import type { ClientCredentials, TokenCredentials } from "../twitter/oauth1.ts";
import {
  processRequestTokenResponse,
  processVerifyCredentialsResponse,
  requestTokenRequest,
  type TwitterContext,
  verifyCredentialsRequest,
} from "../twitter/twitter-api.ts";
import { findClientCredentials } from "../deployment/client-credentials.ts";
import { cognitoEndpoint, twitterApiUrl } from "../deployment/service-addresses.ts";
import { isLoopback } from "../loopback.ts";
import type { Reason } from "../reasons.ts";

/** For each of the two requests to Twitter. */
const questionTimeoutMs = 1000;

/** A login that Cognito refused. */
export interface RefusedExchange {
  environment: Environment;
  resolved: ResolvedDeployment;
  /** Undefined for a provider other than Twitter. */
  token: TokenCredentials | undefined;
  /** `--consumer-key`. */
  consumerKey?: string | undefined;
}

/**
 * Cognito has one message for several causes: “Invalid login token” stands for a revoked token, and for a pool with the
 * wrong consumer secret. Twitter's own answer to the same token shows which it is.
 * @returns the error to throw: the same one with cause, evidence and fix, or `thrown` unchanged
 */
export async function explainCognitoRefusal<T>(
  refused: RefusedExchange,
  thrown: T,
): Promise<T | AuthCliError> {
  if (!(thrown instanceof AuthCliError)) return thrown;
  if (thrown.code === "pool-not-found") return explainMissingPool(refused, thrown);
  const askedTwitter =
    thrown.code === "token-refused" || thrown.message.startsWith("ExternalServiceException");
  const { token } = refused;
  return askedTwitter && token !== undefined ? explainRefusedToken(refused, token, thrown) : thrown;
}

async function explainRefusedToken(
  refused: RefusedExchange,
  token: TokenCredentials,
  thrown: AuthCliError,
): Promise<AuthCliError> {
  const { environment, resolved } = refused;
  const app = await clientCredentialsOf(refused);
  if (app instanceof AuthCliError) return withEvidence(thrown, `cannot ask Twitter: ${app.message}`);
  const context = {
    apiUrl: await twitterApiUrl(resolved.configuration),
    clientCredentials: app.clientCredentials,
    nowMs: environment.now(),
  };
  const answer = await askTwitter(environment, context, token);
  const evidence = [`with ${app.source}, ${answer.said}`];
  const { verdict } = answer;
  // Cognito got no answer from Twitter, so the pool's consumer key was not refused.
  const isUnasked = thrown.code !== "token-refused" && verdict === "pool-client-credentials-differ";
  if (verdict === undefined || isUnasked) return withEvidence(thrown, ...evidence);
  const remedy =
    (verdict === "pool-client-credentials-differ" ? await explainTwoKeys(resolved) : undefined) ??
    remedies(resolved.deployment.stage)[verdict] ??
    answer.explanation;
  return new AuthCliError(codes[verdict], { ...toErrorReport(thrown), ...remedy, reason: verdict, evidence });
}

type Remedy = Pick<ErrorDetails, "cause" | "fix">;

/** SST prefers the keys in `.env` files, auth-cli those in the environment. */
async function explainTwoKeys({
  configuration,
  deployment,
}: ResolvedDeployment): Promise<Remedy | undefined> {
  for (const name of ["TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET"]) {
    // oxlint-disable-next-line no-await-in-loop -- the files are read once
    const [used, file] = await configuration.findAll(name);
    if (used?.isFromProject || file === undefined || file.value === used?.value) continue;
    const local = isLoopback((await twitterApiUrl(configuration)).hostname)
      ? "start the local cloud again in this folder, so that it takes the file's, and export what it prints; or "
      : "";
    return {
      cause: `${name} is one in the environment, which auth-cli takes, and another in ${file.source}, which \`sst deploy\` takes`,
      fix: `${local}remove ${name} from ${file.source}, then run ${deployCommand(deployment.stage)}`,
    };
  }
  return undefined;
}

/** Where the experiment shows more than Twitter's refusal alone. */
function remedies(stage: string | undefined): Partial<Record<Verdict, Remedy>> {
  const deploy = deployCommand(stage);
  return {
    "pool-client-credentials-differ": {
      cause:
        "the token is valid, so the identity pool has the wrong consumer key or secret: it was deployed before they " +
        "changed, or for another X app",
      fix: `run ${deploy} with the X app's current consumer key and secret`,
    },
    "token-revoked": {
      cause: "the user or X revoked the access token, or it is mistyped, or belongs to another X app",
      fix: "run `auth-cli login` again",
    },
    "token-secret-wrong": {
      cause: "the access token secret does not belong to the access token",
      fix: "run `auth-cli login`, or copy both again",
    },
    "consumer-key-refused": {
      cause:
        "Twitter rejects the consumer key and secret used here: they were regenerated in the X Developer Console, or " +
        "mistyped; those of the identity pool may be the same",
      fix:
        "copy API Key and API Key Secret from the X app's “Keys and tokens” page into the project's .env file, run " +
        `${deploy}, then \`auth-cli login\``,
    },
    "access-tier": {
      cause: "the X app's access tier does not include account/verify_credentials, which Cognito calls",
      fix: "raise the app's access tier in the X Developer Console (https://console.x.com)",
    },
  };
}

/** The code that Twitter's own refusal would have. */
const codes = {
  "pool-client-credentials-differ": "pool-configuration",
  "token-revoked": "token-refused",
  "token-secret-wrong": "token-refused",
  "consumer-key-refused": "client-credentials-refused",
  "app-suspended": "app-suspended",
  "access-tier": "access-tier",
  "credits-depleted": "credits-depleted",
  "rate-limited": "rate-limited",
} as const satisfies Partial<Record<Reason, AuthCliError["code"]>>;

type Verdict = keyof typeof codes;

interface Answer {
  /** Undefined when the answer explains nothing. */
  verdict: Verdict | undefined;
  /** For the evidence. */
  said: string;
  /** From Twitter's refusal. */
  explanation?: Remedy;
}

/** Sends the request that Cognito sends. */
async function askTwitter(
  environment: Environment,
  context: TwitterContext,
  token: TokenCredentials,
): Promise<Answer> {
  const ask = (request: TimedRequest): Promise<Reply> =>
    exchangeSigned(environment, { ...request, timeoutMs: questionTimeoutMs });
  let refusal: AuthCliError;
  try {
    const user = processVerifyCredentialsResponse(
      await ask(verifyCredentialsRequest(context, token)),
      context,
    );
    return {
      verdict: "pool-client-credentials-differ",
      said: `Twitter accepts the token, as @${user.screenName}'s`,
    };
  } catch (error) {
    refusal = asRefusal(error);
  }
  const said = refusal.message;
  const verdict = verdictsByCode[refusal.code];
  if (verdict !== undefined) return { verdict, said, explanation: remedyOf(refusal) };
  if (refusal.code !== "client-credentials-refused") return { verdict: undefined, said };
  // A request without a token is signed with the consumer secret only.
  try {
    processRequestTokenResponse(await ask(requestTokenRequest(context, "oob")), context);
  } catch (error) {
    const { code } = asRefusal(error);
    if (code === "client-credentials-refused") {
      return { verdict: "consumer-key-refused", said: `${said}, with and without the token` };
    }
    // Twitter checks the callback only after the signature.
    if (code !== "callback-refused") return { verdict: undefined, said };
  }
  return {
    verdict: "token-secret-wrong",
    said: `${said}; without the token it accepts the consumer key and secret`,
  };
}

const verdictsByCode: Partial<Record<AuthCliError["code"], Verdict>> = {
  "token-refused": "token-revoked",
  "app-suspended": "app-suspended",
  "access-tier": "access-tier",
  "credits-depleted": "credits-depleted",
  "rate-limited": "rate-limited",
};

function remedyOf({ cause, fix }: AuthCliError): Remedy {
  return { ...(cause !== undefined && { cause }), ...(fix !== undefined && { fix }) };
}

/** @throws AuthCliError `interrupted` */
function asRefusal(error: unknown): AuthCliError {
  if (error instanceof AuthCliError && error.code !== "interrupted") return error;
  throw error;
}

/** The consumer key and secret with their source, or why there are none. */
async function clientCredentialsOf({
  environment,
  resolved: { configuration },
  consumerKey,
}: RefusedExchange): Promise<{ clientCredentials: ClientCredentials; source: string } | AuthCliError> {
  try {
    const clientCredentials = await findClientCredentials(environment, configuration, consumerKey);
    if (clientCredentials !== undefined) {
      const key = consumerKey === undefined ? await configuration.find("TWITTER_CONSUMER_KEY") : undefined;
      return { clientCredentials, source: `the consumer key from ${key?.source ?? "--consumer-key"}` };
    }
    return new AuthCliError("missing-configuration", {
      message: "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
    });
  } catch (error) {
    return asRefusal(error);
  }
}

/** A pool that does not exist in the region of its id may be meant to be in the API's. */
async function explainMissingPool(
  { resolved: { deployment, configuration } }: RefusedExchange,
  thrown: AuthCliError,
): Promise<AuthCliError> {
  const { identityPoolId, apiEndpoint } = deployment;
  const region = regionOfPool(identityPoolId);
  const expected = await regionOfTheRest(apiEndpoint, configuration);
  if (expected === undefined || expected.region === region) return explainRestart(configuration, thrown);
  return new AuthCliError(thrown.code, {
    ...toErrorReport(thrown),
    cause: `the identity pool does not exist in ${region}, the region in its id, but ${expected.says} ${expected.region}`,
    fix: `use the IdentityPoolId from the outputs of the stack in ${expected.region}, or deploy the pool's stack in ${region} again`,
    reason: "pool-in-another-region",
  });
}

/** A local cloud that was started again has the address of the one before, and none of its pools. */
async function explainRestart(configuration: Configuration, thrown: AuthCliError): Promise<AuthCliError> {
  const endpoint = await cognitoEndpoint(configuration);
  if (endpoint === undefined || !isLoopback(endpoint.hostname)) return thrown;
  return new AuthCliError(thrown.code, {
    ...toErrorReport(thrown),
    cause:
      "the identity pool or the identity does not exist in this region: the local cloud was started again after the deploy, or the stack was removed",
  });
}

async function regionOfTheRest(
  apiEndpoint: URL,
  configuration: Configuration,
): Promise<{ region: string; says: string } | undefined> {
  const ofApi = scopeOfHost(apiEndpoint)?.region;
  if (ofApi !== undefined) return { region: ofApi, says: "the API is in" };
  const setting = await configuration.find("AWS_REGION");
  return setting && { region: setting.value, says: `${setting.source} says` };
}

function withEvidence(error: AuthCliError, ...evidence: string[]): AuthCliError {
  return new AuthCliError(error.code, {
    ...toErrorReport(error),
    evidence: [...error.evidence, ...evidence],
  });
}
