import { loopbackCallbackUrls } from "./callback-url.ts";

/** In which of the shapes that X has used the `/oauth/` endpoints word an error that has a code. */
export type OAuthErrorFormat = "xml" | "hash" | "json";

/**
 * The one registered X app, as its owner and X have set it up. It is read at each request, so that it can be changed
 * while the local Twitter runs: a secret regenerated, an app suspended, a limit used up.
 */
export interface RegisteredApp {
  /** Consumer key and secret: “API Key and Secret” in the developer portal. */
  clientCredentials: { key: string; secret: string };
  /**
   * URLs, or `<scheme>://<host>:*`; by default everything on loopback. With none, only `oob` is taken (code 417).
   */
  callbackUrls: readonly string[];
  /** X has suspended it: everything that is signed with its key is refused (code 416). */
  suspended: boolean;
  /** `login-only` leaves out verify_credentials, as X's low access tiers do (code 453). */
  accessTier: "elevated" | "login-only";
  /** Signed requests in a quarter of an hour; one more is refused (code 88). Undefined: no limit. */
  rateLimit: number | undefined;
  oauthErrorFormat: OAuthErrorFormat;
}

export type AppSettings = Partial<Omit<RegisteredApp, "clientCredentials">>;

export function registerApp(
  clientCredentials: RegisteredApp["clientCredentials"],
  settings: AppSettings = {},
): RegisteredApp {
  return {
    callbackUrls: loopbackCallbackUrls,
    suspended: false,
    accessTier: "elevated",
    rateLimit: undefined,
    oauthErrorFormat: "xml",
    ...settings,
    clientCredentials: { ...clientCredentials },
  };
}
