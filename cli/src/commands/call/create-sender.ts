import { sigV4Intermediates, signSigV4 } from "../../aws/sigv4.ts";
import type { ResolvedDeployment } from "../../deployment/resolve-deployment.ts";
import type { Environment } from "../../environment/environment.ts";
import type { HttpRequest, HttpResponse, Send, Signed } from "../../http.ts";
import { sendSigned, type TimedRequest } from "../../server-clock.ts";
import type { Identity } from "../../session/credentials-cache.ts";
import type { Login } from "../../session/find-login.ts";
import { obtainIdentity } from "../../session/obtain-identity.ts";
import { isIdempotent, type Notice, sendWithRetries } from "./retry.ts";
import { describeRequest, describeResponse, describeScope } from "./verbose.ts";

export interface SendFlags {
  retry?: number;
  verbose?: boolean;
  compressed?: boolean;
  dryRun?: boolean;
}

/** Signs one request and sends it as often as needed. */
export interface Sender {
  /** The identity of the last signature. Undefined for an unsigned call. */
  identity: () => Identity | undefined;
  /** @param nowMs milliseconds since the epoch */
  sign: (nowMs: number) => Promise<Signed>;
  /** Signs again for each attempt. */
  send: () => Promise<HttpResponse>;
}

/** API Gateway refuses at five minutes. A measured clock is some seconds off. */
const toleratedSeconds = 240;
const refusedSeconds = 300;

/** API Gateway's refusal of a signature. A handler that refuses in words of its own may have had an effect before. */
const refusedSignature = /^\{"message":"Forbidden"\}$|Signature expired|Signature not yet current/;

/** @param login undefined for an unsigned call */
export async function createSender(
  environment: Environment,
  resolved: ResolvedDeployment,
  { request, login }: { request: HttpRequest; login: Login | undefined },
  flags: SendFlags,
  notice: Notice,
): Promise<Sender> {
  const { deployment } = resolved;
  const { serverClock, terminal } = environment;
  const identityAt = async (now: () => number): Promise<Identity | undefined> =>
    login &&
    obtainIdentity({ ...environment, now }, resolved, login, {
      renewing() {
        // Connect to the API while Cognito answers.
        if (!flags.dryRun) environment.preconnect(deployment.apiEndpoint);
      },
    });
  let identity = await identityAt(environment.now);

  const sign = async (nowMs: number): Promise<Signed> => {
    if (identity === undefined) return request;
    const { credentials } = identity;
    const signature = await signSigV4(request, {
      credentials,
      region: deployment.region,
      service: deployment.service,
      nowMs,
    });
    return { headers: signature.headers, intermediates: sigV4Intermediates(signature) };
  };
  const isRepeatable = isIdempotent(request.method);
  const timed: TimedRequest = {
    ...request,
    async signAt(nowMs) {
      // By the server's time the credentials may have expired.
      if (serverClock.isCorrected) identity = await identityAt(() => nowMs);
      return sign(nowMs);
    },
    // An HTTP API says `Forbidden`, whatever the cause.
    isRefusedForTime: (status, text) => status === 403 && (isRepeatable || refusedSignature.test(text)),
    toleratedSeconds: isRepeatable ? toleratedSeconds : refusedSeconds,
    async askSecondClock() {
      const { askSecondClock } = await import("../../deployment/second-clock.ts");
      await askSecondClock(environment, resolved);
    },
  };
  const sendOnce: Send = (signed) => {
    if (flags.verbose) terminal.say(describeRequest(signed));
    return environment.send(signed);
  };
  const attempt = (): Promise<HttpResponse> =>
    login === undefined ? sendOnce(request) : sendSigned({ send: sendOnce, serverClock }, timed);

  return {
    identity: () => identity,
    sign,
    async send() {
      if (flags.verbose && login !== undefined) terminal.say(describeScope(deployment));
      const response = await terminal.withSpinner(
        `waiting for ${request.url.host}`,
        sendWithRetries(environment, { method: request.method, retries: flags.retry ?? 0 }, attempt, notice),
      );
      if (flags.verbose) terminal.say(describeResponse(response));
      if (!flags.compressed) return response;
      const { decodeBody } = await import("./body.ts");
      return { ...response, body: decodeBody(response) };
    },
  };
}
