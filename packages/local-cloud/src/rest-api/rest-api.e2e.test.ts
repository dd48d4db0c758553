import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

describe("a REST API of SST with authorizer iam", () => {
  let world: DeployedWorld;
  let rest: string;

  beforeAll(async () => {
    world = await deployWorld("rest", async (app) => {
      const stack = "stacks/ExampleStack.ts";
      await app.edit(stack, /import \{ Api, Cognito,/, "import { Api, ApiGatewayV1Api, Cognito,");
      await app.edit(
        stack,
        /  auth\.attachPermissionsForAuthUsers\(stack, \[api\]\);\n/,
        `  const rest = new ApiGatewayV1Api(stack, "Rest", {
          defaults: { authorizer: "iam" },
          routes: {
            "GET /notes/{id}": "packages/functions/src/private.handler",
            "GET /open": { function: "packages/functions/src/private.handler", authorizer: "none" },
            "GET /denied": "packages/functions/src/private.handler",
          },
        });
        auth.attachPermissionsForAuthUsers(stack, [
          api,
          new PolicyStatement({
            actions: ["execute-api:Invoke"],
            resources: [rest.cdk.restApi.arnForExecuteApi("GET", "/notes/*", "rest")],
          }),
        ]);
`,
      );
      await app.edit(stack, /^/, 'import { PolicyStatement } from "aws-cdk-lib/aws-iam";\n');
      await app.edit(stack, /ApiEndpoint: api\.url,/, "ApiEndpoint: api.url, Rest: rest.url,");
      await app.edit(
        "packages/functions/src/private.ts",
        /[\s\S]*/,
        "export const handler = async (event: any) => ({ statusCode: 200, body: JSON.stringify(event) });",
      );
    });
    ({ Rest: rest } = (await world.outputs()) as unknown as { Rest: string });
    const { code, stderr } = await world.cli.logIn("alice");
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => world.close());

  const call = async (...args: string[]): Promise<{ code: number | null; body: unknown; error: unknown }> => {
    const { code, stdout, stderr } = await world.cli.run(["call", ...args, "--endpoint", rest, "--json"]);
    const { body } = (stdout === "" ? {} : JSON.parse(stdout)) as { body?: string };
    const { error } = (stderr === "" ? {} : JSON.parse(stderr)) as { error?: unknown };
    return { code, body, error };
  };

  it("has its stage in the path, and passes on the caller in format 1.0", async () => {
    expect(rest).toMatch(/^http:\/\/[a-z0-9]{10}\.execute-api\.us-east-1\.localhost:\d+\/rest\/?$/);
    const { code, body, error } = await call("/notes/a%20b?c=d");
    expect(code, JSON.stringify(error)).toBe(0);
    expect(typeof body === "string" ? JSON.parse(body) : body).toMatchObject({
      resource: "/notes/{id}",
      path: "/notes/a b",
      pathParameters: { id: "a b" },
      queryStringParameters: { c: "d" },
      requestContext: {
        stage: "rest",
        path: "/rest/notes/a b",
        identity: { cognitoIdentityId: expect.stringMatching(/^us-east-1:/) as string },
      },
    });
  });

  it("names the missing permission itself", async () => {
    expect((await call("/denied")).error).toMatchObject({
      reason: "permission-missing",
      cause: expect.stringMatching(/does not allow execute-api:Invoke on .*\/rest\/GET\/denied$/) as string,
    });
  });

  it("answers Missing Authentication Token where it has no route", async () => {
    expect((await call("/nothing")).error).toMatchObject({ reason: "route-missing" });
  });

  it("refuses a request without a signature, unless the route is open", async () => {
    expect((await call("/notes/1", "--unsigned")).code).toBe(22);
    expect((await call("/open", "--unsigned")).code).toBe(0);
  });
});
