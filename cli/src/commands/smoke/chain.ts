import type { LoadedLogin } from "../../session/find-login.ts";
import type { Chain, Outcome } from "./check-runner.ts";
import { checkIdentityMatch } from "./checks/identity-match.ts";
import {
  checkCognitoGuest,
  checkPrivateUnsigned,
  checkSignedControl,
  signedControlNames,
} from "./checks/negative-controls.ts";
import { checkPrivateSigned } from "./checks/private-signed.ts";
import { checkPublicOpen } from "./checks/public-open.ts";
import { type Exchanged, exchangeToken } from "./checks/token-exchange.ts";
import { checkTwitterToken } from "./checks/twitter-token.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { RouteDiagnosis } from "./route-diagnosis.ts";
import type { ProtectedRoute, RoutePlan } from "./routes/choose-routes.ts";

/** Of routes. An API with fifty of them would get three hundred connections at once. */
const maxConcurrentChecks = 24;

/**
 * Runs every check after `outputs`, in parallel where the chain allows. Checks without a login run during the two round
 * trips of the token exchange. Checks that need its credentials then run together, in one round trip.
 * @param chooseRoutes also runs during the token exchange
 * @returns the identity, and the routes in their order
 */
export async function runChain(
  chain: Chain,
  findLogin: () => Promise<LoadedLogin>,
  chooseRoutes: () => Promise<RoutePlan>,
): Promise<{ identityId: string | undefined; plan: RoutePlan }> {
  const { checks } = chain;
  let found: Promise<LoadedLogin> | undefined;
  // On demand: if no check needs the login, the keyring stays closed.
  const login = (): Promise<LoadedLogin> => (found ??= findLogin());
  const exchanged = exchangeToken(chain, login);
  const plan = chooseRoutes();
  const [{ identityId }, planned] = await Promise.all([
    exchanged,
    plan,
    plan.then((routes) => checkRoutes(chain, routes, exchanged)),
    checks.run("twitter.token", async (send) => checkTwitterToken(chain, send, await login())),
    checks.run("cognito.guest", (send) => checkCognitoGuest(chain, send)),
  ]);
  return { identityId, plan: planned };
}

async function checkRoutes(chain: Chain, plan: RoutePlan, exchanged: Promise<Exchanged>): Promise<void> {
  const { checks, environment, resolved } = chain;
  if (plan.note !== undefined) environment.terminal.say(`note: ${plan.note}`);
  const limit = new ConcurrencyLimit(maxConcurrentChecks);
  // Connections open during the token exchange, so that checks with its credentials need not wait for TLS.
  const signedChecks = [...signedControlNames, "private.signed" as const].filter((name) =>
    checks.isSelected(name),
  );
  const signedRoutes = plan.protected.filter(({ signed }) => signed);
  const connections = Math.min(maxConcurrentChecks, signedChecks.length * signedRoutes.length);
  if (connections > 0) environment.preconnect(resolved.deployment.apiEndpoint, connections);
  const open = plan.open.map((route) =>
    checks.run("public.open", (send) => limit.run(() => checkPublicOpen(chain, route, send)), {
      route: route.label,
      explain: new RouteDiagnosis(chain).explain,
    }),
  );
  if (open.length === 0) checks.skip("public.open", plan.missing.open);
  if (plan.protected.length === 0) checks.skip("private.unsigned", plan.missing.protected);
  if (signedRoutes.length === 0) {
    for (const name of [...signedControlNames, "private.signed"] as const)
      checks.skip(name, plan.missing.signed);
  }
  if (plan.identity === undefined) checks.skip("identity.match", plan.missing.identity);
  await Promise.all([
    ...open,
    ...plan.protected.map(async (route) => {
      const signed = await checkProtectedRoute(chain, route, limit, exchanged);
      if (route === plan.identity) await checkIdentity(chain, route, signed, exchanged);
    }),
  ]);
}

/** @returns the outcome of `private.signed`; undefined when it was not sent */
async function checkProtectedRoute(
  chain: Chain,
  route: ProtectedRoute,
  limit: ConcurrencyLimit,
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
      (send) => limit.run(() => checkPrivateSigned(chain, route, send, credentials)),
      { route: label, explain: diagnosis.explain },
    );
  });
  const checkControls = async (): Promise<void> => {
    const { credentials, missing } = await exchanged;
    if (!route.signed) return;
    if (credentials === undefined) {
      for (const name of signedControlNames) checks.skipFor(name, missing, label);
      return;
    }
    await Promise.all(
      signedControlNames.map((name) =>
        checks.run(
          name,
          (send) => limit.run(() => checkSignedControl(name, chain, route, send, credentials)),
          {
            route: label,
            explain: async (error) => diagnosis.explainControl(error, (await signed)?.failure),
          },
        ),
      ),
    );
  };
  const [outcome] = await Promise.all([
    signed,
    checkControls(),
    checks.run("private.unsigned", (send) => limit.run(() => checkPrivateUnsigned(chain, route, send)), {
      route: label,
      explain: async (error) => {
        const failure = (await signed)?.failure;
        return failure === undefined ? diagnosis.explain(error) : diagnosis.explainControl(error, failure);
      },
    }),
  ]);
  return outcome;
}

async function checkIdentity(
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
  await checks.run("identity.match", () => Promise.resolve(checkIdentityMatch(route, body, identityId)), {
    route: route.label,
  });
}
