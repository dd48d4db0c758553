import { explained, registerCredentials } from "../identity.ts";
import { twitterLogins } from "../protocol/cognito-identity.ts";
import type { Send } from "../protocol/http.ts";
import type { TokenCredentials } from "../protocol/oauth1.ts";
import type { Chain } from "./chain-context.ts";
import { type Outcome, runCheck, skipped } from "./check.ts";
import { checkGuest, checkToken, cognitoOf } from "./login-checks.ts";
import { negativeControls } from "./negative-controls.ts";
import type { CheckName, CheckResult } from "./report.ts";
import { checkIdentity, checkPublic, checkSigned, checkUnsigned } from "./route-checks.ts";

export interface ChainResult {
  checks: CheckResult[];
  identityId: string | undefined;
}

/**
 * Every check after `outputs`, as much at once as the chain allows: what needs no login runs beside the token
 * exchange, and all that needs its credentials runs beside each other.
 */
export async function runChain(
  chain: Chain,
  findToken: () => Promise<TokenCredentials>,
): Promise<ChainResult> {
  const run = async <T>(name: CheckName, check: (send: Send) => Promise<T>): Promise<Outcome<T>> => {
    chain.tell({ kind: "started", name });
    const outcome = await runCheck(name, chain.environment, check);
    chain.tell({ kind: "finished", name, result: outcome.result });
    return outcome;
  };

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

  const exchanging = { environment, resolved, token };
  const identity = await run("cognito.get-id", async (send) =>
    explained(exchanging, (await cognitoOf(chain, send)).getId(resolved.deployment.identityPoolId, logins)),
  );
  const identityId = identity.value;
  if (identityId === undefined) {
    return { checks: [identity.result, ...skipAll(signedChecks.slice(1), "cognito.get-id")], identityId };
  }
  const exchanged = await run("cognito.get-credentials", async (send) =>
    explained(exchanging, (await cognitoOf(chain, send)).getCredentialsForIdentity(identityId, logins)),
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
