import { VisibleError } from "sst/error.js";
import { describe, expect, it } from "vitest";
import { twitterClientCredentials } from "./twitter-client-credentials.ts";

const key = "TWITTER_CONSUMER_KEY";
const secret = "TWITTER_CONSUMER_SECRET";

describe("twitterClientCredentials", () => {
  it("reads the consumer key and secret from the environment", () => {
    expect(twitterClientCredentials({ [key]: " k1 ", [secret]: "s1\n" }, "prod")).toEqual({
      consumerKey: "k1",
      consumerSecret: "s1",
    });
  });

  it.each([
    [{}, `${key} and ${secret} are not set`],
    [{ [key]: "", [secret]: "  " }, `${key} and ${secret} are not set`],
    [{ [key]: "k" }, `${secret} is not set`],
    [{ [secret]: "s" }, `${key} is not set`],
  ])("names the missing variables and files for %j", (environment, what) => {
    const attempt = (): unknown => twitterClientCredentials(environment, "prod");
    expect(attempt).toThrow(VisibleError);
    expect(attempt).toThrow(what);
    expect(attempt).toThrow(".env, .env.local, .env.prod and .env.prod.local");
    expect(attempt).toThrow("TWITTER_SECRET_ID");
  });

  it.each(["a;b", "a b", '"quoted"', "é"])("rejects %j without printing it", (value) => {
    expect(() => twitterClientCredentials({ [key]: "k", [secret]: value }, "prod")).toThrow(
      /^TWITTER_CONSUMER_SECRET has characters/,
    );
    expect(() => twitterClientCredentials({ [key]: "k", [secret]: value }, "prod")).not.toThrow(value);
  });

  it("refers to Secrets Manager with TWITTER_SECRET_ID, even when keys are set", () => {
    const arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:x/app-AbC123";
    for (const id of ["x/app", arn]) {
      expect(twitterClientCredentials({ TWITTER_SECRET_ID: id, [key]: "k", [secret]: "s" }, "prod")).toEqual({
        consumerKey: `{{resolve:secretsmanager:${id}:SecretString:${key}}}`,
        consumerSecret: `{{resolve:secretsmanager:${id}:SecretString:${secret}}}`,
      });
    }
  });

  it("ignores a blank TWITTER_SECRET_ID and rejects an invalid one", () => {
    expect(() => twitterClientCredentials({ TWITTER_SECRET_ID: " " }, "prod")).toThrow("are not set");
    expect(() => twitterClientCredentials({ TWITTER_SECRET_ID: "a}} {{resolve:x" }, "prod")).toThrow(
      "TWITTER_SECRET_ID is not a valid name",
    );
  });
});
