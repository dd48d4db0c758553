import type { Setting } from "../../deployment/configuration.ts";
import type { Environment } from "../../environment/environment.ts";
import { exchangeSigned } from "../../server-clock.ts";
import { processRequestTokenResponse, requestTokenRequest } from "../../twitter/twitter.ts";
import { twitterApiUrl } from "../../deployment/service-addresses.ts";
import { attempt } from "./attempt.ts";
import { boundedSend } from "./bounded-send.ts";
import {
  judgeConsumerKey,
  judgeConsumerSecret,
  type ShapeProblem,
} from "../../twitter/consumer-key-shape.ts";
import type { Examination } from "./examination.ts";
import { fault, type Finding, fromError, ok, skipped, warning } from "./finding.ts";

const limitMs = 8000;

/** The X app's consumer key and secret, and whether Twitter accepts them. */
export async function examineXApp(examination: Examination): Promise<Finding[]> {
  const { environment, configuration } = examination;
  const key = await configuration.find("TWITTER_CONSUMER_KEY");
  const secret = await configuration.find("TWITTER_CONSUMER_SECRET");
  environment.redactor.add("consumer secret", secret?.value);
  if (key === undefined || secret === undefined) return [await missing(examination, key, secret)];

  const keyProblem = judgeConsumerKey(rawValue(environment, key, "TWITTER_CONSUMER_KEY"));
  const secretProblem = judgeConsumerSecret(rawValue(environment, secret, "TWITTER_CONSUMER_SECRET"));
  // What is no key may be a secret.
  if (keyProblem !== undefined) environment.redactor.add("consumer key", key.value);
  return [
    judged("twitter.consumer-key", keyProblem, key, maskedKey(key.value)),
    judged("twitter.consumer-secret", secretProblem, secret, `${secret.value.length} characters`),
    await accepted(examination, { key: key.value, secret: secret.value }),
  ];
}

/** A value of the environment as it is written; dotenv has read the others as they are meant. */
function rawValue({ variables }: Environment, { value }: Setting, name: string): string {
  const raw = variables[name];
  return raw?.trim() === value ? raw : value;
}

/** Enough to tell two apart by. */
function maskedKey(key: string): string {
  return `${key.slice(0, 4)}… (${key.length} characters)`;
}

function judged(
  name: Finding["name"],
  problem: ShapeProblem | undefined,
  { source }: Setting,
  looks: string,
): Finding {
  if (problem === undefined) return ok(name, looks, { source });
  const { status, message, fix } = problem;
  return (status === "fault" ? fault : warning)(name, message, { fix, source });
}

async function missing(
  { configuration }: Examination,
  key: Setting | undefined,
  secret: Setting | undefined,
): Promise<Finding> {
  if (key !== undefined || secret !== undefined) {
    const name = key === undefined ? "TWITTER_CONSUMER_KEY" : "TWITTER_CONSUMER_SECRET";
    return fault("twitter.consumer-key", `${name} is not set, and the other half of it is`, {
      fix: `set ${name} in the environment or in the project's .env file`,
    });
  }
  const inSecretsManager = await configuration.find("TWITTER_SECRET_ID");
  return warning("twitter.consumer-key", "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set", {
    evidence: [
      inSecretsManager === undefined
        ? "`auth-cli login` and `sst deploy` need them; a login that is stored works without"
        : "TWITTER_SECRET_ID is, which is enough for `sst deploy`; `auth-cli login` asks for them",
    ],
    fix: "set them in the environment or in the project's .env file",
  });
}

/**
 * A request token for the PIN tells everything about the app and changes nothing: it is forgotten when nobody uses it.
 */
async function accepted(
  { environment, configuration, probes }: Examination,
  clientCredentials: { key: string; secret: string },
): Promise<Finding> {
  const name = "twitter.accepts";
  const twitter = (await probes).find(({ service }) => service === "twitter");
  if (twitter?.answer.error !== undefined) {
    return skipped(name, "Twitter was not asked whether it accepts the consumer key: it cannot be reached");
  }
  const send = boundedSend(environment.send, environment.now, limitMs);
  const { error } = await attempt(async () => {
    const context = {
      apiUrl: await twitterApiUrl(configuration),
      clientCredentials,
      nowMs: environment.now(),
    };
    const reply = await exchangeSigned({ ...environment, send }, requestTokenRequest(context, "oob"));
    const { secret } = processRequestTokenResponse(reply, context);
    environment.redactor.add("request token secret", secret);
  });
  if (error === undefined) return ok(name, "Twitter gives the app a request token for the PIN");
  const transient = ["rate-limited", "server-error", "timeout", "connection-lost"].includes(error.code);
  return fromError(name, error, transient ? "warning" : "fault");
}

/** An access token in place of a stored login. */
export async function examineAccessToken({ environment, configuration }: Examination): Promise<Finding[]> {
  const token = await configuration.find("TWITTER_ACCESS_TOKEN");
  const secret = await configuration.find("TWITTER_ACCESS_TOKEN_SECRET");
  environment.redactor.add("access token", token?.value);
  environment.redactor.add("access token secret", secret?.value);
  if (token === undefined && secret === undefined) return [];
  const source = (token ?? secret)?.source ?? "";
  return [{ ...judgeAccessToken(token?.value, secret?.value), source }];
}

function judgeAccessToken(token: string | undefined, secret: string | undefined): Finding {
  const name = "twitter.access-token";
  const joined = /^\d+-\w+([;:])\w+$/.exec(token ?? "")?.[1];
  if (joined !== undefined) {
    return fault(
      name,
      `TWITTER_ACCESS_TOKEN holds a token and its secret, joined by a ${separators[joined]}`,
      {
        evidence: [
          "only Cognito takes the two as one text, joined by a semicolon, and auth-cli writes that itself",
        ],
        fix: `set TWITTER_ACCESS_TOKEN to what is before the ${separators[joined]}, and TWITTER_ACCESS_TOKEN_SECRET to what is behind it`,
      },
    );
  }
  if (token === undefined || secret === undefined) {
    const absent = token === undefined ? "TWITTER_ACCESS_TOKEN" : "TWITTER_ACCESS_TOKEN_SECRET";
    return fault(name, `${absent} is not set, and the other half of it is`, {
      fix: `set ${absent} too, or neither and run \`auth-cli login\``,
    });
  }
  if (/[\s"';:,]/.test(token + secret)) {
    return fault(name, "the access token or its secret has characters that no token of Twitter has", {
      fix: "set each to the value alone, without quotation marks, commas, colons or semicolons",
    });
  }
  if (/^\d+-\w+$/.test(secret) && !/^\d+-\w+$/.test(token)) {
    return fault(name, "the access token and its secret are exchanged", {
      fix: "exchange the values of TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET",
    });
  }
  if (!/^\d+-\w+$/.test(token)) {
    return warning(name, "TWITTER_ACCESS_TOKEN does not begin with a user's number and a dash", {
      fix: "copy Access Token and Access Token Secret from the X app's “Keys and tokens” page, or run `auth-cli login`",
    });
  }
  return ok(name, `of the user ${token.slice(0, token.indexOf("-"))}`);
}

const separators: Record<string, string> = { ";": "semicolon", ":": "colon" };
