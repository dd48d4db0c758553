import type { RefusedCall } from "../../diagnosis/diagnose-refusal.ts";
import { AuthCliError, type ErrorDetails } from "../../errors.ts";
import { type HttpRequest, type Reply, replyText } from "../../http.ts";
import type { AwsCredentials } from "../../aws/sigv4.ts";

/** A check that cannot reach a verdict. The report shows it as skipped with this reason, never as passed. */
export class Undecided extends AuthCliError {}

/** The request and its response, for the diagnosis. */
type Refused = Pick<RefusedCall, "request" | "credentials" | "reply" | "durationMs">;

/** A response that fails the check of a route. */
export class RouteFailure extends AuthCliError {
  readonly refused: Refused;

  constructor(details: ErrorDetails, refused: Refused) {
    super("check-failed", details);
    this.refused = refused;
  }
}

/** @param credentials the credentials that signed the request */
export function routeFailure(
  details: ErrorDetails,
  request: HttpRequest,
  reply: Reply,
  credentials?: AwsCredentials,
): RouteFailure {
  const { status, headers } = reply;
  const { waitMs } = reply.timings?.() ?? {};
  return new RouteFailure(details, {
    request,
    credentials,
    reply: { status, headers, text: replyText(reply) },
    ...(waitMs === undefined ? {} : { durationMs: waitMs }),
  });
}
