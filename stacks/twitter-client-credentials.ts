import { VisibleError } from "sst/error.js";

/** The keys of the X app, with the names of SST's Cognito construct. */
export interface TwitterClientCredentials {
  consumerKey: string;
  consumerSecret: string;
}

/**
 * The consumer key and secret of the X app, from the environment. SST has already read the `.env` files into it.
 *
 * `TWITTER_SECRET_ID` is the name or ARN of a secret in AWS Secrets Manager with the JSON keys `TWITTER_CONSUMER_KEY` and
 * `TWITTER_CONSUMER_SECRET`. With it, both are dynamic references that CloudFormation resolves, so the template contains
 * no secret.
 *
 * @throws VisibleError with the variables to set; SST prints it without a stack trace
 */
export function twitterClientCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  stage: string,
): TwitterClientCredentials {
  const secretId = environment["TWITTER_SECRET_ID"]?.trim() ?? "";
  if (secretId !== "") {
    // Secrets Manager allows only these characters. Others could end the reference early.
    if (!/^[\w/+=.@:-]+$/.test(secretId)) {
      throw new VisibleError(
        "TWITTER_SECRET_ID is not a valid name or ARN of a secret in AWS Secrets Manager.",
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
      "(see .env.example), or set TWITTER_SECRET_ID to a secret in AWS Secrets Manager.",
      "Find them at https://console.x.com, under Keys and tokens of your app. Without an X app, run `npm start`.",
    );
  }
  const [consumerKey, consumerSecret] = names.map((name) => environment[name]?.trim() ?? "");
  for (const [index, value] of [consumerKey, consumerSecret].entries()) {
    // Cognito stores both as one text, joined by a semicolon.
    if (!/^[\w.~-]+$/.test(value ?? "")) {
      throw new VisibleError(
        `${names[index]} has characters that X does not use in keys. Copy it again, without quotes or spaces.`,
      );
    }
  }
  return { consumerKey: consumerKey ?? "", consumerSecret: consumerSecret ?? "" };
}
