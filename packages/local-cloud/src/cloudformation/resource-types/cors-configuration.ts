import type { CorsConfiguration } from "../../account.ts";
import type { Properties } from "./properties.ts";

/** The property `CorsConfiguration` of an HTTP API, or `Cors` of a function URL. */
export function corsConfiguration(cors: Properties | undefined): CorsConfiguration | undefined {
  if (cors === undefined) return undefined;
  const lists = ["AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders"] as const;
  const configuration: CorsConfiguration = {};
  for (const name of lists) {
    if (cors.values[name] !== undefined) configuration[name] = cors.textList(name);
  }
  const allowCredentials = cors.flag("AllowCredentials");
  if (allowCredentials !== undefined) configuration.AllowCredentials = allowCredentials;
  if (cors.values["MaxAge"] !== undefined) configuration.MaxAge = cors.number("MaxAge", 0);
  return configuration;
}
