import type { AuthCliError } from "../../errors.ts";
import { explainCognitoRefusal } from "../../diagnosis/cognito-refusal.ts";
import type { LoadedLogin } from "../../session/find-login.ts";
import { registerCredentials } from "../../session/register-secrets.ts";
import type { AwsCredentials } from "../../aws/sigv4.ts";
import type { Chain } from "./chain-context.ts";
import type { ProtectedRoute, RoutePlan } from "./routes/checked-route.ts";
import type { Outcome } from "./check-runner.ts";
import { Gate } from "./concurrency-limit.ts";
import { checkGuest, checkToken, cognitoOf } from "./checks/twitter-token.ts";
import { checkControl, controlNames } from "./checks/negative-controls.ts";
import type { CheckName } from "./report.ts";
import { checkIdentity, checkPublic, checkSigned, checkUnsigned } from "./checks/private-signed.ts";
import { RouteDiagnosis } from "./route-diagnosis.ts";

/** So many checks of routes at once: an API of fifty routes is not to be flooded with three hundred connections. */
const checksAtOnce = 24;

/** What the token was exchanged for, or the check that did not pass on the way to it. */
interface Exchanged {
  identityId?: string;
  credentials?: AwsCredentials;
  missing: CheckName;
}

/**
 * Every check after `outputs`, as much at once as the chain allows: what needs no login runs beside the token exchange
 * of two round trips, and all that needs its credentials runs beside each other, one round trip deep.
 * @param findRoutes runs beside the token exchange, too
 * @returns the identity, and the routes in their order
 */
export async function runChain(
  chain: Chain,
  findLogin: () => Promise<LoadedLogin>,
  findRoutes: () => Promise<RoutePlan>,
): Promise<{ identityId: string | undefined; plan: RoutePlan }> {
  const { checks } = chain;
  let found: Promise<LoadedLogin> | undefined;
  // By whichever check needs it first: none may, and then a keyring is left alone.
  const login = (): Promise<LoadedLogin> => (found ??= findLogin());
  const exchanged = exchangeToken(chain, login);
  const plan = findRoutes();
  const [{ identityId }, planned] = await Promise.all([
    exchanged,
    plan,
    plan.then((routes) => checkRoutes(chain, routes, exchanged)),
    checks.run("twitter.token", async (send) => checkToken(chain, send, await login())),
    checks.run("cognito.guest", (send) => checkGuest(chain, send)),
  ]);
  return { identityId, plan: planned };
}

async function exchangeToken(chain: Chain, login: () => Promise<LoadedLogin>): Promise<Exchanged> {
  const { checks, resolved, environment } = chain;
  const known = (): Promise<LoadedLogin | undefined> => login().catch(() => undefined);
  const explain = async (failure: AuthCliError): Promise<AuthCliError> => {
    const found = await known();
    return found === undefined
      ? failure
      : explainCognitoRefusal({ environment, resolved, token: found.token }, failure);
  };
  // Who is not logged in learns it once, from the check of the token, if that runs.
  if (checks.isSelected("twitter.token") && (await known()) === undefined) {
    for (const name of ["cognito.get-id", "cognito.get-credentials"] as const)
      checks.skipFor(name, "twitter.token");
    return { missing: "twitter.token" };
  }
  const { value: identityId } = await checks.run(
    "cognito.get-id",
    async (send) =>
      (await cognitoOf(chain, send)).getId(resolved.deployment.identityPoolId, (await login()).logins),
    { explain },
  );
  if (identityId === undefined) {
    checks.skipFor("cognito.get-credentials", "cognito.get-id");
    return { missing: "cognito.get-id" };
  }
  const { value: credentials } = await checks.run(
    "cognito.get-credentials",
    async (send) =>
      (await cognitoOf(chain, send)).getCredentialsForIdentity(identityId, (await login()).logins),
    { explain },
  );
  if (credentials === undefined) return { identityId, missing: "cognito.get-credentials" };
  registerCredentials(environment, credentials);
  return { identityId, credentials, missing: "cognito.get-credentials" };
}

async function checkRoutes(chain: Chain, plan: RoutePlan, exchanged: Promise<Exchanged>): Promise<void> {
  const { checks, environment, resolved } = chain;
  if (plan.note !== undefined) environment.terminal.say(`note: ${plan.note}\n`);
  const gate = new Gate(checksAtOnce);
  // TLS stands when the credentials are here, or every check that needs them would first open a connection.
  const signedChecks = [...controlNames, "private.signed" as const].filter((name) => checks.isSelected(name));
  const signedRoutes = plan.protected.filter(({ signed }) => signed);
  const connections = Math.min(checksAtOnce, signedChecks.length * signedRoutes.length);
  if (connections > 0) environment.preconnect(resolved.deployment.apiEndpoint, connections);
  const open = plan.open.map((route) =>
    checks.run("public.open", (send) => gate.pass(() => checkPublic(chain, route, send)), {
      route: route.label,
      explain: new RouteDiagnosis(chain).explain,
    }),
  );
  if (open.length === 0) checks.skip("public.open", plan.missing.open);
  if (plan.protected.length === 0) checks.skip("private.unsigned", plan.missing.protected);
  if (signedRoutes.length === 0) {
    for (const name of [...controlNames, "private.signed"] as const) checks.skip(name, plan.missing.signed);
  }
  if (plan.identity === undefined) checks.skip("identity.match", plan.missing.identity);
  await Promise.all([
    ...open,
    ...plan.protected.map(async (route) => {
      const signed = await checkProtectedRoute(chain, route, gate, exchanged);
      if (route === plan.identity) await checkGreeting(chain, route, signed, exchanged);
    }),
  ]);
}

/** @returns how the request that is right has fared; undefined when it was not sent */
async function checkProtectedRoute(
  chain: Chain,
  route: ProtectedRoute,
  gate: Gate,
  exchanged: Promise<Exchanged>,
): Promise<Outcome<string> | undefined> {
  const { checks } = chain;
  const diagnosis = new RouteDiagnosis(chain);
  const { label } = route;
  const signed = exchanged.then(({ credentials, missing }) => {
    if (!route.signed) return undefined;
    if (credentials === undefined) {
      checks.skipFor("private.signed", missing, label);
      return undefined;
    }
    return checks.run(
      "private.signed",
      (send) => gate.pass(() => checkSigned(chain, route, send, credentials)),
      { route: label, explain: diagnosis.explain },
    );
  });
  const checkControls = async (): Promise<void> => {
    const { credentials, missing } = await exchanged;
    if (!route.signed) return;
    if (credentials === undefined) {
      for (const name of controlNames) checks.skipFor(name, missing, label);
      return;
    }
    await Promise.all(
      controlNames.map((name) =>
        checks.run(name, (send) => gate.pass(() => checkControl(name, chain, route, send, credentials)), {
          route: label,
          explain: async (error) => diagnosis.explainControl(error, (await signed)?.failure),
        }),
      ),
    );
  };
  const [outcome] = await Promise.all([
    signed,
    checkControls(),
    checks.run("private.unsigned", (send) => gate.pass(() => checkUnsigned(chain, route, send)), {
      route: label,
      explain: async (error) => {
        const failure = (await signed)?.failure;
        return failure === undefined ? diagnosis.explain(error) : diagnosis.explainControl(error, failure);
      },
    }),
  ]);
  return outcome;
}

async function checkGreeting(
  { checks }: Chain,
  route: ProtectedRoute,
  signed: Outcome<string> | undefined,
  exchanged: Promise<Exchanged>,
): Promise<void> {
  const { identityId } = await exchanged;
  const body = signed?.value;
  if (body === undefined || identityId === undefined) {
    checks.skipFor("identity.match", "private.signed", route.label);
    return;
  }
  await checks.run("identity.match", () => Promise.resolve(checkIdentity(route, body, identityId)), {
    route: route.label,
  });
}
