import { AuthCliError } from "../../../errors.ts";
import { excerpt, exchange, type HttpRequest, type Reply, replyText, type Send } from "../../../http.ts";
import { apiUrl, executeApi } from "../../../aws/execute-api.ts";
import { type AwsCredentials, signSigV4 } from "../../../aws/sigv4.ts";
import type { Chain } from "../chain-context.ts";
import type { CheckedRoute } from "../routes/checked-route.ts";
import { demandRefusal } from "./negative-controls.ts";
import { type RouteFailure, routeFailure } from "../check-errors.ts";

/** The open route answers everybody. */
export async function checkPublic(chain: Chain, route: CheckedRoute, send: Send): Promise<void> {
  const request = unsigned("public.open", chain, route);
  const reply = await exchange(send, request);
  demandExpected(`${route.key} without a signature`, request, reply, route, explainOpen(reply.status));
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

/** The protected route answers nobody who does not sign. */
export async function checkUnsigned(chain: Chain, route: CheckedRoute, send: Send): Promise<void> {
  const request = unsigned("private.unsigned", chain, route);
  demandRefusal(`${route.key} without a signature`, request, await exchange(send, request), {
    cause: "the route is open to everybody: its authorizer is not AWS_IAM",
    fix: 'give the route the authorizer "iam" in the stack and deploy',
  });
}

/** The protected route answers the identity. @returns the body */
export async function checkSigned(
  { environment, resolved: { deployment } }: Chain,
  route: CheckedRoute,
  send: Send,
  credentials: AwsCredentials,
): Promise<string> {
  const { method } = route;
  const url = apiUrl(deployment.apiEndpoint, route.path);
  const { headers } = await signSigV4(
    { method, url, headers: [["Accept", "*/*"]] },
    { credentials, region: deployment.region, service: executeApi, nowMs: environment.serverClock.now() },
  );
  const request: HttpRequest = { step: "private.signed", method, url, headers };
  const reply = await exchange(send, request);
  const what = `${route.key} signed as the identity`;
  demandExpected(what, request, reply, route, explainRefusal(reply.status), credentials);
  return replyText(reply);
}

function explainRefusal(status: number): { cause: string; fix: string } {
  if (status === 403) {
    return {
      cause:
        "the role of the pool's authenticated identities does not allow execute-api:Invoke on this route",
      fix: "call `auth.attachPermissionsForAuthUsers(stack, [api])` in the stack and deploy; just after a deploy, --retry-for 60s",
    };
  }
  if (status === 404) return { cause: "the API has no such route", fix: "deploy the stage again" };
  return { cause: "the function failed or timed out", fix: "look at its log: `npx sst dev`, or CloudWatch" };
}

/** Of a route that was found out nobody has said what it answers; these are no answers of a handler that was reached. */
function isAnswer(status: number): boolean {
  return status < 500 && ![401, 403, 404, 429].includes(status);
}

function demandExpected(
  what: string,
  request: HttpRequest,
  reply: Reply,
  { expected }: CheckedRoute,
  explanation: { cause: string; fix: string },
  credentials?: AwsCredentials,
): void {
  const { status } = reply;
  const text = replyText(reply);
  const fail = (message: string, why: { cause: string; fix: string }): RouteFailure =>
    routeFailure({ step: request.step, message, ...why }, request, reply, credentials);

  const wanted = expected?.status;
  const isRight =
    wanted === undefined
      ? expected === undefined
        ? isAnswer(status)
        : status >= 200 && status < 300
      : status === wanted;
  if (!isRight) {
    const not = wanted === undefined ? "" : `, not ${wanted}`;
    throw fail(
      `${what} answered HTTP ${status}${not}: ${excerpt(text)}`,
      isAnswer(status)
        ? {
            cause: "the handler answers another status than the one that is expected of it",
            fix: "mend the handler, or say with --expect-status what it answers",
          }
        : explanation,
    );
  }
  if (expected?.body !== undefined && !text.includes(expected.body)) {
    throw fail(`${what} answered ${excerpt(text)}, which does not hold ${JSON.stringify(expected.body)}`, {
      cause: "the handler's answer is not the one that --expect-body demands",
      fix: "mend the handler, or --expect-body",
    });
  }
}

/** Identity ids in any text. */
const identityIds = /[\w-]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** It greets the identity that Cognito gave, and no other. */
export function checkIdentity(route: CheckedRoute, body: string, identityId: string): void {
  const found = new Set(body.match(identityIds));
  if (found.size === 1 && found.has(identityId)) return;
  const handler =
    "let the handler answer with event.requestContext.authorizer.iam.cognitoIdentity.identityId";
  throw new AuthCliError("check-failed", {
    step: "identity.match",
    message: `${route.key} answered ${excerpt(body)}, Cognito gave the identity ${identityId}`,
    cause:
      found.size === 0
        ? "the handler's answer holds no identity id"
        : "the handler's answer holds another identity id than the caller's",
    fix: found.size === 0 ? `${handler}, or say with --expect-body what it answers` : handler,
  });
}

function unsigned(step: string, { resolved }: Chain, { method, path }: CheckedRoute): HttpRequest {
  const url = apiUrl(resolved.deployment.apiEndpoint, path);
  return { step, method, url, headers: [["Accept", "*/*"]] };
}
