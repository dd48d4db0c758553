import { minutes, at, withPool, clockOff, clientId, changeSecret } from "./arrangements.ts";
import { deep, type Found } from "./fault.ts";

const trust = "make the trust policy require the pool as `cognito-identity.amazonaws.com:aud`";

/** Faults that `doctor` finds. With `--deep` it uses the deployer's AWS credentials. */
export const found: Found[] = [
  {
    what: "TWITTER_CONSUMER_KEY holds an OAuth 2.0 Client ID",
    command: "auth-cli doctor",
    arrange: ({ variables }) => void (variables["TWITTER_CONSUMER_KEY"] = clientId),
    finding: "twitter.consumer-key",
    message: "it is an OAuth 2.0 Client ID",
    fix: "copy API Key and API Key Secret",
  },
  {
    what: "the X account that owns the app has no credits left (HTTP 402)",
    command: "auth-cli doctor",
    arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.credits = "depleted"),
    finding: "twitter.accepts",
    message: "CreditsDepleted",
    fix: "buy credits in the X Developer Console (https://console.x.com)",
  },
  {
    what: "the clock is 10 minutes fast",
    command: "auth-cli doctor",
    arrange: clockOff(-10 * minutes),
    finding: "computer.clock.twitter",
    message: "s ahead of Twitter's",
    fix: "set the clock",
  },
  {
    what: "the clock is 10 minutes slow",
    command: "auth-cli doctor",
    arrange: clockOff(10 * minutes),
    finding: "computer.clock.api",
    message: "s behind the API's",
    fix: "set the clock",
  },
  {
    what: "the consumer secret was changed after the deploy",
    command: deep,
    arrange: changeSecret,
    finding: "pool.consumer-key",
    message: "the pool has the same consumer key, but another consumer secret",
    fix: "run `npx sst deploy --stage healthy`",
  },
  {
    what: "the pool gives guests an identity",
    command: deep,
    arrange: at("open"),
    finding: "pool.guests",
    message: "the pool gives guests an identity",
    fix: "allowUnauthenticatedIdentities: false",
  },
  {
    what: "the pool has no roles attached",
    command: deep,
    arrange: withPool("Unattached"),
    finding: "role.attached",
    message: "the pool has no role for authenticated users",
    fix: "attach a role",
  },
  {
    what: "the role's trust policy has no amr condition, so guests can assume the role",
    command: deep,
    arrange: withPool("AnyAmr"),
    finding: "role.trust",
    message: "guests of the pool can assume the role too",
    fix: trust,
  },
  {
    what: "the role's trust policy requires an amr other than `authenticated`",
    command: deep,
    arrange: withPool("OtherAmr"),
    finding: "role.trust",
    message: "the role is for guests of the pool",
    fix: trust,
  },
  {
    what: "the role's trust policy names another pool (aud)",
    command: deep,
    arrange: withPool("OtherAud"),
    finding: "role.trust",
    message: "the role trusts another identity pool",
    fix: trust,
  },
  {
    what: "the role has no permission for the API",
    command: deep,
    arrange: at("unpermitted"),
    finding: "role.permissions",
    message: "the role does not allow execute-api:Invoke on GET /private",
    fix: "add `auth.attachPermissionsForAuthUsers(stack, [api])` to the stack",
  },
  {
    what: "the route's authorizer is `none`",
    command: deep,
    arrange: at("open"),
    finding: "routes.authorizers",
    message: "no route of the API requires a signature (AWS_IAM)",
    fix: 'set `authorizer: "iam"` on the route',
  },
];
