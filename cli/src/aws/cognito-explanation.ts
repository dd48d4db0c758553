import type { ErrorCode } from "../errors.ts";

/** What one of Cognito's refusals means. */
export interface CognitoExplanation {
  code: ErrorCode;
  cause: string;
  fix: string;
}
