import type { Reason } from "../../reasons.ts";
import type { AuthCliError } from "../../errors.ts";
import type { CheckName } from "./report.ts";
import { RouteFailure } from "./check-errors.ts";

/** Causes that a deploy which is still spreading can have; any other will not go away by waiting. */
const spreadingReasons = new Set<Reason | undefined>([
  undefined,
  "permission-missing",
  "route-missing",
  "propagating",
  "undetermined",
]);

/** What Cognito and IAM say while a new pool or role is not known everywhere. */
const spreadingCodes = new Set(["pool-not-found", "pool-configuration"]);

/**
 * Whether a failed check may pass without anybody doing anything, because the deploy has not reached all of AWS yet.
 *
 * - A route answers 404 or 5xx, or its host's name is not known: the API is fresh.
 * - A route answers 403 where it should not: the role's policy, or the authorizer's change, is on its way. Not when the
 *   diagnosis says otherwise, so never for a signature that does not match.
 * - Cognito does not know the pool, or finds its roles not yet usable.
 *
 * Never a negative control that let something through, nor an answer that is other than expected: what is right after
 * a second look was wrong before it.
 * @param explain adds the diagnosis; only asked where a refusal has causes of both kinds
 */
export async function isSpreading(
  name: CheckName,
  error: AuthCliError,
  explain: (error: AuthCliError) => Promise<AuthCliError>,
): Promise<boolean> {
  if (spreadingCodes.has(error.code)) return spreadingReasons.has((await explain(error)).reason);
  if (!(error instanceof RouteFailure)) return error.code === "unreachable" && isOfRoute(name);
  const { status, text } = error.refused.reply;
  if (status === 404 || status >= 500) return true;
  if (status !== 403 || namesSignature(text)) return false;
  return spreadingReasons.has((await explain(error)).reason);
}

function isOfRoute(name: CheckName): boolean {
  return name === "public.open" || name.startsWith("private.");
}

/** REST APIs say what is wrong with a signature. */
function namesSignature(text: string): boolean {
  return /signature we calculated|SignatureDoesNotMatch|Signature expired|security token/i.test(text);
}
