import type { AwsCredentials } from "../aws/sigv4.ts";
import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import type { HttpRequest } from "../http.ts";
import type { Reason } from "../reasons.ts";
import type { ApiReply } from "./api-reply.ts";

/** A request that the API answered with HTTP 400 or above. */
export interface RefusedCall {
  environment: Environment;
  resolved: ResolvedDeployment;
  /** Before or after it was signed. */
  request: Pick<HttpRequest, "method" | "url" | "headers" | "body">;
  /** Undefined for an unsigned request. */
  credentials: AwsCredentials | undefined;
  reply: ApiReply;
  /** From the request to the head of the reply. Shows a handler that timed out. */
  durationMs?: number;
}

/** One cause with its evidence, and one fix. */
export interface Diagnosis {
  reason: Reason;
  cause: string;
  /** A sentence each. */
  evidence: string[];
  fix: string;
}
