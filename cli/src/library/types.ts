/**
 * The types of the package, for programs that import it. The build copies this file to `dist/library.d.ts`, so it imports
 * nothing. A test compares it with the code.
 */

/** A deployed stage: the fields of a stage in `auth-cli.json`, `region` and `service`. */
export interface SmokeStage {
  /** The address of the API. */
  endpoint: string;
  identityPoolId: string;
  /** Protected routes: `GET /notes`. Without any route, `GET /private` and `GET /public` are tried. */
  routes?: readonly string[];
  /** Open routes. */
  publicRoutes?: readonly string[];
  /** By route: its status and a part of its body. */
  expectations?: Readonly<Record<string, { status?: number; body?: string }>>;
  /** The identity pool means to issue identities without a login. */
  allowGuests?: boolean;
  /** In signatures. Default: what the host of the API names, else the region of the identity pool. */
  region?: string;
  /** In signatures. Default: what the host of the API names, else `execute-api`. */
  service?: string;
}

export interface TwitterLogin {
  accessToken: string;
  accessTokenSecret: string;
  /** Of the X app. Without both, `twitter.token` is skipped. */
  consumerKey?: string;
  consumerSecret?: string;
}

/** A login by another provider. */
export interface ProviderLogin {
  /** The key of the logins map: `accounts.google.com`. */
  provider: string;
  /** The ID token, or the access token of Facebook or Amazon. */
  token: string;
}

export type SmokeLogin = (TwitterLogin | ProviderLogin) & {
  /** Where the token is stored. A fix names it: `the secret prod/canary`. */
  source?: string;
};

export interface SignerOptions extends Pick<SmokeOptions, "signal" | "variables" | "now"> {
  stage: SmokeStage;
  login: SmokeLogin;
}

export interface RequestToSign {
  method: string;
  /** A path of the API, or its whole address. */
  url: string;
  /** A name may occur once. */
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

export interface SignedRequest {
  /** To send as it is. */
  url: string;
  /** All headers to send, `Authorization` included. */
  headers: Record<string, string>;
  /** The identity that the API sees. */
  identityId: string;
}

/** Rejects with an `Error` that has the fields of `ErrorReport`. */
export type RequestSigner = (request: RequestToSign) => Promise<SignedRequest>;

export interface SmokeOptions {
  /** By name. */
  stages: Readonly<Record<string, SmokeStage>>;
  /** The login of all stages, or a function that returns the login of one. */
  login: SmokeLogin | ((stage: string) => SmokeLogin | Promise<SmokeLogin>);
  /** Run only these checks and the checks they need. */
  only?: readonly CheckName[];
  skip?: readonly CheckName[];
  /** Repeat failures that a fresh deploy can cause, for this long after the start. In milliseconds. */
  retryFor?: number;
  /** The limit of the whole run, in milliseconds. */
  timeout?: number;
  /** Stop at the first failed check. */
  failFast?: boolean;
  /** Of the project. Fixes have its words and commands. Default: `sst`. */
  framework?: "sst" | "cdk" | "amplify" | "sam" | "serverless";
  /** Ends the run: the promise rejects with `interrupted`. */
  signal?: AbortSignal;
  /**
   * Of these variables, the names of proxies (`HTTPS_PROXY`, `NO_PROXY`, …), the addresses of services (`AWS_ENDPOINT_URL`,
   * `AWS_ENDPOINT_URL_COGNITO_IDENTITY`, `AWS_ENDPOINT_URL_STS`, `TWITTER_API_URL`) and `AWS_CA_BUNDLE` count. Usually
   * `process.env`. Default: none.
   */
  variables?: Readonly<Record<string, string | undefined>>;
  /** The clock, in milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number;
}

export type CheckName =
  | "outputs"
  | "twitter.token"
  | "cognito.get-id"
  | "cognito.get-credentials"
  | "public.open"
  | "private.unsigned"
  | "private.tampered"
  | "private.no-session-token"
  | "private.expired-signature"
  | "private.wrong-region"
  | "cognito.guest"
  | "private.signed"
  | "identity.match";

/** The report, as `smoke --json` prints it for several stages: `schema/smoke-report.schema.json`. */
export interface SmokeRun {
  schemaVersion: 1;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  passed: boolean;
  /** In the order of the options. */
  stages: SmokeReport[];
}

export interface SmokeReport {
  schemaVersion: 1;
  stage: string;
  /** Absent when the options of the stage are invalid. */
  apiEndpoint?: string;
  identityPoolId?: string;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  /** Absent when Cognito issued none. */
  identityId?: string;
  /** No check failed, and at least one ran. */
  passed: boolean;
  checks: CheckResult[];
}

export interface CheckResult {
  name: CheckName;
  /** For a check on one route: `GET /private`. */
  route?: string;
  status: "passed" | "failed" | "skipped";
  /** Since the run began. */
  startedMs?: number;
  durationMs: number;
  /** Of the last response. */
  httpStatus?: number;
  requestId?: string;
  /** Requests sent. */
  attempts: number;
  /** The requests, in the order in which they started. */
  hops?: Hop[];
  /** Why the check failed or was skipped. */
  error?: ErrorReport;
}

/** One request and its response. Times are in milliseconds. */
export interface Hop {
  step: string;
  host: string;
  /** Since the run began. */
  startedMs: number;
  /** The connection was already open. */
  reused: boolean;
  dnsMs?: number;
  tcpMs?: number;
  tlsMs?: number;
  waitMs?: number;
  bodyMs?: number;
  httpStatus?: number;
}

export interface ErrorReport {
  /** docs/error-codes.md lists them. */
  code: string;
  step?: string;
  message: string;
  cause?: string;
  /** An instruction. */
  fix?: string;
  /** Finer than the code. docs/error-codes.md lists them. */
  reason?: string;
  /** Observations that show the cause. */
  evidence?: readonly string[];
}

/**
 * Checks stages as `auth-cli smoke` does, in parallel. Writes nothing and reads no file. The report contains no secret.
 *
 * Rejects with an Error that has the fields of {@link ErrorReport}: `invalid-usage` and `invalid-configuration` for invalid
 * options, `interrupted` after `signal`. A stage that fails does not reject.
 */
export declare function smoke(options: SmokeOptions): Promise<SmokeRun>;

/**
 * Signs requests as the identity of a login, for an HTTP client of yours. Obtains credentials at the first request and
 * again before they expire. Signs for the host of the stage only.
 *
 * Throws an Error that has the fields of {@link ErrorReport}: `invalid-configuration` or `invalid-usage` for invalid options.
 */
export declare function createSigner(options: SignerOptions): RequestSigner;
