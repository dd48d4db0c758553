import type { TemporaryCredentials } from "../iam/sessions.ts";
import { signingKey } from "../sigv4/signature.ts";

/** Replaces a function's secrets in what it logs. */
export type Mask = (text: string) => string;

/**
 * Hides credentials by value. The bridge of `sst dev` logs its presigned URL for IoT and the key that signs it
 * (aws-iot-device-sdk 2.2 with `debug: true`). Without the session token, the rest of the URL is worthless.
 */
export function createMask(
  credentials: TemporaryCredentials | undefined,
  region: string,
  now: () => Date,
): Mask {
  if (credentials === undefined) return (text) => text;
  const { secretAccessKey, sessionToken } = credentials;
  return (text) => {
    const scopeDate = now().toISOString().slice(0, 10).replaceAll("-", "");
    const key = signingKey({ secretAccessKey, scopeDate, region, service: "iotdevicegateway" });
    return [
      [secretAccessKey, "secret access key"],
      [sessionToken, "session token"],
      [encodeURIComponent(sessionToken), "session token"],
      [key.toString("hex"), "signing key"],
    ].reduce((masked, [secret = "", name]) => masked.replaceAll(secret, `[${name}]`), text);
  };
}
