import { VisibleError } from "sst/error.js";

/** The X app that the identity pool federates, in the words of SST's Cognito construct. */
export interface TwitterClientCredentials {
  consumerKey: string;
  consumerSecret: string;
}

/**
 * The consumer key and secret of the X app, from the environment (into which SST has read the `.env` files).
 *
 * With `TWITTER_SECRET_ID`, the name or ARN of a secret in AWS Secrets Manager with the JSON keys `TWITTER_CONSUMER_KEY`
 * and `TWITTER_CONSUMER_SECRET`, they are dynamic references, which CloudFormation resolves when it creates the pool:
 * then neither is in the template.
 *
 * @throws VisibleError, which SST shows without a stack trace, naming what to set and where
 */
export function twitterClientCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  stage: string,
): TwitterClientCredentials {
  const secretId = environment["TWITTER_SECRET_ID"]?.trim() ?? "";
  if (secretId !== "") {
    // What Secrets Manager allows in a name or an ARN; anything else would end the reference early.
    if (!/^[\w/+=.@:-]+$/.test(secretId)) {
      throw new VisibleError(
        "TWITTER_SECRET_ID is neither the name nor the ARN of a secret in AWS Secrets Manager.",
      );
    }
    const reference = (key: string): string => `{{resolve:secretsmanager:${secretId}:SecretString:${key}}}`;
    return {
      consumerKey: reference("TWITTER_CONSUMER_KEY"),
      consumerSecret: reference("TWITTER_CONSUMER_SECRET"),
    };
  }

  const names = ["TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET"] as const;
  const missing = names.filter((name) => (environment[name]?.trim() ?? "") === "");
  if (missing.length > 0) {
    throw new VisibleError(
      `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set: the consumer key and secret of your X app.`,
      "",
      `Set ${missing.length === 1 ? "it" : "them"} in the environment or in one of .env, .env.local, .env.${stage} and .env.${stage}.local`,
      "(.env.example shows how), or name a secret in AWS Secrets Manager with TWITTER_SECRET_ID.",
      "You find them at https://developer.x.com, under your app's Keys and tokens; without an X app, `npm start` uses a local one.",
    );
  }
  const [consumerKey, consumerSecret] = names.map((name) => environment[name]?.trim() ?? "");
  for (const [index, value] of [consumerKey, consumerSecret].entries()) {
    // Cognito takes both as one text, joined by a semicolon.
    if (!/^[\w.~-]+$/.test(value ?? "")) {
      throw new VisibleError(
        `${names[index]} has characters that no consumer key or secret of X has. Was it copied with something around it?`,
      );
    }
  }
  return { consumerKey: consumerKey ?? "", consumerSecret: consumerSecret ?? "" };
}
