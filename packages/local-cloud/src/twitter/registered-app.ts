import { checkCallbackUrls, defaultCallbackUrls } from "./callback-url.ts";

/** The formats in which X's `/oauth/` endpoints have sent errors with a code. */
export type OAuthErrorFormat = "xml" | "hash" | "json";

/**
 * The registered X app. Each request reads it, so the settings may change while the local Twitter runs: a regenerated
 * secret, a suspension, a rate limit.
 */
export interface RegisteredApp {
  /** Consumer key and secret: “API Key and Secret” in the X Developer Console. */
  clientCredentials: { key: string; secret: string };
  /**
   * The callback URLs, each compared as a whole: at most ten, by default that of `auth-cli login --callback 8976`. An
   * empty list allows only `oob` (code 417).
   */
  callbackUrls: readonly string[];
  /** Rejects every request signed with the app's key (code 416). */
  suspended: boolean;
  /** `login-only` excludes verify_credentials, like X's low access tiers (code 453). */
  accessTier: "elevated" | "login-only";
  /** `depleted`: rejects every signed request, like X for an account without credits (HTTP 402). */
  credits: "available" | "depleted";
  /** Signed requests allowed in 15 minutes (code 88 above that); undefined for no limit. */
  rateLimit: number | undefined;
  oauthErrorFormat: OAuthErrorFormat;
}

export type AppSettings = Partial<Omit<RegisteredApp, "clientCredentials">>;

/** @throws InvalidCallbackUrls */
export function registerApp(
  clientCredentials: RegisteredApp["clientCredentials"],
  settings: AppSettings = {},
): RegisteredApp {
  if (settings.callbackUrls !== undefined) checkCallbackUrls(settings.callbackUrls);
  return {
    callbackUrls: defaultCallbackUrls,
    suspended: false,
    accessTier: "elevated",
    credits: "available",
    rateLimit: undefined,
    oauthErrorFormat: "xml",
    ...settings,
    clientCredentials: { ...clientCredentials },
  };
}
