import type { Setting } from "../../deployment/configuration.ts";
import type { Environment } from "../../environment/environment.ts";
import { exchangeSigned } from "../../server-clock.ts";
import { processRequestTokenResponse, requestTokenRequest } from "../../twitter/twitter-api.ts";
import { twitterApiUrl } from "../../deployment/service-addresses.ts";
import { judgeAccessToken } from "../../twitter/access-token-shape.ts";
import { attempt } from "./attempt.ts";
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
  // A wrong value may be a secret.
  if (keyProblem !== undefined) environment.redactor.add("consumer key", key.value);
  return [
    judged("twitter.consumer-key", keyProblem, key, maskedKey(key.value)),
    judged("twitter.consumer-secret", secretProblem, secret, `${secret.value.length} characters`),
    await accepted(examination, { key: key.value, secret: secret.value }),
  ];
}

/** An environment variable with the white space around it, which dotenv removes from the others. */
function rawValue({ variables }: Environment, { value }: Setting, name: string): string {
  const raw = variables[name];
  return raw?.trim() === value ? raw : value;
}

/** Enough to recognise a key. */
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
    const [name, other] =
      key === undefined
        ? ["TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET"]
        : ["TWITTER_CONSUMER_SECRET", "TWITTER_CONSUMER_KEY"];
    return fault("twitter.consumer-key", `${name} is not set, but ${other} is`, {
      fix: `set ${name} in the environment or in the project's .env file`,
    });
  }
  const inSecretsManager = await configuration.find("TWITTER_SECRET_ID");
  return warning("twitter.consumer-key", "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are not set", {
    evidence: [
      inSecretsManager === undefined
        ? "`auth-cli login` and the deploy need them; a stored login works without"
        : "TWITTER_SECRET_ID is set, which is enough for the deploy; `auth-cli login` asks for them",
    ],
    fix: "set them in the environment or in the project's .env file",
  });
}

/** Gets a request token, which has no effect: an unused one expires. */
async function accepted(
  { environment, configuration, probes }: Examination,
  clientCredentials: { key: string; secret: string },
): Promise<Finding> {
  const name = "twitter.accepts";
  const twitter = (await probes).find(({ service }) => service === "twitter");
  if (twitter?.answer.error !== undefined) {
    return skipped(name, "cannot ask Twitter about the consumer key: Twitter is unreachable");
  }
  const { error } = await attempt(async () => {
    const context = {
      apiUrl: await twitterApiUrl(configuration),
      clientCredentials,
      nowMs: environment.now(),
    };
    const reply = await exchangeSigned(environment, {
      ...requestTokenRequest(context, "oob"),
      timeoutMs: limitMs,
    });
    const { secret } = processRequestTokenResponse(reply, context);
    environment.redactor.add("request token secret", secret);
  });
  if (error === undefined) return ok(name, "Twitter issues a request token to the app");
  const transient = ["rate-limited", "server-error", "timeout", "connection-lost"].includes(error.code);
  return fromError(name, error, transient ? "warning" : "fault");
}

/** An access token that replaces a stored login. */
export async function examineAccessToken({ environment, configuration }: Examination): Promise<Finding[]> {
  const token = await configuration.find("TWITTER_ACCESS_TOKEN");
  const secret = await configuration.find("TWITTER_ACCESS_TOKEN_SECRET");
  environment.redactor.add("access token", token?.value);
  environment.redactor.add("access token secret", secret?.value);
  if (token === undefined && secret === undefined) return [];
  const source = (token ?? secret)?.source ?? "";
  const key = await configuration.find("TWITTER_CONSUMER_KEY");
  return [{ ...judge(token?.value, secret?.value, key?.value), source }];
}

function judge(
  token: string | undefined,
  secret: string | undefined,
  consumerKey: string | undefined,
): Finding {
  const name = "twitter.access-token";
  const problem = judgeAccessToken({ token: token ?? "", secret: secret ?? "" }, consumerKey);
  // A token that holds its secret too explains why the secret is missing.
  const isJoined = token !== undefined && problem?.status === "fault" && secret === undefined;
  if (!isJoined && (token === undefined || secret === undefined)) {
    const [absent, other] =
      token === undefined
        ? ["TWITTER_ACCESS_TOKEN", "TWITTER_ACCESS_TOKEN_SECRET"]
        : ["TWITTER_ACCESS_TOKEN_SECRET", "TWITTER_ACCESS_TOKEN"];
    return fault(name, `${absent} is not set, but ${other} is`, {
      fix: `set ${absent} too, or run \`unset ${other}\` and \`auth-cli login\``,
    });
  }
  if (problem !== undefined) {
    return (problem.status === "fault" ? fault : warning)(name, problem.message, { fix: problem.fix });
  }
  return ok(name, `for the user id ${token?.split("-")[0]}`);
}
