import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import type { Nonces } from "./nonces.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { RegisteredApp } from "./registered-app.ts";
import type { TemporaryCredentialsStore } from "./temporary-credentials.ts";
import type { TokenCredentialsStore } from "./token-credentials.ts";

/** The state that the endpoints share. */
export interface TwitterState {
  scheme: "http" | "https";
  registered: RegisteredApp;
  temporaryCredentials: TemporaryCredentialsStore;
  tokenCredentials: TokenCredentialsStore;
  nonces: Nonces;
  rateLimit: RateLimit;
  now: () => Date;
}

/** The rate limit's headers are added last, since a refusal creates a new response. */
type TwitterEnv = { Bindings: HttpBindings; Variables: { rateLimitHeaders?: Record<string, string> } };

export type TwitterApp = Hono<TwitterEnv>;
export type TwitterContext = Context<TwitterEnv>;
