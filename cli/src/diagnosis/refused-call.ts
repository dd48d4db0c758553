import type { ResolvedDeployment } from "../deployment/resolve-deployment.ts";
import type { Environment } from "../environment/environment.ts";
import type { HttpRequest } from "../http.ts";
import type { AwsCredentials } from "../aws/sigv4.ts";
import type { ApiReply } from "./api-reply.ts";
import type { Reason } from "../reasons.ts";

/** A request that the API answered with HTTP 400 or above. */
export interface RefusedCall {
  environment: Environment;
  resolved: ResolvedDeployment;
  /** Before or after it was signed. */
  request: Pick<HttpRequest, "method" | "url" | "headers" | "body">;
  /** What it was signed with; undefined for one that went unsigned. */
  credentials: AwsCredentials | undefined;
  reply: ApiReply;
  /** From the request to the head of the reply; a handler that timed out is told by it. */
  durationMs?: number;
}

/** One cause with what shows it, and one fix. */
export interface Diagnosis {
  reason: Reason;
  cause: string;
  /** A sentence each. */
  evidence: string[];
  fix: string;
}
