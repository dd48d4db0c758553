import type { ErrorCode } from "../errors.ts";
import type { Trial } from "../testing/laboratory.ts";
import type { Finding } from "../doctor/finding.ts";
import type { Reason } from "./reasons.ts";

/** One thing that is broken, and what auth-cli has to say about it. */
export interface Fault {
  /** What is broken, as the documentation words it. */
  what: string;
  /** Without `--json`, and without what only the laboratory needs. */
  command: string;
  /** What has to be installed to break it. */
  needs?: "openssl";
  /** Breaks it. */
  arrange: (trial: Trial) => unknown;
  /** Of the smoke, its check. */
  step: string;
  code: ErrorCode;
  reason?: Reason;
  /** Words of the cause. */
  cause: string;
  /** Words of the fix. */
  fix: string;
}

/** A fault that the doctor finds before anything fails. */
export interface Found {
  what: string;
  command: string;
  arrange: Fault["arrange"];
  finding: Finding["name"];
  /** Words of its message. */
  message: string;
  fix: string;
}

/** A fault that auth-cli sets right by itself; it says so and goes on. */
export interface Mended {
  what: string;
  command: string;
  arrange: Fault["arrange"];
  /** Words of the line that says so. */
  note: string[];
}

const minutes = 60_000;
const call = "auth-cli call /private";
const login = "auth-cli login";
const smoke = "auth-cli smoke";

/** Lets the command work on a broken variant of the stack. */
const at =
  (stage: Parameters<Trial["laboratory"]["outputs"]>[0]) =>
  async (trial: Trial): Promise<void> => {
    await trial.laboratory.outputs(stage);
    trial.stage = stage;
  };

/** Has the command ask another of the pools that were deployed with one thing wrong each. */
const withPool =
  (output: string) =>
  async ({ laboratory, args }: Trial): Promise<void> => {
    args.push("--identity-pool-id", (await laboratory.outputs("pools"))[output] ?? "");
  };

const apiOf = async ({ laboratory }: Trial): Promise<string> =>
  (await laboratory.outputs("healthy"))["ApiEndpoint"] ?? "";

/** A reverse proxy before the API; who calls knows no other address. */
const before =
  (meddling: Parameters<Trial["meddle"]>[1]) =>
  async (trial: Trial): Promise<void> => {
    trial.args.push("--endpoint", await trial.meddle(await apiOf(trial), meddling));
  };

/** With credentials in the cache, and no `Date` from the API, nothing tells of the clock before the refusal. */
const clockUnseen =
  (offsetMs: number) =>
  async (trial: Trial): Promise<void> => {
    await trial.run("call", "/private");
    trial.laboratory.clock.offsetMs = offsetMs;
    await before({ response: (headers) => headers.delete("date") })(trial);
  };

/** As by a part of AWS that does not know of a deploy yet. */
async function firstRefused(trial: Trial): Promise<void> {
  let refused = false;
  await before({
    request({ headers }) {
      if (!refused) headers.delete("authorization");
      refused = true;
    },
  })(trial);
}

const clockOff =
  (offsetMs: number) =>
  ({ laboratory }: Trial) =>
    void (laboratory.clock.offsetMs = offsetMs);

/** Of the right shape, and nobody's. */
const otherSecret = (length: number): string => "0".repeat(length);

const clientId = Buffer.from("b0aXlzc2FZeHdpTmVp:1:ci").toString("base64url");

/** At X and in the project, and not in the pool. */
function changeSecret({ laboratory: { cloud }, variables }: Trial): void {
  const secret = otherSecret(50);
  cloud.twitterApp.clientCredentials = { ...cloud.twitterApp.clientCredentials, secret };
  variables["TWITTER_CONSUMER_SECRET"] = secret;
}

/** Cognito has one answer for all three, and only the deployer may look further. */
const noUsableRole =
  "the pool has no role for authenticated identities, or the role's trust policy does not name this pool (aud) and " +
  "`authenticated` (amr)";

export const faultGroups: Record<string, Fault[]> = {
  "Twitter and the X app": [
    {
      what: "the consumer secret is mistyped",
      command: login,
      arrange: ({ variables }) => void (variables["TWITTER_CONSUMER_SECRET"] = otherSecret(50)),
      step: "twitter.request_token",
      code: "client-credentials-refused",
      cause: "the consumer key or secret is not the X app's API key and secret",
      fix: "copy API Key and API Key Secret",
    },
    {
      what: "an OAuth 2.0 Client ID is in place of the consumer key",
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
      fix: "see the app's state in the X developer portal",
    },
    {
      what: "the callback URL is not one of the app's (code 415)",
      command: `${login} --callback`,
      arrange: ({ laboratory }) =>
        void (laboratory.cloud.twitterApp.callbackUrls = ["https://example.com/back"]),
      step: "twitter.request_token",
      code: "callback-refused",
      reason: "callback-not-approved",
      cause: "is not a callback URL of the X app; the port counts, too",
      fix: "under “User authentication settings” of the X app",
    },
    {
      what: "the app has no callback URL at all (code 417)",
      command: `${login} --callback`,
      arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.callbackUrls = []),
      step: "twitter.request_token",
      code: "callback-refused",
      reason: "callback-missing",
      cause: "the X app has no callback URL registered",
      fix: "under “User authentication settings” of the X app",
    },
    {
      what: "the app's rate limit is used up (HTTP 429, code 88)",
      command: login,
      arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.rateLimit = 0),
      step: "twitter.request_token",
      code: "rate-limited",
      cause: "Twitter's rate limit for this call is used up",
      fix: "wait until the limit is lifted",
    },
    {
      what: "the PIN is mistyped",
      command: login,
      arrange: (trial) => void (trial.stdin = "0000000\n"),
      step: "twitter.access_token",
      code: "verifier-refused",
      cause: "the PIN is not the one that the page showed for this login",
      fix: "run `auth-cli login` again",
    },
    {
      what: "the clock is 10 minutes fast, and a proxy takes the `Date` out that would show it",
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
  ],
  "The identity pool": [
    {
      what: "the access token was revoked",
      command: call,
      async arrange({ laboratory, cli, variables }) {
        await cli.logIn("carol", ["--stage", "healthy"]);
        const [token] = await cli.storedTokens();
        await cli.run(["logout", "--revoke", "--stage", "healthy"]);
        Object.assign(variables, {
          TWITTER_ACCESS_TOKEN: token?.token,
          TWITTER_ACCESS_TOKEN_SECRET: token?.secret,
        });
        await laboratory.outputs("healthy");
      },
      step: "cognito.get-id",
      code: "token-refused",
      reason: "token-revoked",
      cause: "the access token was revoked by its user or by X",
      fix: "run `auth-cli login` again",
    },
    {
      what: "the access token's secret is another's",
      command: call,
      arrange: ({ variables }) => void (variables["TWITTER_ACCESS_TOKEN_SECRET"] = otherSecret(45)),
      step: "cognito.get-id",
      code: "token-refused",
      reason: "token-secret-wrong",
      cause: "the access token's secret is not the one that Twitter gave with it",
      fix: "copy both again",
    },
    {
      what: "the consumer secret was changed after the deploy",
      command: call,
      arrange: changeSecret,
      step: "cognito.get-id",
      code: "pool-configuration",
      reason: "pool-client-credentials-differ",
      cause: "the identity pool asks Twitter with another consumer key or secret",
      fix: "deploy again with the X app's current consumer key and secret",
    },
    {
      what: "the consumer secret was changed after the deploy",
      command: smoke,
      arrange: changeSecret,
      step: "cognito.get-id",
      code: "pool-configuration",
      reason: "pool-client-credentials-differ",
      cause: "the identity pool asks Twitter with another consumer key or secret",
      fix: "deploy again with the X app's current consumer key and secret",
    },
    {
      what: "the consumer secret was regenerated in the X developer portal, and only there",
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
      cause: "Twitter does not know the consumer key and secret at hand",
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
      fix: "see the app's state in the X developer portal",
    },
    {
      what: "the X app's access tier does not allow what Cognito asks (code 453)",
      command: `${login} --with-token`,
      arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.accessTier = "login-only"),
      step: "cognito.get-id",
      code: "access-tier",
      reason: "access-tier",
      cause: "the X app's access tier does not let anyone ask whose a token is",
      fix: "raise the app's access in the X developer portal",
    },
    {
      what: "Cognito cannot ask Twitter, whose rate limit is used up",
      command: call,
      arrange: ({ laboratory }) => void (laboratory.cloud.twitterApp.rateLimit = 0),
      step: "cognito.get-id",
      code: "rate-limited",
      reason: "rate-limited",
      cause: "Twitter's rate limit for this call is used up",
      fix: "wait until the limit is lifted",
    },
    {
      what: "the identity pool id is one that does not exist",
      command: call,
      arrange: ({ args }) =>
        void args.push("--identity-pool-id", "us-east-1:00000000-0000-4000-8000-000000000000"),
      step: "cognito.get-id",
      code: "pool-not-found",
      cause: "the identity pool, or the identity, does not exist in this region",
      fix: "deploy the stage again",
    },
    {
      what: "the identity pool id names another region than the API's",
      command: call,
      arrange: ({ args }) =>
        void args.push("--identity-pool-id", "eu-west-1:00000000-0000-4000-8000-000000000000"),
      step: "cognito.get-id",
      code: "pool-not-found",
      reason: "pool-in-another-region",
      cause: "there is no such identity pool in eu-west-1, which its id names",
      fix: "take IdentityPoolId from the outputs of the stack in us-east-1",
    },
    {
      what: "the pool is asked for in another region than its own",
      command: `${call} --region eu-west-1`,
      async arrange({ variables, startCloud }) {
        variables["AWS_ENDPOINT_URL_COGNITO_IDENTITY"] = (await startCloud("eu-west-1")).awsUrl;
      },
      step: "cognito.get-id",
      code: "pool-not-found",
      reason: "pool-in-another-region",
      cause: "the identity pool was looked for in eu-west-1, and its id names us-east-1",
      fix: "leave out --region",
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
      fix: "run `auth-cli doctor --deep`, which tells which of these it is",
    },
    {
      what: "the role's trust policy wants another amr than `authenticated`",
      command: call,
      arrange: withPool("OtherAmr"),
      step: "cognito.get-credentials",
      code: "pool-configuration",
      cause: noUsableRole,
      fix: "run `auth-cli doctor --deep`, which tells which of these it is",
    },
    {
      what: "the role's trust policy names another pool (aud)",
      command: call,
      arrange: withPool("OtherAud"),
      step: "cognito.get-credentials",
      code: "pool-configuration",
      cause: noUsableRole,
      fix: "run `auth-cli doctor --deep`, which tells which of these it is",
    },
    {
      what: "guests are let in",
      command: smoke,
      arrange: at("open"),
      step: "cognito.guest",
      code: "check-failed",
      cause: "the pool allows unauthenticated identities",
      fix: "allowUnauthenticatedIdentities: false",
    },
  ],
  "The way to the API": [
    {
      what: "the API's host name has no address (DNS)",
      command: call,
      arrange: ({ args }) => void args.push("--endpoint", "https://api.example.invalid"),
      step: "api.call",
      code: "unreachable",
      cause: "the host name has no address (DNS)",
      fix: "check that https://api.example.invalid is the right address",
    },
    {
      what: "the API's TLS certificate is not trusted",
      command: call,
      needs: "openssl",
      arrange: async ({ args, startDistrusted }) => args.push("--endpoint", await startDistrusted()),
      step: "api.call",
      code: "tls-refused",
      cause: "its TLS certificate is not trusted",
      fix: "name its authority with --cacert",
    },
    {
      what: "a proxy drops the session token",
      command: call,
      arrange: before({ request: ({ headers }) => headers.delete("x-amz-security-token") }),
      step: "api.call",
      code: "http-status",
      reason: "session-token-dropped",
      cause: "the header X-Amz-Security-Token does not arrive",
      fix: "pass X-Amz-Security-Token on",
    },
    {
      what: "a proxy drops the Authorization header",
      command: call,
      arrange: before({ request: ({ headers }) => headers.delete("authorization") }),
      step: "api.call",
      code: "http-status",
      reason: "headers-rewritten",
      cause: "Authorization or X-Amz-Date do not arrive as they were sent",
      fix: "pass Authorization and the X-Amz- headers on",
    },
    {
      what: "a proxy adds to the query",
      command: "auth-cli call '/private?page=2'",
      arrange: before({
        request(request) {
          if (request.target.includes("?")) request.target += "&utm_source=proxy";
        },
      }),
      step: "api.call",
      code: "http-status",
      reason: "query-rewritten",
      cause: "the query does not arrive as it was signed",
      fix: "pass the query on byte for byte",
    },
    {
      what: "a proxy encodes the query a second time (`%20` becomes `%2520`)",
      command: "auth-cli call '/private?q=a%20b'",
      arrange: before({
        request: (request) => void (request.target = request.target.replaceAll("%20", "%2520")),
      }),
      step: "api.call",
      code: "http-status",
      reason: "query-rewritten",
      cause: "the query does not arrive as it was signed",
      fix: "pass the query on byte for byte",
    },
    {
      what: "an HTTP proxy changes the Host header",
      command: call,
      async arrange({ variables, meddle }) {
        variables["NO_PROXY"] = "<-loopback>";
        variables["HTTP_PROXY"] = await meddle("http://127.0.0.1:9", {
          request({ target, headers }) {
            if (target.startsWith("/private")) headers.set("host", "proxy.internal");
          },
        });
      },
      step: "api.call",
      code: "http-status",
      reason: "proxy-interferes",
      cause: "changes the request on the way",
      fix: "reach the API past the proxy: NO_PROXY=127.0.0.1",
    },
    {
      what: "another server than API Gateway answers at the endpoint",
      command: call,
      arrange: ({ laboratory, args }) => void args.push("--endpoint", laboratory.cloud.twitterUrl),
      step: "api.call",
      code: "http-status",
      reason: "proxy-interferes",
      cause: "is not API Gateway, and did not pass the request on to it",
      fix: "leave out --endpoint",
    },
    {
      what: "a reverse proxy passes requests on under the API's own host name",
      command: call,
      async arrange(trial) {
        const { host } = new URL(await apiOf(trial));
        await before({ request: ({ headers }) => headers.set("host", host) })(trial);
      },
      step: "api.call",
      code: "http-status",
      reason: "host-rewritten",
      cause: "under that name, and the signature is for",
      fix: "pass the Host header on",
    },
    {
      what: "the clock is 10 minutes fast, and a proxy takes the `Date` out that would show it",
      command: call,
      arrange: clockUnseen(-10 * minutes),
      step: "api.call",
      code: "http-status",
      reason: "clock-wrong",
      cause: "this computer's clock is more than five minutes off",
      fix: "set the clock of this computer",
    },
    {
      what: "the clock is 10 minutes slow, and a proxy takes the `Date` out that would show it",
      command: call,
      arrange: clockUnseen(10 * minutes),
      step: "api.call",
      code: "http-status",
      reason: "clock-wrong",
      cause: "this computer's clock is more than five minutes off",
      fix: "set the clock of this computer",
    },
  ],
  "The API and its permissions": [
    {
      what: "the role has no permission for the API",
      command: call,
      arrange: at("unpermitted"),
      step: "api.call",
      code: "http-status",
      reason: "permission-missing",
      cause: "does not allow execute-api:Invoke on",
      fix: "auth.attachPermissionsForAuthUsers(stack, [api])",
    },
    {
      what: "the role has a permission for another route only",
      command: call,
      arrange: at("elsewhere"),
      step: "api.call",
      code: "http-status",
      reason: "permission-missing",
      cause: "does not allow execute-api:Invoke on",
      fix: "auth.attachPermissionsForAuthUsers(stack, [api])",
    },
    {
      what: "the role has no permission for the route",
      command: smoke,
      arrange: at("elsewhere"),
      step: "private.signed",
      code: "check-failed",
      reason: "permission-missing",
      cause: "does not allow execute-api:Invoke on",
      fix: "auth.attachPermissionsForAuthUsers(stack, [api])",
    },
    {
      what: "the role has no permission, and a reverse proxy before the API could be to blame as well",
      command: call,
      async arrange(trial) {
        trial.stage = "unpermitted";
        const { ApiEndpoint = "" } = await trial.laboratory.outputs("unpermitted");
        const via = { response: (headers: Map<string, string>) => headers.set("via", "1.1 proxy") };
        trial.args.push("--endpoint", await trial.meddle(ApiEndpoint, via));
      },
      step: "api.call",
      code: "http-status",
      reason: "undetermined",
      cause: "the keys, the clock and the signature are right; whether the role's policy",
      fix: "look at the proxies on the way",
    },
    {
      what: "a change to the role's policy is not in force everywhere yet: the first request is refused, the next is not",
      command: `${smoke} --only private.signed`,
      arrange: firstRefused,
      step: "private.signed",
      code: "check-failed",
      reason: "propagating",
      cause: "the same request was accepted a moment later",
      fix: "after a deploy, wait a minute",
    },
    {
      what: "the route wants a token (a JWT authorizer) in place of a signature",
      command: call,
      arrange: at("tokens"),
      step: "api.call",
      code: "http-status",
      reason: "authorizer-other",
      cause: "has another authorizer than AWS_IAM",
      fix: 'give the route the authorizer "iam"',
    },
    {
      what: "the API's throttling limit is reached",
      command: call,
      async arrange(trial) {
        await at("throttled")(trial);
        await trial.run("call", "/private");
      },
      step: "api.call",
      code: "http-status",
      reason: "throttled",
      cause: "its rate or burst limit, or the account's, is reached",
      fix: "raise the throttling limits of the API's stage",
    },
    {
      what: "the route's authorizer is `none`",
      command: call,
      arrange: at("open"),
      step: "api.call",
      code: "http-status",
      reason: "route-open",
      cause: "is open to everybody",
      fix: 'give the route the authorizer "iam"',
    },
    {
      what: "the route's authorizer is `none`",
      command: smoke,
      arrange: at("open"),
      step: "private.unsigned",
      code: "check-failed",
      reason: "route-open",
      cause: "open to everybody",
      fix: 'give the route the authorizer "iam"',
    },
    {
      what: "the endpoint is another stage's API",
      command: call,
      async arrange({ laboratory, args }) {
        const { ApiEndpoint = "" } = await laboratory.outputs("unpermitted");
        args.push("--endpoint", ApiEndpoint);
      },
      step: "api.call",
      code: "http-status",
      reason: "endpoint-of-another-stage",
      cause: "is another API than the deployment's",
      fix: "leave out --endpoint",
    },
    {
      what: "the identity pool is another stage's",
      command: call,
      async arrange({ laboratory, args }) {
        const { IdentityPoolId = "" } = await laboratory.outputs("handlers");
        args.push("--identity-pool-id", IdentityPoolId);
      },
      step: "api.call",
      code: "http-status",
      reason: "role-of-another-pool",
      cause: "is of the stage handlers, the API of healthy",
      fix: "log in to the stage",
    },
    {
      what: "the request is signed for another region than the API's",
      command: `${call} --region eu-west-1`,
      arrange: () => undefined,
      step: "api.call",
      code: "http-status",
      reason: "region-wrong",
      cause: "the request was signed for eu-west-1, the API is in us-east-1",
      fix: "use --region us-east-1",
    },
    {
      what: "the AWS credentials have expired",
      command: call,
      async arrange({ laboratory, cli, run }) {
        laboratory.clock.offsetMs = -2 * 60 * minutes;
        await run("call", "/private");
        laboratory.clock.offsetMs = 0;
        await cli.editCredentials({ expiration: "2100-01-01T00:00:00.000Z" });
      },
      step: "api.call",
      code: "http-status",
      reason: "credentials-expired",
      cause: "the AWS credentials of this login have expired",
      fix: "run `auth-cli login --force`",
    },
    {
      what: "the AWS credentials are of another cloud",
      command: call,
      async arrange({ cli, run }) {
        await run("call", "/private");
        await cli.editCredentials({ accessKeyId: "ASIAOFANOTHERCLOUD00" });
      },
      step: "api.call",
      code: "http-status",
      reason: "credentials-unknown",
      cause: "AWS does not know the AWS credentials of this login",
      fix: "run `auth-cli login --force`",
    },
    {
      what: "the secret access key of the AWS credentials is another's",
      command: call,
      async arrange({ cli, run }) {
        await run("call", "/private");
        await cli.editCredentials({ secretAccessKey: otherSecret(40) });
      },
      step: "api.call",
      code: "http-status",
      reason: "signature-mismatch",
      cause: "the secret access key at hand is not the one of its access key id",
      fix: "run `auth-cli login --force`",
    },
    {
      what: "the route does not exist",
      command: "auth-cli call /nowhere",
      arrange: () => undefined,
      step: "api.call",
      code: "http-status",
      reason: "route-missing",
      cause: "the API has no route GET /nowhere",
      fix: "check the path and the method",
    },
    {
      what: "the route exists for another method",
      command: "auth-cli call DELETE /private",
      arrange: () => undefined,
      step: "api.call",
      code: "http-status",
      reason: "route-missing",
      cause: "the API has a route for GET /private, but none for DELETE",
      fix: "use GET",
    },
    {
      what: "the path has a stage's name too much",
      command: "auth-cli call /healthy/private",
      arrange: () => undefined,
      step: "api.call",
      code: "http-status",
      reason: "stage-path-wrong",
      cause: "has a stage's name too much or too little",
      fix: "and the path /private",
    },
    {
      what: "the stage was removed",
      command: call,
      arrange: at("removed"),
      step: "cognito.get-id",
      code: "pool-not-found",
      cause: "the stack was removed or replaced",
      fix: "deploy the stage again",
    },
    {
      what: "the stage was removed since the last call",
      command: call,
      async arrange(trial) {
        const { ApiEndpoint = "" } = await trial.laboratory.outputs("removed");
        await trial.run("call", "/private");
        trial.args.push("--endpoint", ApiEndpoint);
      },
      step: "api.call",
      code: "unreachable",
      cause: "nothing listens at that address and port",
      fix: "is the right address",
    },
  ],
  "The handlers": [
    {
      what: "the handler throws",
      command: "auth-cli call /failing",
      arrange: at("handlers"),
      step: "api.call",
      code: "http-status",
      reason: "handler-failed",
      cause: "threw, answered what is no response, or could not be invoked",
      fix: "look at its log",
    },
    {
      what: "API Gateway may not invoke the handler",
      command: "auth-cli call /uninvokable",
      arrange: at("handlers"),
      step: "api.call",
      code: "http-status",
      reason: "handler-failed",
      cause: "threw, answered what is no response, or could not be invoked",
      fix: "no entry there means that API Gateway may not invoke it",
    },
    {
      what: "the handler refuses the caller itself",
      command: "auth-cli call /refusing",
      arrange: at("handlers"),
      step: "api.call",
      code: "http-status",
      reason: "handler-refused",
      cause: "API Gateway let the request in; HTTP 403 is the answer of the handler behind GET /refusing",
      fix: "look at the body, at the handler, and at its log",
    },
    {
      what: "the handler takes longer than its timeout",
      command: "auth-cli call /late",
      arrange: at("handlers"),
      step: "api.call",
      code: "http-status",
      reason: "handler-timed-out",
      cause: "did not answer in time",
      fix: 'look for "Task timed out" in its log',
    },
    {
      what: "the handler prints another identity than the caller's",
      command: smoke,
      arrange: at("handlers"),
      step: "identity.match",
      code: "check-failed",
      cause: "the handler's answer holds another identity id than the caller's",
      fix: "let the handler answer with event.requestContext.authorizer.iam.cognitoIdentity.identityId",
    },
  ],
};

const deep = "auth-cli doctor --deep";
const trust = "let the trust policy demand `cognito-identity.amazonaws.com:aud` to be the pool";

/** What the doctor finds; with `--deep` it has the deployer's AWS credentials, and tells apart what Cognito does not. */
export const found: Found[] = [
  {
    what: "an OAuth 2.0 Client ID is in place of the consumer key",
    command: "auth-cli doctor",
    arrange: ({ variables }) => void (variables["TWITTER_CONSUMER_KEY"] = clientId),
    finding: "twitter.consumer-key",
    message: "it is an OAuth 2.0 Client ID",
    fix: "copy API Key and API Key Secret",
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
    message: "the pool holds the same consumer key, and another consumer secret",
    fix: "deploy the stage again",
  },
  {
    what: "guests are let in",
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
    message: "the pool has no role for its users",
    fix: "attach a role",
  },
  {
    what: "the role's trust policy is without amr, so that guests may have it",
    command: deep,
    arrange: withPool("AnyAmr"),
    finding: "role.trust",
    message: "the role is for guests of the pool, too",
    fix: trust,
  },
  {
    what: "the role's trust policy wants another amr than `authenticated`",
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
    fix: "call `auth.attachPermissionsForAuthUsers(stack, [api])`",
  },
  {
    what: "the route's authorizer is `none`",
    command: deep,
    arrange: at("open"),
    finding: "routes.authorizers",
    message: "no route of the API asks for a signature (AWS_IAM)",
    fix: 'give the route the authorizer "iam"',
  },
];

/** What auth-cli corrects by itself. */
export const mended: Mended[] = [
  {
    what: "a change to the role's policy is not in force everywhere yet: the first request is refused, the next is not",
    command: call,
    arrange: firstRefused,
    note: ["HTTP 403, and accepted a moment later; trying again in 1 s"],
  },
  {
    what: "the clock is 10 minutes fast",
    command: call,
    arrange: clockOff(-10 * minutes),
    note: ["s ahead of", "the request was signed with the server's time"],
  },
  {
    what: "the clock is 10 minutes slow",
    command: call,
    arrange: clockOff(10 * minutes),
    note: ["s behind", "the request was signed with the server's time"],
  },
];
