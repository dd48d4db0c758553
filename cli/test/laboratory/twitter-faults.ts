import { minutes, otherSecret, clientId } from "./arrangements.ts";
import { login, type Fault } from "./fault.ts";

export const twitterFaults: Fault[] = [
  {
    what: "the consumer secret is mistyped",
    command: login,
    arrange: ({ variables }) => void (variables["TWITTER_CONSUMER_SECRET"] = otherSecret(50)),
    step: "twitter.request_token",
    code: "client-credentials-refused",
    cause: "the consumer key and secret are not the X app's API key and secret",
    fix: "copy API Key and API Key Secret",
  },
  {
    what: "TWITTER_CONSUMER_KEY holds an OAuth 2.0 Client ID",
    command: login,
    arrange: ({ variables }) => void (variables["TWITTER_CONSUMER_KEY"] = clientId),
    step: "twitter.request_token",
    code: "client-credentials-refused",
    reason: "client-id-as-consumer-key",
    cause: "the consumer key is an OAuth 2.0 Client ID",
    fix: "copy API Key and API Key Secret",
  },
  {
    what: "X has suspended the app (code 416)",
    command: login,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.suspended = true),
    step: "twitter.request_token",
    code: "app-suspended",
    cause: "X has suspended this app",
    fix: "check the app's state in the X developer portal",
  },
  {
    what: "the callback URL is not registered with the X app (code 415)",
    command: `${login} --callback`,
    arrange: ({ laboratory }) =>
      void (laboratory.cloud.twitterApp.callbackUrls = ["https://example.com/back"]),
    step: "twitter.request_token",
    code: "callback-refused",
    reason: "callback-not-approved",
    cause: "is not a callback URL of the X app; the port must match too",
    fix: "under “User authentication settings” of the X app",
  },
  {
    what: "the X app has no callback URL (code 417)",
    command: `${login} --callback`,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.callbackUrls = []),
    step: "twitter.request_token",
    code: "callback-refused",
    reason: "callback-missing",
    cause: "the X app has no callback URL",
    fix: "under “User authentication settings” of the X app",
  },
  {
    what: "the X app's rate limit is used up (HTTP 429, code 88)",
    command: login,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.rateLimit = 0),
    step: "twitter.request_token",
    code: "rate-limited",
    cause: "the requests exceed Twitter's rate limit",
    fix: "wait until the limit resets",
  },
  {
    what: "the PIN is mistyped",
    command: login,
    arrange: (trial) => void (trial.stdin = "0000000\n"),
    step: "twitter.access_token",
    code: "verifier-refused",
    cause: "the PIN is mistyped",
    fix: "run `auth-cli login` again",
  },
  {
    what: "the clock is 10 minutes fast, and a proxy drops the `Date` header that would show it",
    command: login,
    async arrange(trial) {
      trial.laboratory.clock.offsetMs = -10 * minutes;
      trial.variables["TWITTER_API_URL"] = await trial.meddle(trial.laboratory.cloud.twitterUrl, {
        response: (headers) => headers.delete("date"),
      });
    },
    step: "twitter.request_token",
    code: "clock-refused",
    cause: "this computer's clock differs from Twitter's by more than Twitter accepts",
    fix: "set the clock",
  },
  {
    what: "Twitter's host name has no address (DNS)",
    command: login,
    arrange: ({ variables }) => void (variables["TWITTER_API_URL"] = "https://api.x.invalid"),
    step: "twitter.request_token",
    code: "unreachable",
    cause: "the host name has no address (DNS)",
    fix: "check that https://api.x.invalid is the right address",
  },
];
