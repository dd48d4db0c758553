import type { Reason } from "./reasons.ts";

/**
 * Every way in which auth-cli fails, and the exit code that goes with it.
 * The code is what scripts match on; texts may change.
 */
const exitCodes = {
  /** A check or a step failed. */
  "check-failed": 1,
  "unexpected-reply": 1,
  "server-error": 1,
  "write-failed": 1,
  internal: 1,
  /** Usage and configuration. */
  "invalid-usage": 2,
  "invalid-configuration": 2,
  "missing-configuration": 2,
  "unknown-stage": 2,
  "invalid-outputs": 2,
  "outputs-not-found": 2,
  "port-taken": 2,
  "local-cloud-missing": 2,
  /** Network. */
  unreachable: 3,
  timeout: 3,
  "tls-refused": 3,
  "connection-lost": 3,
  "proxy-refused": 3,
  /** Authentication is needed, or was refused by Twitter or Cognito. */
  "not-logged-in": 4,
  "keyring-missing": 4,
  "keyring-failed": 4,
  "login-cancelled": 4,
  "client-credentials-refused": 4,
  "token-refused": 4,
  "login-expired": 4,
  "verifier-refused": 4,
  "temporary-credentials-refused": 4,
  "callback-refused": 4,
  "clock-refused": 4,
  "app-suspended": 4,
  "access-tier": 4,
  "rate-limited": 4,
  "twitter-refused": 4,
  "cognito-refused": 4,
  "guest-refused": 4,
  "identity-refused": 4,
  "provider-refused": 4,
  "pool-not-found": 4,
  "pool-configuration": 4,
  /** The deployer's own AWS credentials, in what only they may see. */
  "aws-credentials-refused": 4,
  "aws-permission-missing": 4,
  "aws-not-found": 4,
  "aws-refused": 4,
  /** The API answered with HTTP ≥ 400. */
  "http-status": 22,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof exitCodes;

export const errorCodes = Object.keys(exitCodes) as readonly ErrorCode[];

export interface ErrorDetails {
  /** The hop that failed, in the smoke's names where there is one: `twitter.request_token`, `cognito.get-id`. */
  step?: string;
  /** What failed, naming the input. */
  message: string;
  /** Why, with the evidence. */
  cause?: string;
  /** What to do about it, in commands the user can type. */
  fix?: string;
  /** Which of the known causes it is, when it was found out by experiment; finer than the code. */
  reason?: Reason;
  /** What was observed that shows the cause, a sentence each. */
  evidence?: readonly string[];
}

/** The one error class: what `error:`, `cause:` and `fix:` print and what `--json` reports. */
export class AuthCliError extends Error {
  readonly code: ErrorCode;
  readonly step: string | undefined;
  /** Shadows `Error.cause`: here it is a sentence, never an object that could carry a secret into an output. */
  override readonly cause: string | undefined;
  readonly fix: string | undefined;
  readonly reason: Reason | undefined;
  readonly evidence: readonly string[];

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message);
    this.name = "AuthCliError";
    this.code = code;
    this.step = details.step;
    this.cause = details.cause;
    this.fix = details.fix;
    this.reason = details.reason;
    this.evidence = details.evidence ?? [];
  }

  get exitCode(): number {
    return exitCodeFor(this.code);
  }
}

export function exitCodeFor(code: ErrorCode): number {
  return exitCodes[code];
}

/** The shape of an error in `--json` output and in reports. */
export interface ErrorReport {
  code: ErrorCode;
  step?: string;
  message: string;
  cause?: string;
  fix?: string;
  reason?: Reason;
  evidence?: readonly string[];
}

export function toErrorReport(error: AuthCliError): ErrorReport {
  return {
    code: error.code,
    ...(error.step === undefined ? {} : { step: error.step }),
    message: error.message,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...(error.evidence.length === 0 ? {} : { evidence: error.evidence }),
  };
}

/** `error: …`, then `cause:`, `evidence:` and `fix:` lines where they are known. */
export function formatError(error: AuthCliError): string {
  const where = error.step === undefined ? "" : `${error.step}: `;
  return [
    `error: ${where}${error.message}`,
    ...(error.cause === undefined ? [] : [`cause: ${error.cause}`]),
    ...error.evidence.map((sentence) => `evidence: ${sentence}`),
    ...(error.fix === undefined ? [] : [`fix: ${error.fix}`]),
    "",
  ].join("\n");
}

/** Anything thrown, as an AuthCliError. What is not one of ours is a bug, and says so without its stack. */
export function toAuthCliError(thrown: unknown): AuthCliError {
  if (thrown instanceof AuthCliError) return thrown;
  return new AuthCliError("internal", {
    message: thrown instanceof Error ? thrown.message : String(thrown),
    cause: "this is a fault in auth-cli itself",
    fix: "run the command again with --debug and report what it prints",
  });
}
