import { AuthCliError } from "../../../errors.ts";
import { excerpt } from "../../../http.ts";
import type { CheckedRoute } from "../routes/plan-routes.ts";

/** Identity ids in any text. */
const identityIds = /[\w-]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Whose identity a handler greets: the caller's alone (`own`), another one, or `undefined`, which the handler read from the
 * wrong place (`wrong`). `none` if it greets nobody.
 */
export function echoOf(body: string, identityId: string): "own" | "wrong" | "none" {
  const found = new Set(body.match(identityIds));
  if (found.size === 0) return /\bundefined\b/.test(body) ? "wrong" : "none";
  return found.size === 1 && found.has(identityId) ? "own" : "wrong";
}

/**
 * `identity.match`: the handler greets the identity that Cognito issued, and no other.
 * @param body the response to `private.signed`
 */
export function checkIdentityMatch(route: CheckedRoute, body: string, identityId: string): void {
  if (echoOf(body, identityId) === "own") return;
  const found = new Set(body.match(identityIds));
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
