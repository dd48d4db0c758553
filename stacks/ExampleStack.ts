import { Api, Cognito, type StackContext } from "sst/constructs";
import { twitterClientCredentials } from "./twitter-client-credentials.ts";

/**
 * An HTTP API with AWS_IAM by default, and an identity pool that issues credentials for it to Twitter users only.
 */
export function ExampleStack({ stack }: StackContext): { api: Api; auth: Cognito } {
  const twitter = twitterClientCredentials(process.env, stack.stage);

  stack.setDefaultFunctionProps({
    runtime: "nodejs22.x",
    // Only SST's hosted console reads source maps, and each deploy would upload them with a custom resource.
    nodejs: { sourcemap: false },
  });

  const api = new Api(stack, "Api", {
    defaults: { authorizer: "iam" },
    routes: {
      "GET /private": "packages/functions/src/private.handler",
      "GET /public": { function: "packages/functions/src/public.handler", authorizer: "none" },
    },
  });

  const auth = new Cognito(stack, "Auth", {
    identityPoolFederation: {
      twitter,
      // SST's default admits guests.
      cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } },
    },
  });
  auth.attachPermissionsForAuthUsers(stack, [api]);

  stack.addOutputs({
    ApiEndpoint: api.url,
    IdentityPoolId: auth.cognitoIdentityPoolId,
  });
  return { api, auth };
}
