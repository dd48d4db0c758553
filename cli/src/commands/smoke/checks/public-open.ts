import { exchange, type Send } from "../../../http.ts";
import type { Chain } from "../check-runner.ts";
import type { CheckedRoute } from "../routes/plan-routes.ts";
import { requireExpectedResponse, unsignedRequest } from "./route-requests.ts";

/** `public.open`: the open route answers without a signature. */
export async function checkPublicOpen(chain: Chain, route: CheckedRoute, send: Send): Promise<void> {
  const request = unsignedRequest("public.open", chain, route);
  const reply = await exchange(send, request);
  const what = `${route.key} without a signature`;
  requireExpectedResponse(what, request, reply, route, explainStatus(reply.status));
}

function explainStatus(status: number): { cause: string; fix: string } {
  if (status === 403) {
    return {
      cause: "the route has an authorizer, or its handler refused the request",
      fix: 'set `authorizer: "none"` on the route in the stack and deploy',
    };
  }
  if (status === 404)
    return {
      cause: "the API does not have this route, or its handler answered 404",
      fix: "deploy the stage again",
    };
  return {
    cause: "the function failed, timed out or does not exist",
    fix: "read its log: `npx sst dev`, CloudWatch, or the terminal of `auth-cli local`",
  };
}
