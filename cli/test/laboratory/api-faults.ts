import { minutes, at, firstRefused, otherSecret } from "./arrangements.ts";
import { call, smoke, type Fault } from "./fault.ts";

export const apiFaults: Fault[] = [
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
      await at("unpermitted")(trial);
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
];
