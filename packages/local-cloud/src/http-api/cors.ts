import type { CorsConfiguration } from "../account.ts";

type Headers = Record<string, string>;

/** Whether this is a CORS preflight request. */
export function isPreflight(method: string, headers: ReadonlyMap<string, string>): boolean {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}

/**
 * The headers of API Gateway's own answer to a preflight, which no route or authorizer sees.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function preflightHeaders(
  configuration: CorsConfiguration,
  headers: ReadonlyMap<string, string>,
): Headers {
  const shared = corsHeaders(configuration, headers.get("origin"));
  if (shared["access-control-allow-origin"] === undefined) return {};
  const { AllowHeaders, AllowMethods, MaxAge } = configuration;
  return {
    ...shared,
    ...(AllowHeaders && { "access-control-allow-headers": AllowHeaders.join(",").toLowerCase() }),
    ...(AllowMethods && { "access-control-allow-methods": AllowMethods.join(",") }),
    ...(MaxAge !== undefined && { "access-control-max-age": String(MaxAge) }),
  };
}

/** The headers of every other response. They replace the integration's own. */
export function corsHeaders(configuration: CorsConfiguration, origin: string | undefined): Headers {
  const allowed = origin === undefined ? undefined : allowedOrigin(configuration.AllowOrigins ?? [], origin);
  if (allowed === undefined) return {};
  const { AllowCredentials, ExposeHeaders } = configuration;
  return {
    "access-control-allow-origin": allowed,
    ...(allowed === "*" ? {} : { vary: "origin" }),
    ...(AllowCredentials === true && { "access-control-allow-credentials": "true" }),
    ...(ExposeHeaders &&
      ExposeHeaders.length > 0 && { "access-control-expose-headers": ExposeHeaders.join(",") }),
  };
}

function allowedOrigin(allowed: readonly string[], origin: string): string | undefined {
  if (allowed.includes("*")) return "*";
  return allowed.some(
    (item) => item === origin || (/^https?:\/\/\*$/.test(item) && origin.startsWith(item.slice(0, -1))),
  )
    ? origin
    : undefined;
}
