import { gatewayName } from "../../../aws/api-host.ts";
import { apiUrl } from "../../../aws/execute-api.ts";
import type { LoginsMap } from "../../../aws/logins.ts";
import { type AwsCredentials, type SigV4Signing, signSigV4 } from "../../../aws/sigv4.ts";
import { AuthCliError } from "../../../errors.ts";
import { excerpt, exchange, type HttpRequest, type Reply, replyText, type Send } from "../../../http.ts";
import { gatewayMessage, isFromApi } from "../../../diagnosis/api-reply.ts";
import { isUnansweredLive } from "../../../diagnosis/live-mode.ts";
import { routeFailure } from "../check-errors.ts";
import type { Chain } from "../check-runner.ts";
import type { CheckName } from "../report.ts";
import type { CheckedRoute } from "../routes/plan-routes.ts";
import { routeTimeoutMs, somethingElseAnswered, signingTime, unsignedRequest } from "./route-requests.ts";
import { observedCognito } from "./token-exchange.ts";

/** API Gateway accepts a signature for five minutes. This is late enough for any clock. */
const expiredByMs = 20 * 60 * 1000;

/** The controls on a protected route that need credentials. */
export const signedControlNames = [
  "private.tampered",
  "private.no-session-token",
  "private.expired-signature",
  "private.wrong-region",
] as const satisfies CheckName[];

export type SignedControlName = (typeof signedControlNames)[number];

/** `private.unsigned`: the protected route refuses a request without a signature. */
export async function checkPrivateUnsigned(chain: Chain, route: CheckedRoute, send: Send): Promise<void> {
  const request = unsignedRequest("private.unsigned", chain, route);
  requireRefusal(`${route.key} without a signature`, request, await exchange(send, request), {
    cause: "the route is open: its authorizer is not AWS_IAM",
    fix: 'set `authorizer: "iam"` on the route in the stack and deploy',
  });
}

/** The protected route refuses a signed request with one fault. */
export async function checkSignedControl(
  name: SignedControlName,
  chain: Pick<Chain, "environment" | "resolved">,
  { method, path, key }: CheckedRoute,
  send: Send,
  credentials: AwsCredentials,
): Promise<void> {
  const { deployment } = chain.resolved;
  const url = apiUrl(deployment.apiEndpoint, path);
  // A wrong clock would be a second fault.
  const nowMs = await signingTime(chain);
  const {
    what,
    wrong = {},
    sent = url,
  } = faults[name]({ url, credentials, region: deployment.region, nowMs });
  const signing = { credentials, region: deployment.region, service: deployment.service, nowMs, ...wrong };
  const { headers } = await signSigV4({ method, url, headers: [] }, signing);
  const request: HttpRequest = { step: name, method, url: sent, headers, timeoutMs: routeTimeoutMs };
  requireRefusal(`${key} ${what}`, request, await exchange(send, request), {
    cause: `${gatewayName(url, deployment.service)} did not check the signature: the route's authorizer is not AWS_IAM`,
    fix: 'set `authorizer: "iam"` on the route in the stack and deploy',
  });
}

interface Fault {
  /** Part of the message. */
  what: string;
  wrong?: Partial<SigV4Signing>;
  /** The URL to send instead of the signed one. */
  sent?: URL;
}

interface ValidRequest {
  url: URL;
  credentials: AwsCredentials;
  region: string;
  nowMs: number;
}

const faults: Record<SignedControlName, (valid: ValidRequest) => Fault> = {
  "private.tampered": ({ url }) => {
    const sent = new URL(url);
    sent.searchParams.append("tampered", "1");
    return { what: "changed after signing", sent };
  },
  "private.no-session-token": ({ credentials: { accessKeyId, secretAccessKey } }) => ({
    what: "signed without the session token",
    wrong: { credentials: { accessKeyId, secretAccessKey } },
  }),
  "private.expired-signature": ({ nowMs }) => ({
    what: "signed 20 minutes ago",
    wrong: { nowMs: nowMs - expiredByMs },
  }),
  "private.wrong-region": ({ region }) => ({
    what: "signed for another region",
    wrong: { region: region === "eu-west-1" ? "us-east-1" : "eu-west-1" },
  }),
};

/** `cognito.guest`: the identity pool issues no identity without a login. */
export async function checkCognitoGuest(chain: Chain, send: Send): Promise<void> {
  const noLogins: LoginsMap = {};
  try {
    await (await observedCognito(chain, send)).getId(chain.resolved.deployment.identityPoolId, noLogins);
  } catch (error) {
    if (error instanceof AuthCliError && error.code === "guest-refused") return;
    throw error;
  }
  throw new AuthCliError("check-failed", {
    step: "cognito.guest",
    message: "the identity pool issued an identity without a login",
    cause: "the pool allows unauthenticated identities, the default of SST and Amplify",
    fix: "set `cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } }` in identityPoolFederation and deploy, or pass --allow-guests",
  });
}

/**
 * Passes on API Gateway's 403 only. A 404, a 500 or a lost connection does not prove a refusal, nor does a 403 in other
 * words: the request reached a handler, or something else answered.
 */
function requireRefusal(
  what: string,
  request: HttpRequest,
  reply: Reply,
  open: { cause: string; fix: string },
): void {
  const { step } = request;
  const text = replyText(reply);
  const answer = { ...reply, text, ...(request.method === "HEAD" && { headOnly: true }) };
  if (reply.status === 403 && gatewayMessage(answer) !== undefined) return;
  const message =
    reply.status === 403
      ? `${what} answered HTTP 403, but not in ${gatewayName(request.url)}'s words: ${excerpt(text)}`
      : `${what} answered HTTP ${reply.status}, not 403`;
  if (!isFromApi(answer)) {
    const cause = somethingElseAnswered(request);
    const fix = "read the result of private.signed";
    throw routeFailure({ step, message, cause, fix }, request, reply);
  }
  if (reply.status === 403) {
    const cause = `the request reached the handler, which refused it: ${open.cause}`;
    throw routeFailure({ step, message, cause, fix: open.fix, reason: "route-open" }, request, reply);
  }
  if (reply.status < 400 || isUnansweredLive(answer))
    throw routeFailure({ step, message, ...open, reason: "route-open" }, request, reply);
  throw routeFailure(
    {
      step,
      message,
      cause: `only HTTP 403 proves a refusal; the response was ${excerpt(text)}`,
      fix: "read the result of private.signed",
    },
    request,
    reply,
  );
}
