import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** `Function` of SST with a URL, as its documentation writes it, beside the stack's HTTP API. */
const constructs = `
  const greet = new Function(stack, "Greet", {
    handler: "packages/functions/src/private.handler",
    url: { authorizer: "iam" },
  });
  const guarded = new Function(stack, "Guarded", {
    handler: "packages/functions/src/private.handler",
    url: { authorizer: "iam" },
  });
  auth.attachPermissionsForAuthUsers(stack, [
    api,
    new PolicyStatement({
      actions: ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
      resources: [greet.functionArn],
    }),
  ]);
`;

describe("a function URL of SST with authorizer iam", () => {
  let world: DeployedWorld;
  let urls: { Greet: string; Guarded: string };

  beforeAll(async () => {
    world = await deployWorld("urls", async (app) => {
      const stack = "stacks/ExampleStack.ts";
      await app.edit(stack, /import \{ Api, Cognito,/, "import { Api, Cognito, Function,");
      await app.edit(stack, /^/, 'import { PolicyStatement } from "aws-cdk-lib/aws-iam";\n');
      await app.edit(stack, /  auth\.attachPermissionsForAuthUsers\(stack, \[api\]\);\n/, constructs);
      await app.edit(
        stack,
        /ApiEndpoint: api\.url,/,
        "ApiEndpoint: api.url, Greet: greet.url, Guarded: guarded.url,",
      );
      await app.edit(
        "packages/functions/src/private.ts",
        /[\s\S]*/,
        "export const handler = async (event: any) => event.requestContext.authorizer.iam;",
      );
    });
    urls = (await world.outputs()) as unknown as typeof urls;
    const { code, stderr } = await world.cli.logIn("alice");
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => world.close());

  it("is called by its host name alone, and passes on the caller", async () => {
    expect(urls.Greet).toMatch(/^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/);
    const { code, stdout, stderr } = await world.cli.run(["call", "/a b?c=d", "--endpoint", urls.Greet]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      cognitoIdentity: null,
      userArn: expect.stringMatching(/assumed-role\/urls-.*\/CognitoIdentityCredentials$/) as string,
    });
  });

  it("is refused without permission, and auth-cli names the permission", async () => {
    const ran = await world.cli.run(["call", "/", "--endpoint", urls.Guarded, "--json"]);
    expect(ran.code).toBe(22);
    const { error } = JSON.parse(ran.stderr) as { error: Record<string, string> };
    expect(error).toMatchObject({ reason: "permission-missing" });
    expect(error["cause"]).toMatch(
      /^the policy of the role urls-.* does not allow lambda:InvokeFunctionUrl and /,
    );
  });

  it("is refused for another service, and auth-cli names the right one", async () => {
    const wrong = ["--endpoint", urls.Greet, "--service", "execute-api"];
    const ran = await world.cli.run(["call", "/", ...wrong, "--json"]);
    const { error } = JSON.parse(ran.stderr) as { error: Record<string, string> };
    expect(error).toMatchObject({ reason: "service-wrong", fix: "use `--service lambda`" });
  });
});
