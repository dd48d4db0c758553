import { apiUrl } from "../aws/execute-api.ts";
import { signSigV4 } from "../aws/sigv4.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { Environment } from "../environment/environment.ts";
import type { RequestSigner, SignerOptions } from "./types.ts";
import { type Identity, isFresh } from "../session/credentials-cache.ts";
import { exchangeLogin } from "../session/renew-identity.ts";
import { checkRequestToSign } from "./check-options.ts";
import { givenStages, inWords } from "./given-stages.ts";

const source = "the argument of createSigner";

/**
 * Signs requests for a program that imports auth-cli. Exchanges the login at the first request and before the end of an
 * hour.
 * @throws AuthCliError `invalid-configuration` with the field
 */
export function createGivenSigner(options: GivenOptions, environment: Environment): RequestSigner {
  try {
    const sign = createPlainSigner(options, environment);
    return (request) =>
      sign(request).catch((error: unknown) => {
        throw inWords(error, source, environment);
      });
  } catch (error) {
    throw inWords(error, source, environment);
  }
}

type GivenOptions = Pick<SignerOptions, "stage" | "login">;

function createPlainSigner({ stage, login }: GivenOptions, environment: Environment): RequestSigner {
  const finder = givenStages(environment, { signer: stage }, login, source);
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

  return async (request) => {
    checkRequestToSign(request);
    const { method, url: target, headers = {}, body } = request;
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
