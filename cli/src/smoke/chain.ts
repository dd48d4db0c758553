import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { AuthCliError, toErrorReport } from "../errors.ts";
import { registerCredentials } from "../identity.ts";
import { createCognitoIdentity, type LoginsMap, twitterLogins } from "../protocol/cognito-identity.ts";
import { excerpt, exchange, type Reply, replyText, type Send } from "../protocol/http.ts";
import { apiUrl, executeApi } from "../protocol/http-api.ts";
import type { TokenCredentials } from "../protocol/oauth1.ts";
import { type AwsCredentials, type SigV4Signing, signSigV4 } from "../protocol/sigv4.ts";
import { processVerifyCredentialsResponse, verifyCredentialsRequest } from "../protocol/twitter.ts";
import { cognitoContext, findClientCredentials, twitterApiUrl } from "../services.ts";
import { type Outcome, runCheck, skipped, Undecided } from "./check.ts";
import type { CheckName, CheckResult } from "./report.ts";

/** API Gateway accepts a signature for five minutes; this is far enough past for any clock. */
const expiredByMs = 20 * 60 * 1000;

export interface ChainResult {
  checks: CheckResult[];
  identityId: string | undefined;
}

interface Chain {
  environment: Environment;
  resolved: ResolvedDeployment;
  /** The open route and the protected one. */
  routes: { public: string; private: string };
}

/**
 * Every check after `outputs`, as much at once as the chain allows: what needs no login runs beside the token
 * exchange, and all that needs its credentials runs beside each other.
 */
export async function runChain(
  chain: Chain,
  findToken: () => Promise<TokenCredentials>,
): Promise<ChainResult> {
  const { environment } = chain;
  const run = <T>(name: CheckName, check: (send: Send) => Promise<T>): Promise<Outcome<T>> =>
    runCheck(name, environment, check);

  const token = run("twitter.token", findToken);
  const open = Promise.all([
    token.then(({ value, result }) =>
      value === undefined
        ? result
        : run("twitter.token", (send) => checkToken(chain, send, value)).then(resultOf),
    ),
    run("public.open", (send) => checkPublic(chain, send)).then(resultOf),
    run("private.unsigned", (send) => checkUnsigned(chain, send)).then(resultOf),
    run("cognito.guest", (send) => checkGuest(chain, send)).then(resultOf),
  ]);
  const signed = token.then(({ value }) => runSigned(chain, run, value));
  const [openChecks, { checks, identityId }] = await Promise.all([open, signed]);
  return { checks: [...openChecks, ...checks], identityId };
}

type Run = <T>(name: CheckName, check: (send: Send) => Promise<T>) => Promise<Outcome<T>>;

async function runSigned(chain: Chain, run: Run, token: TokenCredentials | undefined): Promise<ChainResult> {
  const { resolved, environment } = chain;
  if (token === undefined) return { checks: skipAll(signedChecks, "twitter.token"), identityId: undefined };
  const logins = twitterLogins(token);

  const identity = await run("cognito.get-id", async (send) =>
    (await cognito(chain, send)).getId(resolved.deployment.identityPoolId, logins),
  );
  const identityId = identity.value;
  if (identityId === undefined) {
    return { checks: [identity.result, ...skipAll(signedChecks.slice(1), "cognito.get-id")], identityId };
  }
  const exchanged = await run("cognito.get-credentials", async (send) =>
    (await cognito(chain, send)).getCredentialsForIdentity(identityId, logins),
  );
  const credentials = exchanged.value;
  const obtained = [identity.result, exchanged.result];
  if (credentials === undefined) {
    return {
      checks: [...obtained, ...skipAll(signedChecks.slice(2), "cognito.get-credentials")],
      identityId,
    };
  }
  registerCredentials(environment, credentials);

  const [accepted, ...refused] = await Promise.all([
    run("private.signed", (send) => checkSigned(chain, send, credentials)),
    ...negativeControls(chain, credentials).map(([name, check]) => run(name, check)),
  ]);
  const match =
    accepted.value === undefined
      ? skipped("identity.match", "private.signed")
      : resultOf(await run("identity.match", async () => checkIdentity(accepted.value ?? "", identityId)));
  return { checks: [...obtained, ...refused.map(resultOf), accepted.result, match], identityId };
}

const signedChecks: CheckName[] = [
  "cognito.get-id",
  "cognito.get-credentials",
  "private.tampered",
  "private.no-session-token",
  "private.expired-signature",
  "private.wrong-region",
  "private.signed",
  "identity.match",
];

function skipAll(names: readonly CheckName[], needs: CheckName): CheckResult[] {
  return names.map((name) => skipped(name, needs));
}

function resultOf({ result }: Outcome<unknown>): CheckResult {
  return result;
}

/** Does Twitter still know the token? Not every X app may ask; Cognito asks in any case. */
async function checkToken(
  { environment, resolved }: Chain,
  send: Send,
  token: TokenCredentials,
): Promise<void> {
  const clientCredentials = await findClientCredentials(environment, resolved.configuration);
  if (clientCredentials === undefined) {
    throw new Undecided("missing-configuration", {
      step: "twitter.token",
      message: "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set",
      cause: "without them Twitter cannot be asked; Cognito asks it all the same, in cognito.get-id",
      fix: "set them in the environment or in the project's .env file",
    });
  }
  const context = {
    apiUrl: await twitterApiUrl(resolved.configuration),
    clientCredentials,
    nowMs: environment.now(),
  };
  const reply = await exchange(send, verifyCredentialsRequest(context, token));
  try {
    processVerifyCredentialsResponse(reply, context);
  } catch (error) {
    if (error instanceof AuthCliError && error.code === "access-tier") {
      throw new Undecided(error.code, toErrorReport(error));
    }
    throw error;
  }
}

async function cognito(
  { environment, resolved }: Chain,
  send: Send,
): Promise<ReturnType<typeof createCognitoIdentity>> {
  const context = await cognitoContext(environment, resolved.configuration, resolved.deployment);
  return createCognitoIdentity({ ...context, send });
}

async function checkGuest(chain: Chain, send: Send): Promise<void> {
  const noLogins: LoginsMap = {};
  try {
    await (await cognito(chain, send)).getId(chain.resolved.deployment.identityPoolId, noLogins);
  } catch (error) {
    if (error instanceof AuthCliError && error.code === "guest-refused") return;
    throw error;
  }
  throw new AuthCliError("check-failed", {
    step: "cognito.guest",
    message: "the identity pool gave an identity to a guest, who sent no login",
    cause:
      "the pool allows unauthenticated identities, which is what SST's Cognito construct does by default",
    fix: "set `identityPoolFederation: { cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } } }` and deploy",
  });
}

async function checkPublic({ resolved, routes }: Chain, send: Send): Promise<void> {
  const reply = await get("public.open", apiUrl(resolved.deployment.apiEndpoint, routes.public), send);
  if (reply.status === 200) return;
  throw new AuthCliError("check-failed", {
    step: "public.open",
    message: `GET ${routes.public} without a signature answered HTTP ${reply.status}: ${excerpt(replyText(reply))}`,
    ...explainOpen(reply.status),
  });
}

function explainOpen(status: number): { cause: string; fix: string } {
  if (status === 403) {
    return {
      cause: "the route has an authorizer",
      fix: 'give the route `authorizer: "none"` in the stack and deploy',
    };
  }
  if (status === 404) return { cause: "the API has no such route", fix: "deploy the stage again" };
  return { cause: "the function failed, timed out, or is not there", fix: "look at its log" };
}

async function checkUnsigned({ resolved, routes }: Chain, send: Send): Promise<void> {
  const reply = await get("private.unsigned", apiUrl(resolved.deployment.apiEndpoint, routes.private), send);
  demandRefusal("private.unsigned", `GET ${routes.private} without a signature`, reply, {
    cause: "the route is open to everybody: its authorizer is not AWS_IAM",
    fix: 'give the route the authorizer "iam" in the stack and deploy',
  });
}

type Control = readonly [CheckName, (send: Send) => Promise<void>];

/** Requests with one thing wrong each. A gate that lets one through is no gate, whatever it says to a good one. */
function negativeControls({ environment, resolved, routes }: Chain, credentials: AwsCredentials): Control[] {
  const { deployment } = resolved;
  const url = apiUrl(deployment.apiEndpoint, routes.private);
  const signing = (): SigV4Signing => ({
    credentials,
    region: deployment.region,
    service: executeApi,
    // One thing is to be wrong with each, and not the time as well.
    nowMs: environment.serverNow(),
  });
  const control = (name: CheckName, what: string, wrong: Partial<SigV4Signing>, sent: URL = url): Control => [
    name,
    async (send) => {
      const { headers } = await signSigV4({ method: "GET", url, headers: [] }, { ...signing(), ...wrong });
      const reply = await exchange(send, { step: name, method: "GET", url: sent, headers });
      demandRefusal(name, `GET ${routes.private} ${what}`, reply, {
        cause: "API Gateway did not check the signature: the route's authorizer is not AWS_IAM",
        fix: 'give the route the authorizer "iam" in the stack and deploy',
      });
    },
  ];
  const tampered = new URL(url);
  tampered.searchParams.append("tampered", "1");
  const { accessKeyId, secretAccessKey } = credentials;
  return [
    control("private.tampered", "changed after it was signed", {}, tampered),
    control("private.no-session-token", "signed without the session token", {
      credentials: { accessKeyId, secretAccessKey },
    }),
    control("private.expired-signature", "signed 20 minutes ago", {
      nowMs: environment.serverNow() - expiredByMs,
    }),
    control("private.wrong-region", "signed for another region", {
      region: deployment.region === "eu-west-1" ? "us-east-1" : "eu-west-1",
    }),
  ];
}

/** Passes on 403 only: a 404, a 500 or a lost connection is no sign that the gate holds. */
function demandRefusal(
  step: CheckName,
  what: string,
  reply: Reply,
  open: { cause: string; fix: string },
): void {
  if (reply.status === 403) return;
  const got = reply.status < 400;
  throw new AuthCliError("check-failed", {
    step,
    message: `${what} answered HTTP ${reply.status}, not 403`,
    ...(got
      ? open
      : {
          cause: `the refusal cannot be told from a fault: ${excerpt(replyText(reply))}`,
          fix: "see private.signed",
        }),
  });
}

/** @returns the body */
async function checkSigned(
  { environment, resolved, routes }: Chain,
  send: Send,
  credentials: AwsCredentials,
): Promise<string> {
  const { deployment } = resolved;
  const url = apiUrl(deployment.apiEndpoint, routes.private);
  const { headers } = await signSigV4(
    { method: "GET", url, headers: [["Accept", "*/*"]] },
    { credentials, region: deployment.region, service: executeApi, nowMs: environment.serverNow() },
  );
  const reply = await exchange(send, { step: "private.signed", method: "GET", url, headers });
  if (reply.status === 200) return replyText(reply);
  throw new AuthCliError("check-failed", {
    step: "private.signed",
    message: `GET ${routes.private} signed as the identity answered HTTP ${reply.status}: ${excerpt(replyText(reply))}`,
    ...explainRefusal(reply.status),
  });
}

function explainRefusal(status: number): { cause: string; fix: string } {
  if (status === 403) {
    return {
      cause:
        "the role of the pool's authenticated identities does not allow execute-api:Invoke on this route",
      fix: "call `auth.attachPermissionsForAuthUsers(stack, [api])` in the stack and deploy; just after a deploy, wait a minute",
    };
  }
  if (status === 404) return { cause: "the API has no such route", fix: "deploy the stage again" };
  return { cause: "the function failed or timed out", fix: "look at its log: `npx sst dev`, or CloudWatch" };
}

/** Identity ids in any text. */
const identityIds = /[\w-]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function checkIdentity(body: string, identityId: string): void {
  const found = new Set(body.match(identityIds));
  if (found.size === 1 && found.has(identityId)) return;
  throw new AuthCliError("check-failed", {
    step: "identity.match",
    message: `the API answered ${excerpt(body)}, Cognito gave the identity ${identityId}`,
    cause:
      found.size === 0
        ? "the handler's answer holds no identity id"
        : "the handler's answer holds another identity id than the caller's",
    fix: "let the handler answer with event.requestContext.authorizer.iam.cognitoIdentity.identityId",
  });
}

function get(step: string, url: URL, send: Send): Promise<Reply> {
  return exchange(send, { step, method: "GET", url, headers: [["Accept", "*/*"]] });
}
