import { AuthCliError } from "../../../errors.ts";
import { excerpt } from "../../../http.ts";
import type { CheckedRoute } from "../routes/choose-routes.ts";

/** Identity ids in any text. */
const identityIds = /[\w-]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * `identity.match`: the handler greets the identity that Cognito issued, and no other.
 * @param body the response to `private.signed`
 */
export function checkIdentityMatch(route: CheckedRoute, body: string, identityId: string): void {
  const found = new Set(body.match(identityIds));
  if (found.size === 1 && found.has(identityId)) return;
  const handler = "return event.requestContext.authorizer.iam.cognitoIdentity.identityId from the handler";
  throw new AuthCliError("check-failed", {
    step: "identity.match",
    message: `${route.key} answered ${excerpt(body)}, but Cognito issued the identity ${identityId}`,
    cause:
      found.size === 0
        ? "the response contains no identity id"
        : "the response contains an identity id that is not the caller's",
    fix: found.size === 0 ? `${handler}, or describe its response with --expect-body` : handler,
  });
}
