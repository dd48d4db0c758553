import { type DeploymentFlags, resolveDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import { AuthCliError } from "../errors.ts";
import { cacheIdentity, registerCredentials, registerToken } from "../identity.ts";
import { createCognitoIdentity, twitterLogins } from "../protocol/cognito-identity.ts";
import { exchange } from "../protocol/http.ts";
import type { TemporaryCredentials, TokenCredentials } from "../protocol/oauth1.ts";
import {
  accessTokenRequest,
  authorizeUrl,
  processAccessTokenResponse,
  processRequestTokenResponse,
  requestTokenRequest,
  type TwitterContext,
  type TwitterUser,
} from "../protocol/twitter.ts";
import { cognitoContext, requireClientCredentials, twitterApiUrl } from "../services.ts";
import { readSessions, saveSession, type Session } from "../store/sessions.ts";

export interface LoginFlags extends DeploymentFlags {
  json?: boolean;
  /** False with `--no-browser`. */
  browser?: boolean;
  consumerKey?: string;
}

/** How often a PIN may be typed wrong on a terminal. */
const attempts = 3;

/** `auth-cli login`: Twitter's PIN flow, then the Cognito identity; remembers both. */
export async function login(flags: LoginFlags, environment: Environment): Promise<void> {
  const resolved = await resolveDeployment(environment, flags, () => readSessions(environment));
  const { deployment, configuration, project } = resolved;
  const twitter = {
    apiUrl: await twitterApiUrl(configuration),
    clientCredentials: await requireClientCredentials(environment, configuration, flags.consumerKey),
  };
  // Looked at before the user is sent to a browser: a PIN is not to be spent on a login that cannot end well.
  const cognito = createCognitoIdentity(await cognitoContext(environment, configuration, deployment));

  const user = await authorizeWithPin(environment, twitter, flags);
  const logins = twitterLogins(user.tokenCredentials);
  const identityId = await cognito.getId(deployment.identityPoolId, logins);
  const credentials = await cognito.getCredentialsForIdentity(identityId, logins);
  registerCredentials(environment, credentials);

  const session: Session = {
    appName: project.appName,
    stage: deployment.stage,
    apiEndpoint: deployment.apiEndpoint.href,
    identityPoolId: deployment.identityPoolId,
    userId: user.userId,
    screenName: user.screenName,
    identityId,
    tokenCredentials: user.tokenCredentials,
    loggedInAt: new Date(environment.now()).toISOString(),
  };
  await saveSession(environment, session);
  await cacheIdentity(environment, session, { identityId, credentials });
  await report(environment, session, credentials.expiration, flags);
}

async function report(
  environment: Environment,
  session: Session,
  expiration: string,
  flags: LoginFlags,
): Promise<void> {
  const { stage, screenName, userId, identityId, identityPoolId } = session;
  if (flags.json) {
    const result = { stage, screenName, userId, identityId, identityPoolId, expiration };
    await environment.terminal.print(`${JSON.stringify(result, undefined, 2)}\n`);
    return;
  }
  const where = stage === undefined ? "" : ` to ${stage}`;
  await environment.terminal.print(`Logged in${where} as @${screenName}, identity ${identityId}\n`);
  const next = stage === undefined ? "" : ` --stage ${stage}`;
  environment.terminal.say(`Next: auth-cli call /private${next}\n`);
}

async function authorizeWithPin(
  environment: Environment,
  twitter: Omit<TwitterContext, "nowMs">,
  flags: LoginFlags,
): Promise<TwitterUser & { tokenCredentials: TokenCredentials }> {
  const { terminal, redactor } = environment;
  const requestContext = { ...twitter, nowMs: environment.now() };
  const temporaryCredentials = processRequestTokenResponse(
    await exchange(environment.send, requestTokenRequest(requestContext, "oob")),
    requestContext,
  );
  redactor.add("request token secret", temporaryCredentials.secret);

  const url = authorizeUrl(twitter.apiUrl, temporaryCredentials);
  const opened = flags.browser !== false && terminal.interactive && (await environment.openBrowser(url));
  terminal.say(
    opened
      ? `Your browser opens this page; authorize the app there:\n${url.href}\n`
      : `Open this page in a browser, on any computer, and authorize the app:\n${url.href}\n`,
  );

  for (let attempt = 1; ; attempt += 1) {
    const verifier = await askForPin(environment);
    try {
      const user = await exchangeVerifier(environment, twitter, temporaryCredentials, verifier);
      registerToken(environment, user.tokenCredentials);
      return user;
    } catch (error) {
      const wrongPin = error instanceof AuthCliError && error.code === "verifier-refused";
      if (!wrongPin || !terminal.interactive || attempt >= attempts) throw error;
      terminal.say("Twitter does not accept this PIN. It is the number that the page shows; try again.\n");
    }
  }
}

async function exchangeVerifier(
  environment: Environment,
  twitter: Omit<TwitterContext, "nowMs">,
  temporaryCredentials: TemporaryCredentials,
  verifier: string,
): Promise<TwitterUser & { tokenCredentials: TokenCredentials }> {
  const context = { ...twitter, nowMs: environment.now() };
  return processAccessTokenResponse(
    await exchange(environment.send, accessTokenRequest(context, temporaryCredentials, verifier)),
    context,
  );
}

/** The PIN is a string: it may begin with zeros, and its length is Twitter's affair. */
async function askForPin({ terminal, redactor }: Environment): Promise<string> {
  for (;;) {
    const answer = await terminal.ask("PIN: ");
    const pin = answer?.replace(/[\s-]/g, "");
    if (pin === undefined) {
      throw new AuthCliError("login-cancelled", {
        step: "twitter.authorize",
        message: "no PIN was given",
        cause: "the input ended before a line with the PIN",
        fix: "run `auth-cli login` on a terminal, or pipe the PIN into it",
      });
    }
    if (pin !== "" && /^\w+$/.test(pin)) {
      redactor.add("PIN", pin);
      return pin;
    }
    if (!terminal.interactive) {
      throw new AuthCliError("verifier-refused", {
        step: "twitter.authorize",
        message: "the line that was read is not a PIN",
        cause: pin === "" ? "it is empty" : "a PIN is a number of about 7 digits",
        fix: "pipe the number that the page shows, on a line of its own",
      });
    }
    terminal.say(
      "The PIN is the number of about 7 digits that the page shows after you authorize the app.\n",
    );
  }
}
