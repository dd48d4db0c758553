import type { SstApp } from "@api-auth-twitter/test-support/sst-app";

const stack = "stacks/ExampleStack.ts";
const handlers = "packages/functions/src";

const iamRoute = '"GET /private": "packages/functions/src/private.handler",';

const route = (key: string, name: string): string => `"${key}": "packages/functions/src/public.${name}",`;

/** Variants of the stack. Each is deployed to its own stage, from the edited source. */
export const brokenStages = {
  /** As it is in the repository. */
  healthy: () => Promise.resolve(),

  unpermitted: (app) => app.edit(stack, /^.*attachPermissionsForAuthUsers.*$/m, ""),

  /** The role may call another route than `/private`. */
  elsewhere: async (app) => {
    await app.edit(stack, iamRoute, `${iamRoute} "GET /notes": "packages/functions/src/private.handler",`);
    await app.edit(
      stack,
      "attachPermissionsForAuthUsers(stack, [api])",
      `attachPermissionsForAuthUsers(stack, [new PolicyStatement({
        actions: ["execute-api:Invoke"],
        resources: [\`arn:aws:execute-api:\${stack.region}:\${stack.account}:\${api.httpApiId}/$default/GET/notes\`],
      })])`,
    );
    await app.edit(stack, /^/, 'import { PolicyStatement } from "aws-cdk-lib/aws-iam";\n');
  },

  /** `/private` has no authorizer, and the pool lets guests in. */
  open: async (app) => {
    await app.edit(
      stack,
      iamRoute,
      '"GET /private": { function: "packages/functions/src/private.handler", authorizer: "none" },',
    );
    await app.edit(stack, "allowUnauthenticatedIdentities: false", "allowUnauthenticatedIdentities: true");
  },

  /** `/private` requires a token instead of a signature. */
  tokens: async (app) => {
    await app.edit(
      stack,
      'defaults: { authorizer: "iam" },',
      `authorizers: { jwt: { type: "jwt", jwt: { issuer: "https://issuer.example", audience: ["app"] } } },
       defaults: { authorizer: "jwt" },`,
    );
  },

  /** Allows one request in a quarter of an hour. */
  throttled: (app) =>
    app.edit(
      stack,
      'defaults: { authorizer: "iam" },',
      'defaults: { authorizer: "iam", throttle: { burst: 1, rate: 0.001 } },',
    ),

  /**
   * `/private` greets another user. Further functions throw, time out and refuse, and API Gateway lacks permission to
   * invoke one.
   */
  handlers: async (app) => {
    await app.edit(
      `${handlers}/private.ts`,
      /`Hello \$\{[^}]+\}!`/,
      '"Hello us-east-1:00000000-0000-4000-8000-000000000000!"',
    );
    await app.edit(
      `${handlers}/public.ts`,
      /$/,
      `export function failing(): Promise<never> {
         return Promise.reject(new Error("broken"));
       }
       export function late(): Promise<never> {
         return new Promise((resolve) => setTimeout(resolve, 60_000));
       }
       export function refusing() {
         return Promise.resolve({ statusCode: 403, body: "members only" });
       }
       export function limited() {
         const headers = { "content-type": "application/json", "x-amzn-errortype": "InternalServerErrorException" };
         const body = JSON.stringify({ message: "Endpoint request timed out" });
         return Promise.resolve({ statusCode: 504, headers, body });
       }`,
    );
    await app.edit(
      stack,
      iamRoute,
      `${iamRoute}
       "GET /failing": "packages/functions/src/public.failing",
       "GET /refusing": "packages/functions/src/public.refusing",
       "GET /limited": "packages/functions/src/public.limited",
       "GET /uninvokable": "packages/functions/src/public.handler",
       "GET /late": { function: { handler: "packages/functions/src/public.late", timeout: 1 } },`,
    );
    await app.edit(
      stack,
      "stack.addOutputs({",
      `for (const { node } of api.node.findAll()) {
         if (/uninvokable.*Permission$/.test(node.path)) node.scope?.node.tryRemoveChild(node.id);
       }
       stack.addOutputs({`,
    );
  },

  /** As `sst dev` deploys it, and nothing runs it. */
  live: () => Promise.resolve(),

  /** Handlers that answer in API Gateway's own words, behind AWS_IAM unless their name says otherwise. */
  imitators: async (app) => {
    await app.edit(
      `${handlers}/public.ts`,
      /$/,
      `const words = { 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable" };
       const imitate = (statusCode: keyof typeof words) => () => Promise.resolve({
         statusCode,
         headers: { "content-type": "application/json" },
         body: JSON.stringify({ message: words[statusCode] }),
       });
       export const unauthorized = imitate(401);
       export const forbidden = imitate(403);
       export const missing = imitate(404);
       export const throttled = imitate(429);
       export const unavailable = imitate(503);
       export const choosy = (event: { rawQueryString: string }) =>
         event.rawQueryString === "" ? Promise.resolve({ statusCode: 400, body: "which page?" }) : forbidden();`,
    );
    await app.edit(
      stack,
      iamRoute,
      [
        iamRoute,
        route("GET /unauthorized", "unauthorized"),
        route("GET /forbidden", "forbidden"),
        route("POST /forbidden", "forbidden"),
        route("ANY /items/{id}", "missing"),
        route("GET /throttled", "throttled"),
        route("GET /unavailable", "unavailable"),
        route("GET /choosy", "choosy"),
        '"GET /open": { function: "packages/functions/src/public.forbidden", authorizer: "none" },',
        '"GET /open/{id}": { function: "packages/functions/src/public.missing", authorizer: "none" },',
      ].join("\n"),
    );
  },

  /** The same for every path: a `$default` route. */
  catchAll: async (app) => {
    await app.edit(
      `${handlers}/public.ts`,
      /$/,
      `export const missing = () => Promise.resolve({
         statusCode: 404,
         headers: { "content-type": "application/json" },
         body: '{"message":"Not Found"}',
       });`,
    );
    await app.edit(stack, iamRoute, `${iamRoute} $default: "packages/functions/src/public.missing",`);
  },

  /** Further pools, each with one mistake. Their ids are outputs of the stack. */
  pools: async (app) => {
    await app.edit(
      stack,
      "stack.addOutputs({",
      `const guestless = { cfnIdentityPool: { allowUnauthenticatedIdentities: false } };
       const pool = (id, identityPoolFederation = { twitter, cdk: guestless }) => {
         const cognito = new Cognito(stack, id, { identityPoolFederation });
         cognito.attachPermissionsForAuthUsers(stack, [api]);
         return cognito;
       };
       const trust = (cognito, condition, value) =>
         cognito.cdk.authRole.node.defaultChild.addPropertyOverride(
           \`AssumeRolePolicyDocument.Statement.0.Condition.\${condition}\`,
           value,
         );
       const unattached = pool("Unattached");
       unattached.node.tryRemoveChild("IdentityPoolRoleAttachment");
       const otherAmr = pool("OtherAmr");
       trust(otherAmr, "ForAnyValue:StringLike", { "cognito-identity.amazonaws.com:amr": "unauthenticated" });
       const anyAmr = pool("AnyAmr");
       trust(anyAmr, "ForAnyValue:StringLike", undefined);
       const otherAud = pool("OtherAud");
       trust(otherAud, "StringEquals", { "cognito-identity.amazonaws.com:aud": auth.cognitoIdentityPoolId });
       const unfederated = pool("Unfederated", { google: { clientId: "1.apps.googleusercontent.com" }, cdk: guestless });
       stack.addOutputs({
         Unattached: unattached.cognitoIdentityPoolId,
         OtherAmr: otherAmr.cognitoIdentityPoolId,
         AnyAmr: anyAmr.cognitoIdentityPoolId,
         OtherAud: otherAud.cognitoIdentityPoolId,
         Unfederated: unfederated.cognitoIdentityPoolId,
       });
       stack.addOutputs({`,
    );
  },

  /** Deployed, then removed. */
  removed: () => Promise.resolve(),
} satisfies Record<string, (app: SstApp) => Promise<void>>;

export type BrokenStage = keyof typeof brokenStages;

/** The files that the variants edit. */
export const editedFiles = [stack, `${handlers}/private.ts`, `${handlers}/public.ts`];
