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
    what: "the role may call another route only",
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
    what: "the role has no permission, and a reverse proxy in front of the API may be the cause as well",
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
    cause:
      "auth-cli cannot tell whether the role's policy, the handler, the API or a proxy refuses the request",
    fix: "check the proxies on the way",
  },
  {
    what: "a change to the role's policy is still propagating: the API refuses the first request and accepts the next",
    command: `${smoke} --only private.signed`,
    arrange: firstRefused,
    step: "private.signed",
    code: "check-failed",
    reason: "propagating",
    cause: "the same request was accepted a moment later",
    fix: "wait a minute after a deploy",
  },
  {
    what: "the route has a JWT authorizer instead of AWS_IAM",
    command: call,
    arrange: at("tokens"),
    step: "api.call",
    code: "http-status",
    reason: "authorizer-other",
    cause: "has an authorizer other than AWS_IAM",
    fix: 'set `authorizer: "iam"` on the route',
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
    cause: "the API is throttled: its rate or burst limit, or the account's, is reached",
    fix: "raise the throttling limits in the stack",
  },
  {
    what: "the route's authorizer is `none`",
    command: call,
    arrange: at("open"),
    step: "api.call",
    code: "http-status",
    reason: "route-open",
    cause: "is open to everybody",
    fix: 'set `authorizer: "iam"` on the route',
  },
  {
    what: "the route's authorizer is `none`",
    command: smoke,
    arrange: at("open"),
    step: "private.unsigned",
    code: "check-failed",
    reason: "route-open",
    cause: "open to everybody",
    fix: 'set `authorizer: "iam"` on the route',
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
    cause: "is not the API in the stack outputs",
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
    cause: "belongs to the stage handlers, and the API to healthy",
    fix: "run `auth-cli login --stage healthy`",
  },
  {
    what: "the request is signed for a region other than the API's",
    command: `${call} --region eu-west-1`,
    arrange: () => undefined,
    step: "api.call",
    code: "http-status",
    reason: "region-wrong",
    cause: "the request is signed for eu-west-1, but the API is in us-east-1",
    fix: "use `--region us-east-1`",
  },
  {
    what: "the request is signed for a service other than the API's",
    command: `${call} --service lambda`,
    arrange: () => undefined,
    step: "api.call",
    code: "http-status",
    reason: "service-wrong",
    cause: "the request is signed for the service lambda, but the API's is execute-api",
    fix: "use `--service execute-api`",
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
    fix: "run `auth-cli status --check` to get new",
  },
  {
    what: "the AWS credentials come from another cloud",
    command: call,
    async arrange({ cli, run }) {
      await run("call", "/private");
      await cli.editCredentials({ accessKeyId: "ASIAOFANOTHERCLOUD00" });
    },
    step: "api.call",
    code: "http-status",
    reason: "credentials-unknown",
    cause: "AWS does not know the AWS credentials of this login",
    fix: "run `auth-cli status --check` to get new",
  },
  {
    what: "the secret access key of the AWS credentials belongs to another key",
    command: call,
    async arrange({ cli, run }) {
      await run("call", "/private");
      await cli.editCredentials({ secretAccessKey: otherSecret(40) });
    },
    step: "api.call",
    code: "http-status",
    reason: "signature-mismatch",
    cause: "the secret access key does not belong to the access key id",
    fix: "run `auth-cli status --check` to get new",
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
    cause: "the API has a route GET /private, but no route DELETE /private",
    fix: "use GET",
  },
  {
    what: "the path holds a stage name too many",
    command: "auth-cli call /healthy/private",
    arrange: () => undefined,
    step: "api.call",
    code: "http-status",
    reason: "stage-path-wrong",
    cause: "the stage name in the URL is wrong: the route is at",
    fix: "and the path /private",
  },
  {
    what: "the stage was removed",
    command: call,
    arrange: at("removed"),
    step: "cognito.get-id",
    code: "pool-not-found",
    cause: "the local cloud was started again after the deploy, or the stack was removed",
    fix: "run `npx sst deploy`",
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
    cause: "nothing listens on that address and port",
    fix: "is the right address",
  },
];
