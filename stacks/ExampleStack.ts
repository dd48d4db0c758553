import { Api, Cognito, type StackContext } from "sst/constructs";
import { twitterClientCredentials } from "./twitter-client-credentials.ts";

/**
 * An HTTP API whose routes need AWS_IAM unless they say otherwise, and an identity pool that gives users of Twitter,
 * and nobody else, credentials to call it.
 */
export function ExampleStack({ stack }: StackContext): void {
  const twitter = twitterClientCredentials(process.env, stack.stage);

  stack.setDefaultFunctionProps({
    runtime: "nodejs22.x",
    // Only SST's hosted console reads the maps, and each deploy would run a custom resource to upload them.
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
      // SST lets guests in unless told otherwise.
      cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } },
    },
  });
  auth.attachPermissionsForAuthUsers(stack, [api]);

  stack.addOutputs({
    ApiEndpoint: api.url,
    IdentityPoolId: auth.cognitoIdentityPoolId,
  });
}
