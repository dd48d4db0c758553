import type { AuthCliError } from "../../errors.ts";
import type { LoadedLogin } from "../../session/find-login.ts";
import type { Chain, Outcome } from "./check-runner.ts";
import { checkIdentityMatch, echoOf } from "./checks/identity-match.ts";
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
import { Undecided } from "./check-errors.ts";
import { createSignal } from "./signal.ts";
import { isRouteMissing, RouteDiagnosis } from "./route-diagnosis.ts";
import { nameYourRoutes, noProtectedRoute } from "./routes/missing-routes.ts";
import { type CheckedRoute, guide, type ProtectedRoute, type RoutePlan } from "./routes/plan-routes.ts";
import { describeLive, type LiveStage, type StageSources } from "./stage-sources.ts";

/**
 * Runs every check after `outputs`, in parallel where the chain allows. Checks without a login run during the two round
 * trips of the token exchange. Checks that need its credentials then run together, in one round trip.
 * @param sources are also asked during the token exchange
 * @returns the identity, and the routes in their order
 */
export async function runChain(
  chain: Chain,
  findLogin: () => Promise<LoadedLogin>,
  sources: StageSources,
  { allowGuests = false }: { allowGuests?: boolean },
): Promise<{ identityId: string | undefined; plan: RoutePlan; live: LiveStage | undefined }> {
  const { checks, resolved, environment } = chain;
  let found: Promise<LoadedLogin> | undefined;
  // On demand: if no check needs the login, the keyring stays closed.
  const login = (): Promise<LoadedLogin> => (found ??= findLogin());
  const exchanged = exchangeToken(chain, login);
  const plan = sources.planRoutes();
  const live = plan.then(() => sources.findLive(false));
  const guests = allowGuests || resolved.settings?.allowGuests === true;
  const [{ identityId }, planned, stageLive] = await Promise.all([
    exchanged,
    plan,
    live,
    plan.then((routes) => checkRoutes(chain, routes, exchanged)),
    live.then((known) => known && environment.terminal.say(`note: ${describeLive(known)}`)),
    checks.run("twitter.token", async (send) => checkTwitterToken(chain, send, await login())),
    guests
      ? checks.skip(
          "cognito.guest",
          "not applicable: the pool may have guests (--allow-guests or auth-cli.json)",
        )
      : checks.run("cognito.guest", (send) => checkCognitoGuest(chain, send)),
  ]);
  return { identityId, plan: planned, live: stageLive };
}

async function checkRoutes(chain: Chain, plan: RoutePlan, exchanged: Promise<Exchanged>): Promise<void> {
  const { checks, environment, resolved, concurrency } = chain;
  if (plan.note !== undefined) environment.terminal.say(`note: ${plan.note}`);
  const limit = new ConcurrencyLimit(concurrency);
  // Connections open during the token exchange, so that checks with its credentials need not wait for TLS.
  const signedChecks = [...signedControlNames, "private.signed" as const].filter((name) =>
    checks.isSelected(name),
  );
  const signedRoutes = plan.protected.filter(({ signed }) => signed);
  const connections = Math.min(concurrency, signedChecks.length * signedRoutes.length);
  if (connections > 0) environment.preconnect(resolved.deployment.apiEndpoint, connections);
  const open = plan.open.map((route) =>
    checks.run("public.open", (send) => limit.run(() => checkPublicOpen(chain, route, send)), {
      route: route.label,
      reconsider: (error) => (isPresumedRouteMissing(route, error) ? routeMissingError(route) : error),
      explain: new RouteDiagnosis(chain).explain,
    }),
  );
  if (open.length === 0) checks.skip("public.open", plan.missing.open);
  if (plan.protected.length === 0) checks.skip("private.unsigned", plan.missing.protected);
  if (signedRoutes.length === 0) {
    for (const name of signedControlNames) checks.skip(name, plan.missing.signed);
    if (plan.isUnprotected) {
      await checks.run("private.signed", () => Promise.reject(noProtectedRoute()));
    } else checks.skip("private.signed", plan.missing.signed);
  }
  const bodies = new Map<ProtectedRoute, string>();
  await Promise.all([
    ...open,
    ...plan.protected.map(async (route) => {
      const signed = await checkProtectedRoute(chain, route, limit, exchanged);
      if (signed?.value !== undefined) bodies.set(route, signed.value);
    }),
  ]);
  await checkIdentity(chain, plan, bodies, await exchanged);
}

/** Whether the guide's route is missing in an API that need not have it. */
function isPresumedRouteMissing({ isPresumed }: CheckedRoute, error: AuthCliError): boolean {
  return isPresumed === true && isRouteMissing(error);
}

/** A missing route is not a fault of a check that needs it. */
function routeMissingError({ key }: CheckedRoute): Undecided {
  return new Undecided("check-failed", { message: `the API has no route ${key}` });
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
  // The unsigned request shows whether a presumed route exists.
  const routeMissing = createSignal<boolean>();
  if (route.isPresumed !== true) routeMissing.resolve(false);
  const signed: Promise<Outcome<string> | undefined> = Promise.all([exchanged, routeMissing.promise]).then(
    ([{ credentials, missing }, isMissing]) => {
      if (!route.signed) return undefined;
      if (isMissing)
        return checks.run("private.signed", () => Promise.reject(nameYourRoutes(route)), { route: label });
      if (credentials === undefined) {
        checks.skipFor("private.signed", missing, label);
        return undefined;
      }
      return checks.run(
        "private.signed",
        (send) => limit.run(() => checkPrivateSigned(chain, route, send, credentials)),
        {
          route: label,
          reconsider: (error) => (isPresumedRouteMissing(route, error) ? nameYourRoutes(route) : error),
          explain: diagnosis.explain,
        },
      );
    },
  );
  const checkControls = async (): Promise<void> => {
    const [{ credentials, missing }, isMissing] = await Promise.all([exchanged, routeMissing.promise]);
    if (!route.signed) return;
    if (isMissing) {
      for (const name of signedControlNames) checks.skip(name, routeMissingError(route).message, label);
      return;
    }
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
  const checkUnsigned = checks.run(
    "private.unsigned",
    async (send) => {
      await limit.run(() => checkPrivateUnsigned(chain, route, send));
      routeMissing.resolve(false);
    },
    {
      route: label,
      reconsider(error) {
        const isMissing = isPresumedRouteMissing(route, error);
        routeMissing.resolve(isMissing);
        return isMissing ? routeMissingError(route) : error;
      },
      explain: async (error) => {
        const failure = (await signed)?.failure;
        return failure === undefined ? diagnosis.explain(error) : diagnosis.explainControl(error, failure);
      },
    },
  );
  const [outcome] = await Promise.all([
    signed,
    checkControls(),
    // A flag may exclude `private.unsigned`. The other checks then run.
    checkUnsigned.finally(() => routeMissing.resolve(false)),
  ]);
  return outcome;
}

/** On the first route whose response has the identity, else on the first whose response should have it. */
async function checkIdentity(
  { checks }: Chain,
  { greeting, missing }: RoutePlan,
  bodies: ReadonlyMap<ProtectedRoute, string>,
  { identityId }: Exchanged,
): Promise<void> {
  const answered = greeting.flatMap((route) => {
    const body = bodies.get(route);
    return body === undefined || identityId === undefined
      ? []
      : [{ route, body, identityId, echo: echoOf(body, identityId) }];
  });
  const chosen =
    answered.find(({ echo }) => echo === "own") ??
    answered.find(
      ({ echo, route }) => echo === "wrong" && (route.key === guide.protected || greeting.length === 1),
    );
  if (chosen !== undefined) {
    const { route, body } = chosen;
    await checks.run(
      "identity.match",
      () => Promise.resolve(checkIdentityMatch(route, body, chosen.identityId)),
      { route: route.label },
    );
    return;
  }
  const [first] = greeting;
  if (first === undefined) checks.skip("identity.match", missing.identity);
  else if (answered.length === 0) checks.skipFor("identity.match", "private.signed", first.label);
  else {
    const which = answered.length === 1 ? (answered[0]?.route.key ?? "") : "none of the protected routes";
    const returns = answered.length === 1 ? "does not return" : "returns";
    checks.skip("identity.match", `not applicable: ${which} ${returns} the caller's identity`, first.label);
  }
}
