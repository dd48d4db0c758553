import { logInHere, runHere } from "../run-here.ts";
import { at, withPool, otherSecret, changeSecret } from "./arrangements.ts";
import { call, login, smoke, type Fault } from "./fault.ts";

/** Cognito has one answer for all three. Only the deployer's credentials can tell them apart. */
const noUsableRole =
  "the pool has no role for authenticated identities, or the role's trust policy does not name this pool (aud) and " +
  "`authenticated` (amr)";

export const identityPoolFaults: Fault[] = [
  {
    what: "TWITTER_ACCESS_TOKEN is enclosed in quotation marks",
    command: call,
    arrange({ variables }) {
      variables["TWITTER_ACCESS_TOKEN"] = `"${variables["TWITTER_ACCESS_TOKEN"]}"`;
    },
    step: "twitter.token",
    code: "invalid-configuration",
    cause: "the access token contains quotation marks",
    fix: "remove the quotation marks",
  },
  {
    what: "TWITTER_ACCESS_TOKEN holds a bearer token",
    command: call,
    arrange({ variables }) {
      variables["TWITTER_ACCESS_TOKEN"] = `${"A".repeat(22)}${otherSecret(50)}`;
    },
    step: "twitter.token",
    code: "invalid-configuration",
    cause: "the access token is a bearer token",
    fix: "copy Access Token and Access Token Secret",
  },
  {
    what: "the access token and its secret are swapped",
    command: call,
    arrange({ variables }) {
      const { TWITTER_ACCESS_TOKEN: token, TWITTER_ACCESS_TOKEN_SECRET: secret } = variables;
      Object.assign(variables, { TWITTER_ACCESS_TOKEN: secret, TWITTER_ACCESS_TOKEN_SECRET: token });
    },
    step: "twitter.token",
    code: "invalid-configuration",
    cause: "the access token and its secret are swapped",
    fix: "swap the access token and its secret",
  },
  {
    what: "the access token was revoked",
    command: call,
    async arrange({ laboratory, cli, variables }) {
      await logInHere(cli, "carol", ["--stage", "healthy"]);
      const [token] = await cli.storedTokens();
      await runHere(cli, ["logout", "--revoke", "--stage", "healthy"]);
      Object.assign(variables, {
        TWITTER_ACCESS_TOKEN: token?.token,
        TWITTER_ACCESS_TOKEN_SECRET: token?.secret,
      });
      await laboratory.outputs("healthy");
    },
    step: "cognito.get-id",
    code: "token-refused",
    reason: "token-revoked",
    cause: "the user or X revoked the access token",
    fix: "set a new token in TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET, or unset both and run `auth-cli login`",
  },
  {
    what: "the access token secret belongs to another token",
    command: call,
    arrange: ({ variables }) => void (variables["TWITTER_ACCESS_TOKEN_SECRET"] = otherSecret(45)),
    step: "cognito.get-id",
    code: "token-refused",
    reason: "token-secret-wrong",
    cause: "the access token secret does not belong to the access token",
    fix: "run `auth-cli login`, or copy both again",
  },
  {
    what: "the consumer secret was changed after the deploy",
    command: call,
    arrange: changeSecret,
    step: "cognito.get-id",
    code: "pool-configuration",
    reason: "pool-client-credentials-differ",
    cause: "the identity pool has the wrong consumer key or secret",
    fix: "with the X app's current consumer key and secret",
  },
  {
    what: "the consumer secret was changed after the deploy",
    command: smoke,
    arrange: changeSecret,
    step: "cognito.get-id",
    code: "pool-configuration",
    reason: "pool-client-credentials-differ",
    cause: "the identity pool has the wrong consumer key or secret",
    fix: "with the X app's current consumer key and secret",
  },
  {
    what: "the consumer secret was regenerated in the X Developer Console, but not changed in the project",
    command: call,
    arrange({ laboratory: { cloud } }) {
      cloud.twitterApp.clientCredentials = {
        ...cloud.twitterApp.clientCredentials,
        secret: otherSecret(50),
      };
    },
    step: "cognito.get-id",
    code: "client-credentials-refused",
    reason: "consumer-key-refused",
    cause: "Twitter rejects the consumer key and secret used here",
    fix: "copy API Key and API Key Secret",
  },
  {
    what: "X suspended the app after the login",
    command: call,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.suspended = true),
    step: "cognito.get-id",
    code: "app-suspended",
    reason: "app-suspended",
    cause: "X has suspended this app",
    fix: "check the app's state in the X Developer Console",
  },
  {
    what: "the X app's access tier does not include the request that Cognito sends (code 453)",
    command: `${login} --with-token`,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.accessTier = "login-only"),
    step: "cognito.get-id",
    code: "access-tier",
    reason: "access-tier",
    cause: "the X app's access tier does not include account/verify_credentials",
    fix: "raise the app's access tier in the X Developer Console",
  },
  {
    what: "the X account that owns the app has no credits left, so Cognito cannot check the token (HTTP 402)",
    command: call,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.credits = "depleted"),
    step: "cognito.get-id",
    code: "credits-depleted",
    reason: "credits-depleted",
    cause: "the X account that owns the app has no credits left",
    fix: "buy credits in the X Developer Console (https://console.x.com)",
  },
  {
    what: "the X account that owns the app has no credits left, so Cognito cannot check the token (HTTP 402)",
    command: smoke,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.credits = "depleted"),
    step: "cognito.get-id",
    code: "credits-depleted",
    reason: "credits-depleted",
    cause: "the X account that owns the app has no credits left",
    fix: "buy credits in the X Developer Console (https://console.x.com)",
  },
  {
    what: "Twitter's rate limit is used up, so Cognito cannot check the token",
    command: call,
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.rateLimit = 0),
    step: "cognito.get-id",
    code: "rate-limited",
    reason: "rate-limited",
    cause: "the requests exceed Twitter's rate limit",
    fix: "wait until the limit resets",
  },
  {
    what: "the identity pool does not exist",
    command: call,
    arrange: ({ args }) =>
      void args.push("--identity-pool-id", "us-east-1:00000000-0000-4000-8000-000000000000"),
    step: "cognito.get-id",
    code: "pool-not-found",
    cause: "the identity pool or the identity does not exist in this region",
    fix: "run `npx sst deploy`",
  },
  {
    what: "the identity pool id names a region other than the API's",
    command: call,
    arrange: ({ args }) =>
      void args.push("--identity-pool-id", "eu-west-1:00000000-0000-4000-8000-000000000000"),
    step: "cognito.get-id",
    code: "pool-not-found",
    reason: "pool-in-another-region",
    cause: "the identity pool does not exist in eu-west-1, the region in its id",
    fix: "use the IdentityPoolId from the outputs of the stack in us-east-1",
  },
  {
    what: "the pool does not federate Twitter",
    command: call,
    arrange: withPool("Unfederated"),
    step: "cognito.get-id",
    code: "provider-refused",
    cause: "the identity pool does not federate Twitter",
    fix: "add `identityPoolFederation: { twitter: { … } }`",
  },
  {
    what: "the pool has no roles attached",
    command: call,
    arrange: withPool("Unattached"),
    step: "cognito.get-credentials",
    code: "pool-configuration",
    cause: noUsableRole,
    fix: "run `auth-cli doctor --deep` to find out which",
  },
  {
    what: "the role's trust policy requires an amr other than `authenticated`",
    command: call,
    arrange: withPool("OtherAmr"),
    step: "cognito.get-credentials",
    code: "pool-configuration",
    cause: noUsableRole,
    fix: "run `auth-cli doctor --deep` to find out which",
  },
  {
    what: "the role's trust policy names another pool (aud)",
    command: call,
    arrange: withPool("OtherAud"),
    step: "cognito.get-credentials",
    code: "pool-configuration",
    cause: noUsableRole,
    fix: "run `auth-cli doctor --deep` to find out which",
  },
  {
    what: "the pool gives guests an identity",
    command: smoke,
    arrange: at("open"),
    step: "cognito.guest",
    code: "check-failed",
    cause: "the pool allows unauthenticated identities",
    fix: "allowUnauthenticatedIdentities: false",
  },
];
