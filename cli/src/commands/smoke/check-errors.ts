import type { RefusedCall } from "../../diagnosis/diagnose-refusal.ts";
import { AuthCliError, type ErrorDetails } from "../../errors.ts";
import { type HttpRequest, type Reply, replyText } from "../../http.ts";
import type { AwsCredentials } from "../../aws/sigv4.ts";

/** The request and its answer, from which a cause can be found out. */
type Refused = Pick<RefusedCall, "request" | "credentials" | "reply" | "durationMs">;

/** A route that answered other than a check demands. */
export class RouteFailure extends AuthCliError {
  readonly refused: Refused;

  constructor(details: ErrorDetails, refused: Refused) {
    super("check-failed", details);
    this.refused = refused;
  }
}

/** @param credentials what the request was signed with */
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
