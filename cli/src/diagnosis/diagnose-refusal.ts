import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment.ts";
import type { Header, HttpRequest } from "../protocol/http.ts";
import type { AwsCredentials } from "../protocol/sigv4.ts";
import type { Reason } from "./reasons.ts";

/** A request that the API answered with HTTP 400 or above. */
export interface RefusedCall {
  environment: Environment;
  resolved: ResolvedDeployment;
  request: Pick<HttpRequest, "method" | "url" | "headers" | "body">;
  /** What it was signed with; undefined for one that went unsigned. */
  credentials: AwsCredentials | undefined;
  reply: { status: number; headers: readonly Header[]; text: string };
}

/** One cause with what shows it, and one fix. */
export interface Diagnosis {
  reason: Reason;
  cause: string;
  evidence: string[];
  fix: string;
}

/**
 * Finds out by experiment, in parallel and within 2 s, why a request was refused, with nothing but what the caller's
 * own credentials may do. Never rejects, except with `interrupted`.
 */
export function diagnoseRefusal(_call: RefusedCall): Promise<Diagnosis | undefined> {
  return Promise.resolve(undefined);
}
