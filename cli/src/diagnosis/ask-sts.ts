import type { AwsRefusal } from "../aws/control-plane.ts";
import { type CallerIdentity, getCallerIdentityRequest, readGetCallerIdentityResponse } from "../aws/sts.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import { regionOfPool } from "../deployment/region.ts";
import { stsEndpoint } from "../deployment/service-addresses.ts";
import type { Environment } from "../environment/environment.ts";
import { exchange, measureClockSkew } from "../http.ts";
import { isLoopback } from "../loopback.ts";
import { signRequest } from "../server-clock.ts";
import type { Subject } from "./subject.ts";

/** What STS answers to the same credentials, signed by the same code. */
export type StsAnswer = (
  | { accepted: CallerIdentity }
  | { refused: AwsRefusal }
  /** STS did not answer, or something else did. */
  | { failure: string }
) & {
  /** Seconds by which STS's clock is ahead; undefined without a `Date` header. */
  skewSeconds?: number | undefined;
  /** STS was asked at an address that is neither AWS's nor this computer's: a server there may change requests. */
  isOnOtherWay?: boolean;
};

/** GetCallerIdentity needs no permission, so it separates credentials, clock and signature from everything else. */
export async function askSts(
  environment: Pick<Environment, "send" | "now">,
  { configuration, deployment }: Pick<ResolvedDeployment, "configuration" | "deployment">,
  { credentials, nowMs }: Pick<Subject, "credentials" | "nowMs">,
  timeoutMs: number,
): Promise<StsAnswer> {
  // The pool's region, since the one of --region may be the mistake.
  const region = regionOfPool(deployment.identityPoolId);
  const endpoint = await stsEndpoint(configuration);
  // Signed once: a corrected time would hide a wrong clock.
  const request = await signRequest(getCallerIdentityRequest({ region, endpoint, credentials }), nowMs);
  const reply = await exchange(environment.send, { ...request, step: "diagnosis.caller", timeoutMs });
  const read = readGetCallerIdentityResponse(reply);
  const skewSeconds = measureClockSkew(reply.headers, environment.now());
  if ("arn" in read) return { accepted: read, skewSeconds };
  return {
    refused: read,
    skewSeconds,
    isOnOtherWay: endpoint !== undefined && !isLoopback(endpoint.hostname),
  };
}
