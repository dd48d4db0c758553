import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import { exchange, measureClockSkew } from "../http.ts";
import { signRequest } from "../server-clock.ts";
import {
  type CallerIdentity,
  getCallerIdentityRequest,
  readGetCallerIdentityResponse,
  type StsRefusal,
} from "../aws/sts.ts";
import { stsEndpoint } from "../deployment/service-addresses.ts";
import type { Subject } from "./subject.ts";

/** What STS says to the same keys, signed by the same code. */
export type Caller = (
  | { accepted: CallerIdentity }
  | { refused: StsRefusal }
  /** Nobody answered, or somebody else did. */
  | { failure: string }
) & {
  /** By which STS's clock is ahead; undefined when it did not tell. */
  skewSeconds?: number | undefined;
};

/** The one call that all valid credentials may make: it separates the keys, the clock and the signing from the rest. */
export async function askCaller(
  environment: Pick<Environment, "send" | "now">,
  { configuration, deployment }: Pick<ResolvedDeployment, "configuration" | "deployment">,
  { credentials, nowMs }: Pick<Subject, "credentials" | "nowMs">,
  timeoutMs: number,
): Promise<Caller> {
  const { identityPoolId } = deployment;
  // The pool's region: that of --region may be what is wrong.
  const region = identityPoolId.slice(0, identityPoolId.indexOf(":"));
  const endpoint = await stsEndpoint(configuration);
  // Signed once: a corrected time would hide a wrong clock.
  const request = await signRequest(getCallerIdentityRequest({ region, endpoint, credentials }), nowMs);
  const reply = await exchange(environment.send, { ...request, step: "diagnosis.caller", timeoutMs });
  const read = readGetCallerIdentityResponse(reply);
  const skewSeconds = measureClockSkew(reply.headers, environment.now());
  return "arn" in read ? { accepted: read, skewSeconds } : { refused: read, skewSeconds };
}
