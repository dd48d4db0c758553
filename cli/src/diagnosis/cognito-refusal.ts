import type { Configuration } from "../deployment/configuration.ts";
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
} from "../twitter/twitter.ts";
import { findClientCredentials } from "../deployment/client-credentials.ts";
import { twitterApiUrl } from "../deployment/service-addresses.ts";
import type { Reason } from "../reasons.ts";

/** A diagnosis that takes longer than the two questions' 2 s is given up. */
const questionTimeoutMs = 1000;

/** Whom Cognito refused, and with what. */
export interface RefusedExchange {
  environment: Environment;
  resolved: ResolvedDeployment;
  /** What was sent as the login; undefined for a login by another provider than Twitter. */
  token: TokenCredentials | undefined;
  /** `--consumer-key`. */
  consumerKey?: string | undefined;
}

/**
 * Cognito words several faults alike: “Invalid login token” is a revoked token, and also a pool with another consumer
 * secret than the X app's. Twitter itself, asked with the consumer key at hand, tells them apart.
 * @returns what is to be thrown: the same error with cause, evidence and fix, or what was thrown as it was
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
  if (app instanceof AuthCliError) return withEvidence(thrown, `Twitter was not asked: ${app.message}`);
  const context = {
    apiUrl: await twitterApiUrl(resolved.configuration),
    clientCredentials: app.clientCredentials,
    nowMs: environment.now(),
  };
  const answer = await askTwitter(environment, context, token);
  const evidence = [`asked with ${app.source}, ${answer.said}`];
  const { verdict } = answer;
  if (verdict === undefined) return withEvidence(thrown, ...evidence);
  const { stage } = resolved.deployment;
  const deploy = `npx sst deploy${stage === undefined ? "" : ` --stage ${stage}`}`;
  const remedy = remedies(deploy)[verdict] ?? answer.explanation;
  return new AuthCliError(codes[verdict], { ...toErrorReport(thrown), ...remedy, reason: verdict, evidence });
}

type Remedy = Pick<ErrorDetails, "cause" | "fix">;

/** Where more is known than the explanation of Twitter's refusal says. @param deploy the command */
function remedies(deploy: string): Partial<Record<Verdict, Remedy>> {
  return {
    "pool-client-credentials-differ": {
      cause:
        "the token is good, so the identity pool asks Twitter with another consumer key or secret: it was deployed " +
        "before they changed, or for another X app",
      fix: `deploy again with the X app's current consumer key and secret: \`${deploy}\``,
    },
    "token-revoked": {
      cause: "the access token was revoked by its user or by X, or belongs to another X app",
      fix: "run `auth-cli login` again",
    },
    "token-secret-wrong": {
      cause: "the access token's secret is not the one that Twitter gave with it",
      fix: "copy both again, or run `auth-cli login`",
    },
    "consumer-key-refused": {
      cause:
        "Twitter does not know the consumer key and secret at hand, and neither those of the identity pool: they were " +
        "regenerated in the X developer portal, or mistyped",
      fix:
        "copy API Key and API Key Secret from the X app's “Keys and tokens” page into the project's .env file, deploy " +
        `again (\`${deploy}\`), then run \`auth-cli login\` again`,
    },
    "access-tier": {
      cause: "the X app's access tier does not let anyone ask whose a token is, and Cognito has to ask that",
      fix: "raise the app's access in the X developer portal",
    },
  };
}

/** The error's code is Twitter's where it is Twitter's refusal. */
const codes = {
  "pool-client-credentials-differ": "pool-configuration",
  "token-revoked": "token-refused",
  "token-secret-wrong": "token-refused",
  "consumer-key-refused": "client-credentials-refused",
  "app-suspended": "app-suspended",
  "access-tier": "access-tier",
  "rate-limited": "rate-limited",
  "clock-wrong": "clock-refused",
} as const satisfies Partial<Record<Reason, AuthCliError["code"]>>;

type Verdict = keyof typeof codes;

interface Answer {
  /** Undefined when its answer explains nothing. */
  verdict: Verdict | undefined;
  said: string;
  /** Of Twitter's refusal. */
  explanation?: Remedy;
}

/** The same question that Cognito asks. */
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
      said: `Twitter says that the token is @${user.screenName}'s`,
    };
  } catch (error) {
    refusal = asRefusal(error);
  }
  const said = refusal.message;
  const verdict = verdictsByCode[refusal.code];
  if (verdict !== undefined) return { verdict, said, explanation: remedyOf(refusal) };
  if (refusal.code !== "client-credentials-refused") return { verdict: undefined, said };
  // The signature is made with both secrets; a request without a token is signed with one.
  try {
    processRequestTokenResponse(await ask(requestTokenRequest(context, "oob")), context);
  } catch (error) {
    const { code } = asRefusal(error);
    if (code === "client-credentials-refused") {
      return { verdict: "consumer-key-refused", said: `${said}, and the same without the token` };
    }
    // An app without a callback is refused only once its signature is found good.
    if (code !== "callback-refused") return { verdict: undefined, said };
  }
  return { verdict: "token-secret-wrong", said: `${said}, but it takes the consumer key and secret alone` };
}

const verdictsByCode: Partial<Record<AuthCliError["code"], Verdict>> = {
  "token-refused": "token-revoked",
  "app-suspended": "app-suspended",
  "access-tier": "access-tier",
  "rate-limited": "rate-limited",
  "clock-refused": "clock-wrong",
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
      return { clientCredentials, source: `the consumer key of ${key?.source ?? "--consumer-key"}` };
    }
    return new AuthCliError("missing-configuration", {
      message: "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
    });
  } catch (error) {
    return asRefusal(error);
  }
}

/** A pool is looked for in the region that its id names, or that `--region` does. Is it the API's? */
async function explainMissingPool(
  { resolved: { deployment, configuration } }: RefusedExchange,
  thrown: AuthCliError,
): Promise<AuthCliError> {
  const { identityPoolId, region, apiEndpoint } = deployment;
  const named = identityPoolId.slice(0, identityPoolId.indexOf(":"));
  if (named !== region) {
    return new AuthCliError(thrown.code, {
      ...toErrorReport(thrown),
      cause: `the identity pool was looked for in ${region}, and its id names ${named}`,
      fix: `leave out --region, or give --region ${named}`,
      reason: "pool-in-another-region",
    });
  }
  const expected = await regionOfTheRest(apiEndpoint, configuration);
  if (expected === undefined || expected.region === region) return thrown;
  return new AuthCliError(thrown.code, {
    ...toErrorReport(thrown),
    cause: `there is no such identity pool in ${region}, which its id names; ${expected.says} ${expected.region}`,
    fix: `take IdentityPoolId from the outputs of the stack in ${expected.region}; the pool and the API are deployed together, in one region`,
    reason: "pool-in-another-region",
  });
}

async function regionOfTheRest(
  apiEndpoint: URL,
  configuration: Configuration,
): Promise<{ region: string; says: string } | undefined> {
  const ofApi = /\.execute-api\.([a-z0-9-]+)\.amazonaws\./.exec(`${apiEndpoint.hostname}.`)?.[1];
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
