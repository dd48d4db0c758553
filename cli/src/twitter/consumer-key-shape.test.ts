import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { isOAuth2ClientId } from "./consumer-key-shape.ts";

it.each(["abc:1:ci", "1:1:ci", `${randomBytes(15).toString("base64url")}:1:ci`])(
  "isOAuth2ClientId recognizes %s",
  (text) => {
    for (const encoding of ["base64", "base64url"] as const) {
      expect(isOAuth2ClientId(Buffer.from(text).toString(encoding))).toBe(true);
    }
  },
);

it.each(["", "xvz1evFS4wEEPTGEFPHBog", "A".repeat(25), Buffer.from("a:b:ci").toString("base64url")])(
  "isOAuth2ClientId rejects %j",
  (text) => expect(isOAuth2ClientId(text)).toBe(false),
);
