import { apiUrl } from "../aws/execute-api.ts";
import { signSigV4 } from "../aws/sigv4.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { Environment } from "../environment/environment.ts";
import type { RequestSigner, SignerOptions } from "./types.ts";
import { type Identity, isFresh } from "../session/credentials-cache.ts";
import { exchangeLogin } from "../session/obtain-identity.ts";
import { givenStages } from "./given-stages.ts";

/** Signs requests for a program that imports auth-cli. Exchanges the login at the first request and before the end of an hour. */
export function createGivenSigner(
  { stage, login }: Pick<SignerOptions, "stage" | "login">,
  environment: Environment,
): RequestSigner {
  const finder = givenStages(environment, { signer: stage }, login, "the argument of createSigner");
  let current: Signing | undefined;
  let renewal: Promise<Signing> | undefined;

  const obtain = async (): Promise<Signing> => {
    const found = await finder.findDeployment(environment, { stage: "signer" });
    const { resolved, load } = await finder.findLogin(found);
    const identity = await exchangeLogin(environment, resolved, await load(), {
      identityId: current?.identity.identityId,
    });
    // Corrects the clock for the requests until the next exchange.
    environment.serverClock.now();
    return { deployment: resolved.deployment, identity };
  };
  const find = async (): Promise<Signing> => {
    if (current !== undefined && isFresh(current.identity, environment.now())) return current;
    renewal ??= obtain().finally(() => (renewal = undefined));
    try {
      return (current = await renewal);
    } catch (error) {
      // Credentials that have not expired are still good.
      if (current !== undefined && isFresh(current.identity, environment.now(), 0)) return current;
      throw error;
    }
  };

  return async ({ method, url: target, headers = {}, body }) => {
    const { deployment, identity } = await find();
    const url = apiUrl(deployment.apiEndpoint, target);
    const signed = await signSigV4(
      {
        method,
        url,
        headers: Object.entries(headers),
        body: typeof body === "string" ? Buffer.from(body) : body,
      },
      {
        credentials: identity.credentials,
        region: deployment.region,
        service: deployment.service,
        nowMs: environment.serverClock.signingTime(),
      },
    );
    return { url: url.href, headers: Object.fromEntries(signed.headers), identityId: identity.identityId };
  };
}

interface Signing {
  deployment: Deployment;
  identity: Identity;
}
