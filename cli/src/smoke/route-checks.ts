import { AuthCliError } from "../errors.ts";
import { excerpt, exchange, type Reply, replyText, type Send } from "../protocol/http.ts";
import { apiUrl, executeApi } from "../protocol/http-api.ts";
import { type AwsCredentials, signSigV4 } from "../protocol/sigv4.ts";
import type { Chain } from "./chain-context.ts";
import { demandRefusal } from "./negative-controls.ts";

/** The open route answers everybody. */
export async function checkPublic({ resolved, routes }: Chain, send: Send): Promise<void> {
  const reply = await get("public.open", apiUrl(resolved.deployment.apiEndpoint, routes.public), send);
  if (reply.status === 200) return;
  throw new AuthCliError("check-failed", {
    step: "public.open",
    message: `GET ${routes.public} without a signature answered HTTP ${reply.status}: ${excerpt(replyText(reply))}`,
    ...explainOpen(reply.status),
  });
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
export async function checkUnsigned({ resolved, routes }: Chain, send: Send): Promise<void> {
  const reply = await get("private.unsigned", apiUrl(resolved.deployment.apiEndpoint, routes.private), send);
  demandRefusal("private.unsigned", `GET ${routes.private} without a signature`, reply, {
    cause: "the route is open to everybody: its authorizer is not AWS_IAM",
    fix: 'give the route the authorizer "iam" in the stack and deploy',
  });
}

/** The protected route answers the identity. @returns the body */
export async function checkSigned(
  { environment, resolved, routes }: Chain,
  send: Send,
  credentials: AwsCredentials,
): Promise<string> {
  const { deployment } = resolved;
  const url = apiUrl(deployment.apiEndpoint, routes.private);
  const { headers } = await signSigV4(
    { method: "GET", url, headers: [["Accept", "*/*"]] },
    { credentials, region: deployment.region, service: executeApi, nowMs: environment.serverNow() },
  );
  const reply = await exchange(send, { step: "private.signed", method: "GET", url, headers });
  if (reply.status === 200) return replyText(reply);
  throw new AuthCliError("check-failed", {
    step: "private.signed",
    message: `GET ${routes.private} signed as the identity answered HTTP ${reply.status}: ${excerpt(replyText(reply))}`,
    ...explainRefusal(reply.status),
  });
}

function explainRefusal(status: number): { cause: string; fix: string } {
  if (status === 403) {
    return {
      cause:
        "the role of the pool's authenticated identities does not allow execute-api:Invoke on this route",
      fix: "call `auth.attachPermissionsForAuthUsers(stack, [api])` in the stack and deploy; just after a deploy, wait a minute",
    };
  }
  if (status === 404) return { cause: "the API has no such route", fix: "deploy the stage again" };
  return { cause: "the function failed or timed out", fix: "look at its log: `npx sst dev`, or CloudWatch" };
}

/** Identity ids in any text. */
const identityIds = /[\w-]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** It greets the identity that Cognito gave, and no other. */
export function checkIdentity(body: string, identityId: string): void {
  const found = new Set(body.match(identityIds));
  if (found.size === 1 && found.has(identityId)) return;
  throw new AuthCliError("check-failed", {
    step: "identity.match",
    message: `the API answered ${excerpt(body)}, Cognito gave the identity ${identityId}`,
    cause:
      found.size === 0
        ? "the handler's answer holds no identity id"
        : "the handler's answer holds another identity id than the caller's",
    fix: "let the handler answer with event.requestContext.authorizer.iam.cognitoIdentity.identityId",
  });
}

function get(step: string, url: URL, send: Send): Promise<Reply> {
  return exchange(send, { step, method: "GET", url, headers: [["Accept", "*/*"]] });
}
