import type { Reason } from "./reasons.ts";

/** What each exit code means. The help and the man page print this table. */
export const exitCodeMeanings = {
  0: "done; in smoke, every check passed",
  1: "a check or step failed",
  2: "wrong usage or configuration",
  3: "network: no connection, or no answer in time",
  4: "not logged in, or Twitter, Cognito or AWS refused the login",
  22: "the API answered call with HTTP 400 or above",
  130: "interrupted",
} as const;

/** Scripts match on these codes. The messages may change. */
const exitCodes = {
  "check-failed": 1,
  "unexpected-reply": 1,
  "server-error": 1,
  "write-failed": 1,
  internal: 1,
  "invalid-usage": 2,
  "invalid-configuration": 2,
  "missing-configuration": 2,
  "untrusted-address": 2,
  "unknown-stage": 2,
  "invalid-outputs": 2,
  "outputs-not-found": 2,
  "port-taken": 2,
  "local-cloud-missing": 2,
  unreachable: 3,
  timeout: 3,
  "tls-refused": 3,
  "connection-lost": 3,
  "proxy-refused": 3,
  "computer-fault": 3,
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
  "credits-depleted": 4,
  "rate-limited": 4,
  "twitter-refused": 4,
  "cognito-refused": 4,
  "guest-refused": 4,
  "identity-refused": 4,
  "provider-refused": 4,
  "pool-not-found": 4,
  "pool-configuration": 4,
  "aws-credentials-refused": 4,
  "aws-permission-missing": 4,
  "aws-not-found": 4,
  "aws-refused": 4,
  "http-status": 22,
  interrupted: 130,
} as const satisfies Record<string, keyof typeof exitCodeMeanings>;

export type ErrorCode = keyof typeof exitCodes;

export const errorCodes = Object.keys(exitCodes) as readonly ErrorCode[];

export interface ErrorDetails {
  /** The step that failed, `twitter.request_token` or `cognito.get-id`. */
  step?: string;
  /** What failed. Names the input. */
  message: string;
  cause?: string;
  /** An imperative, with a command that the user can type. */
  fix?: string;
  /** Finer than the code: one of the known causes. */
  reason?: Reason;
  /** Observations that show the cause, one sentence each. */
  evidence?: readonly string[];
}

/** The only error class. Its fields become the `error:`, `cause:` and `fix:` lines, and the object of `--json`. */
export class AuthCliError extends Error {
  readonly code: ErrorCode;
  readonly step: string | undefined;
  /** Shadows `Error.cause`. A sentence, because an object could carry a secret into an output. */
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

/** `error: …`, followed by the known `cause:`, `evidence:` and `fix:` lines. */
export function formatError(error: AuthCliError): string[] {
  const where = error.step === undefined ? "" : `${error.step}: `;
  return [
    `error: ${where}${error.message}`,
    ...(error.cause === undefined ? [] : [`cause: ${error.cause}`]),
    ...error.evidence.map((sentence) => `evidence: ${sentence}`),
    ...(error.fix === undefined ? [] : [`fix: ${error.fix}`]),
  ];
}

/** By Node's error code: what this computer lacks, and the remedy. */
const faults: Readonly<Record<string, readonly [cause: string, fix: string]>> = {
  EMFILE: ["this process may not open more files and connections", "raise the limit: `ulimit -n 4096`"],
  ENFILE: ["all processes together have too many open files and connections", "end some of them"],
  ENOMEM: ["this computer has no free memory", "end other programs"],
  ENOBUFS: ["this computer has no free memory for connections", "end other programs"],
};

/** Such a fault says nothing about a server. Undefined for any other error. */
export function computerFault(thrown: unknown, step?: string): AuthCliError | undefined {
  const { code } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {};
  const [cause, fix] = (code === undefined ? undefined : faults[code]) ?? [];
  if (cause === undefined || fix === undefined) return undefined;
  return new AuthCliError("computer-fault", {
    ...(step === undefined ? {} : { step }),
    message: "this computer lacks the resources for the command",
    cause: `${cause} (${String(code)})`,
    fix: `${fix}, then run the command again`,
  });
}

/** Converts anything thrown to an AuthCliError. Every other error is a bug and is reported without its stack. */
export function toAuthCliError(thrown: unknown): AuthCliError {
  if (thrown instanceof AuthCliError) return thrown;
  const fault = computerFault(thrown);
  if (fault !== undefined) return fault;
  return new AuthCliError("internal", {
    message: thrown instanceof Error ? thrown.message : String(thrown),
    cause: "this is a bug in auth-cli",
    fix: "run the command again with --debug and report the output",
  });
}
