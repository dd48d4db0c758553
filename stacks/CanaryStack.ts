import { existsSync } from "node:fs";
import { Canary } from "@api-auth-twitter/canary";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { type StackContext, use } from "sst/constructs";
import { ExampleStack } from "./ExampleStack.ts";

/**
 * Checks every stage of `auth-cli.json` on a schedule. Without that file, it checks the stage that is deployed with it.
 * `CANARY=1 sst deploy` deploys it. `CANARY_SECRET` names the secret with the token.
 */
export function CanaryStack({ stack }: StackContext): void {
  const { api, auth } = use(ExampleStack);
  const own = { endpoint: api.url, identityPoolId: auth.cognitoIdentityPoolId ?? "" };
  new Canary(stack, "Canary", {
    secret: Secret.fromSecretNameV2(
      stack,
      "Token",
      process.env["CANARY_SECRET"] ?? `${stack.stage}/api-auth-twitter/canary`,
    ),
    ...(existsSync("auth-cli.json") ? {} : { stages: { [stack.stage]: own } }),
  });
}
