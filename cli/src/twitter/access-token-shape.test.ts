import { describe, expect, it } from "vitest";
import { judgeAccessToken } from "./access-token-shape.ts";

const token = "42-abcdefghijklmnopqrstuvwxyzABCDEFGH";
const secret = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS";
const base64 = (text: string): string => Buffer.from(text).toString("base64url");

describe("the shape of an access token", () => {
  it("is right for a user's token and its secret", () => {
    expect(judgeAccessToken({ token, secret }, "theconsumerkey")).toBeUndefined();
  });

  it.each([
    ["quotation marks", { token: `"${token}"`, secret }, "the access token contains quotation marks"],
    [
      "quotes around the secret",
      { token, secret: `'${secret}'` },
      "the access token secret contains quotation",
    ],
    ["a blank", { token: `42- ${secret}`, secret }, "the access token contains white space"],
    ["a header's value", { token: `Bearer ${secret}`, secret }, "the access token starts with Bearer"],
    ["a bearer token", { token: `AAAAAAAAAAAAAAAAAAAAA%2F${secret}`, secret }, "is a bearer token"],
    ["token and secret in one", { token: `${token};${secret}`, secret: "" }, "joined by a semicolon"],
    ["swapped values", { token: secret, secret: token }, "are swapped"],
    ["the same value twice", { token, secret: token }, "are the same text"],
    [
      "an OAuth 2.0 token",
      { token: base64("a1B2c3:1650000000000:1:1:at:1"), secret },
      "is an OAuth 2.0 token",
    ],
    ["a refresh token", { token, secret: base64("a1B2c3:1650000000000:1:0:rt:1") }, "is an OAuth 2.0 token"],
    ["the consumer key", { token: "theconsumerkey", secret }, "the access token is the consumer key"],
    ["a comma", { token: `${token},`, secret }, "contains a character"],
  ])("is a fault with %s", (_what, given, message) => {
    const problem = judgeAccessToken(given, "theconsumerkey");
    expect(problem).toMatchObject({ status: "fault", message: expect.stringContaining(message) as string });
    expect(problem?.fix).not.toBe("");
    expect(JSON.stringify(problem)).not.toContain(secret.slice(0, 20));
  });

  it("is a warning without a user id", () => {
    expect(judgeAccessToken({ token: "abcdefghijklmnopqrstuvwxy", secret })).toMatchObject({
      status: "warning",
    });
  });
});
