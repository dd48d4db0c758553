import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const schema = `
  type Query { greeting(name: String!): Greeting, secret: String }
  type Greeting { text: String!, identityId: String @aws_iam, at: AWSDateTime }
`;

/** CDK's construct, as its documentation writes it, with the schema in place of a file. */
const constructs = `
  const graph = new GraphqlApi(stack, "Graph", {
    name: "graph",
    definition: Definition.fromSchema({
      bind: ({ apiId }) => ({ apiId, definition: ${JSON.stringify(schema)} }),
    }),
    authorizationConfig: { defaultAuthorization: { authorizationType: AuthorizationType.IAM } },
  });
  const greet = graph.addLambdaDataSource(
    "greet",
    new Function(stack, "Greet", { handler: "packages/functions/src/private.handler" }),
  );
  greet.createResolver("Greeting", { typeName: "Query", fieldName: "greeting" });
  greet.createResolver("Secret", { typeName: "Query", fieldName: "secret" });
  auth.attachPermissionsForAuthUsers(stack, [
    api,
    new PolicyStatement({
      actions: ["appsync:GraphQL"],
      resources: [graph.arn + "/types/Query/fields/greeting"],
    }),
  ]);
`;

const handler = `export const handler = async (event: any) => ({
  text: "Hello " + event.arguments.name,
  identityId: event.identity.cognitoIdentityId,
});`;

describe("an AppSync API of CDK with IAM", () => {
  let world: DeployedWorld;
  let url: string;

  beforeAll(async () => {
    world = await deployWorld("graph", async (app) => {
      const stack = "stacks/ExampleStack.ts";
      await app.edit(stack, /import \{ Api, Cognito,/, "import { Api, Cognito, Function,");
      await app.edit(
        stack,
        /^/,
        'import { AuthorizationType, Definition, GraphqlApi } from "aws-cdk-lib/aws-appsync";\nimport { PolicyStatement } from "aws-cdk-lib/aws-iam";\n',
      );
      await app.edit(stack, /  auth\.attachPermissionsForAuthUsers\(stack, \[api\]\);\n/, constructs);
      await app.edit(stack, /ApiEndpoint: api\.url,/, "ApiEndpoint: api.url, Graph: graph.graphqlUrl,");
      await app.edit("packages/functions/src/private.ts", /[\s\S]*/, handler);
    });
    ({ Graph: url } = (await world.outputs()) as unknown as { Graph: string });
    const { code, stderr } = await world.cli.logIn("alice");
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => world.close());

  const query = async (
    text: string,
    ...args: string[]
  ): Promise<{ code: number | null; stdout: string; error: unknown }> => {
    const body = ["-d", JSON.stringify({ query: text }), "-H", "Content-Type: application/json"];
    const run = ["call", "/graphql", ...body, "--endpoint", url, "--json", ...args];
    const { code, stdout, stderr } = await world.cli.run(run);
    const { error } = (stderr === "" ? {} : JSON.parse(stderr)) as { error?: unknown };
    return { code, stdout, error };
  };

  it("answers a signed query, whose function gets the identity", async () => {
    expect(url).toMatch(/^http:\/\/[a-z0-9]+\.appsync-api\.us-east-1\.localhost:\d+\/graphql$/);
    const { code, stdout, error } = await query('{ greeting(name: "Ann") { text identityId } }');
    expect(code, JSON.stringify(error)).toBe(0);
    const { body, identityId } = JSON.parse(stdout) as { body: unknown; identityId: string };
    expect(typeof body === "string" ? JSON.parse(body) : body).toEqual({
      data: { greeting: { text: "Hello Ann", identityId } },
    });
  });

  it("answers an invalid query with the errors of GraphQL", async () => {
    const { code, stdout } = await query("{ nothing }");
    expect(code).toBe(0);
    expect(stdout).toContain("Cannot query field");
  });

  it("refuses a field that the role may not query, and auth-cli names the permission", async () => {
    const { code, error } = await query("{ secret }");
    expect(code).toBe(22);
    expect(error).toMatchObject({
      reason: "permission-missing",
      cause: expect.stringMatching(
        /^the policy of the role graph-.* does not allow appsync:GraphQL on/,
      ) as string,
    });
  });

  it("refuses a signature for another service, and a request without one", async () => {
    expect((await query("{ secret }", "--service", "execute-api")).error).toMatchObject({
      reason: "service-wrong",
    });
    expect((await query("{ secret }", "--unsigned")).code).toBe(22);
  });
});
