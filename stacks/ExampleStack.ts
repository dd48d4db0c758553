import { Api, Cognito, type StackContext } from "sst/constructs";
export function ExampleStack({ stack }: StackContext) {
  const api = new Api(stack, "Api", {
    defaults: { authorizer: "iam" },
    routes: {
      "GET /private": "packages/functions/src/private.handler",
      "GET /public": { function: "packages/functions/src/public.handler", authorizer: "none" },
    },
  });
  const auth = new Cognito(stack, "Auth", {
    identityPoolFederation: {
      twitter: { consumerKey: "k", consumerSecret: "s" },
      cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } },
    },
  });
  auth.attachPermissionsForAuthUsers(stack, [api]);
  stack.addOutputs({ ApiEndpoint: api.url, IdentityPoolId: auth.cognitoIdentityPoolId });
}
