import { apiUrl } from "../../../aws/execute-api.ts";
import { type AwsCredentials, signSigV4 } from "../../../aws/sigv4.ts";
import { exchange, type HttpRequest, replyText, type Send } from "../../../http.ts";
import type { Chain } from "../check-runner.ts";
import type { CheckedRoute } from "../routes/plan-routes.ts";
import { requireExpectedResponse, routeTimeoutMs, signingTime } from "./route-requests.ts";

/** `private.signed`: the protected route answers the identity. @returns the body */
export async function checkPrivateSigned(
  { environment, resolved }: Chain,
  route: CheckedRoute,
  send: Send,
  credentials: AwsCredentials,
): Promise<string> {
  const { deployment } = resolved;
  const { method } = route;
  const url = apiUrl(deployment.apiEndpoint, route.path);
  const nowMs = await signingTime({ environment, resolved });
  const { headers } = await signSigV4(
    { method, url, headers: [["Accept", "*/*"]] },
    { credentials, region: deployment.region, service: deployment.service, nowMs },
  );
  const request: HttpRequest = { step: "private.signed", method, url, headers, timeoutMs: routeTimeoutMs };
  const reply = await exchange(send, request);
  const what = `${route.key} signed as the identity`;
  requireExpectedResponse(what, request, reply, route, explainStatus(reply.status), credentials);
  return replyText(reply);
}

function explainStatus(status: number): { cause: string; fix: string } {
  if (status === 403) {
    return {
      cause: "the authenticated role of the pool does not allow execute-api:Invoke on this route",
      fix: "call `auth.attachPermissionsForAuthUsers(stack, [api])` in the stack and deploy; right after a deploy, use --retry-for 60s",
    };
  }
  if (status === 404) return { cause: "the API does not have this route", fix: "deploy the stage again" };
  return {
    cause: "the function failed or timed out",
    fix: "read its log: `npx sst dev`, CloudWatch, or the terminal of `auth-cli local`",
  };
}
