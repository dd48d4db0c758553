import { type DeployedWorld, deployWorld } from "@api-auth-twitter/test-support/deployed-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logInHere } from "../../../cli/test/run-here.ts";

const schema = `
  type Query { greeting(name: String!): Greeting, secret: String }
  type Greeting { text: String!, identityId: String @aws_iam, at: AWSDateTime }
`;

/** Constructs as the documentation of SST and CDK writes them, with the schema in place of a file. */
const constructs = `
  const handler = "packages/functions/src/private.handler";
  const greet = new Function(stack, "Greet", { handler, url: { authorizer: "iam" } });
  const guarded = new Function(stack, "Guarded", { handler, url: { authorizer: "iam" } });
  const rest = new ApiGatewayV1Api(stack, "Rest", {
    defaults: { authorizer: "iam" },
    routes: {
      "GET /notes/{id}": handler,
      "GET /open": { function: handler, authorizer: "none" },
      "GET /denied": handler,
    },
  });
  const graph = new GraphqlApi(stack, "Graph", {
    name: "graph",
    definition: Definition.fromSchema({
      bind: ({ apiId }) => ({ apiId, definition: ${JSON.stringify(schema)} }),
    }),
    authorizationConfig: { defaultAuthorization: { authorizationType: AuthorizationType.IAM } },
  });
  const source = graph.addLambdaDataSource("greet", greet);
  source.createResolver("Greeting", { typeName: "Query", fieldName: "greeting" });
  source.createResolver("Secret", { typeName: "Query", fieldName: "secret" });
  auth.attachPermissionsForAuthUsers(stack, [
    api,
    new PolicyStatement({
      actions: ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
      resources: [greet.functionArn],
    }),
    new PolicyStatement({
      actions: ["execute-api:Invoke"],
      resources: [rest.cdk.restApi.arnForExecuteApi("GET", "/notes/*", "others")],
    }),
    new PolicyStatement({
      actions: ["appsync:GraphQL"],
      resources: [graph.arn + "/types/Query/fields/greeting"],
    }),
  ]);
`;

const handler = `export const handler = async (event: any) =>
  event.arguments === undefined
    ? { statusCode: 200, body: JSON.stringify(event) }
    : { text: "Hello " + event.arguments.name, identityId: event.identity.cognitoIdentityId };
`;

const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

interface Called {
  code: number | null;
  /** Of the response, parsed. */
  body?: Record<string, unknown>;
  identityId?: string;
  /** Of auth-cli. */
  error?: unknown;
}

describe("auth-cli calls the other APIs of SST and CDK by their host names:", () => {
  let world: DeployedWorld;
  let urls: Record<"Greet" | "Guarded" | "Rest" | "Graph", string>;

  beforeAll(async () => {
    world = await deployWorld("others", async (app) => {
      const stack = "stacks/ExampleStack.ts";
      await app.edit(stack, /import \{ Api, Cognito,/, "import { Api, ApiGatewayV1Api, Cognito, Function,");
      await app.edit(
        stack,
        /^/,
        'import { AuthorizationType, Definition, GraphqlApi } from "aws-cdk-lib/aws-appsync";\nimport { PolicyStatement } from "aws-cdk-lib/aws-iam";\n',
      );
      await app.edit(stack, /  auth\.attachPermissionsForAuthUsers\(stack, \[api\]\);\n/, constructs);
      await app.edit(
        stack,
        /ApiEndpoint: api\.url,/,
        "ApiEndpoint: api.url, Greet: greet.url, Guarded: guarded.url, Rest: rest.url, Graph: graph.graphqlUrl,",
      );
      await app.edit("packages/functions/src/private.ts", /[\s\S]*/, handler);
    });
    urls = (await world.outputs()) as unknown as typeof urls;
    const { code, stderr } = await logInHere(world.cli, "alice");
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => world.close());

  async function call(api: keyof typeof urls, path: string, ...args: string[]): Promise<Called> {
    const ran = await world.cli.run(["call", path, "--endpoint", urls[api], "--json", ...args]);
    const { body, identityId } = JSON.parse(ran.stdout || "{}") as { body?: unknown; identityId?: string };
    const { error } = JSON.parse(ran.stderr || "{}") as { error?: unknown };
    return {
      code: ran.code,
      body: (typeof body === "string" ? JSON.parse(body || "{}") : body) as Record<string, unknown>,
      ...(identityId !== undefined && { identityId }),
      error,
    };
  }
  const query = (text: string, ...args: string[]): Promise<Called> =>
    call(
      "Graph",
      "/graphql",
      "-d",
      JSON.stringify({ query: text }),
      "-H",
      "Content-Type: application/json",
      ...args,
    );

  describe("a function URL", () => {
    it("passes on the caller in an event of format 2.0", async () => {
      expect(urls.Greet).toMatch(/^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/);
      const { code, body, error } = await call("Greet", "/a b?c=d");
      expect(code, JSON.stringify(error)).toBe(0);
      expect(body).toMatchObject({
        rawPath: "/a b",
        requestContext: {
          authorizer: { iam: { cognitoIdentity: null, userArn: matching(/assumed-role\/others-/) } },
        },
      });
    });

    it("refuses a caller without permission, which auth-cli names", async () => {
      expect((await call("Guarded", "/")).error).toMatchObject({
        reason: "permission-missing",
        cause: matching(/^the policy of the role others-.* does not allow lambda:InvokeFunctionUrl and /),
      });
    });

    it("refuses a signature for another service, and auth-cli names the right one", async () => {
      expect((await call("Greet", "/", "--service", "execute-api")).error).toMatchObject({
        reason: "service-wrong",
        fix: "use `--service lambda`",
      });
    });
  });

  describe("a REST API", () => {
    it("has its stage in the path, and passes on the caller in format 1.0", async () => {
      expect(urls.Rest).toMatch(/^http:\/\/[a-z0-9]{10}\.execute-api\.us-east-1\.localhost:\d+\/others\/?$/);
      const { code, body, error } = await call("Rest", "/notes/a%20b?c=d");
      expect(code, JSON.stringify(error)).toBe(0);
      expect(body).toMatchObject({
        resource: "/notes/{id}",
        path: "/notes/a b",
        pathParameters: { id: "a b" },
        queryStringParameters: { c: "d" },
        requestContext: {
          stage: "others",
          path: "/others/notes/a b",
          identity: { cognitoIdentityId: matching(/^us-east-1:/) },
        },
      });
    });

    it("names the missing permission itself", async () => {
      expect((await call("Rest", "/denied")).error).toMatchObject({
        reason: "permission-missing",
        cause: matching(/does not allow execute-api:Invoke on .*\/others\/GET\/denied$/),
      });
    });

    it("answers Missing Authentication Token where it has no route", async () => {
      expect((await call("Rest", "/nothing")).error).toMatchObject({ reason: "route-missing" });
    });

    it("refuses a request without a signature, unless the route is open", async () => {
      expect((await call("Rest", "/notes/1", "--unsigned")).code).toBe(22);
      expect((await call("Rest", "/open", "--unsigned")).code).toBe(0);
    });
  });

  describe("an AppSync API", () => {
    it("runs a signed query, whose function gets the identity", async () => {
      expect(urls.Graph).toMatch(/^http:\/\/[a-z0-9]+\.appsync-api\.us-east-1\.localhost:\d+\/graphql$/);
      const { code, body, identityId, error } = await query('{ greeting(name: "Ann") { text identityId } }');
      expect(code, JSON.stringify(error)).toBe(0);
      expect(body).toEqual({ data: { greeting: { text: "Hello Ann", identityId } } });
    });

    it("answers an invalid query with the errors of GraphQL", async () => {
      expect(await query("{ nothing }")).toMatchObject({
        code: 0,
        body: { errors: [{ message: matching(/^Cannot query field/) }] },
      });
    });

    it("refuses a field that the role may not query, and auth-cli names the permission", async () => {
      expect(await query("{ secret }")).toMatchObject({
        code: 22,
        error: {
          reason: "permission-missing",
          cause: matching(/^the policy of the role others-.* does not allow appsync:GraphQL on/),
        },
      });
    });

    it("refuses a signature for another service, and a request without one", async () => {
      const wrong = await query("{ secret }", "--service", "execute-api");
      expect(wrong.error).toMatchObject({ reason: "service-wrong" });
      expect((await query("{ secret }", "--unsigned")).code).toBe(22);
    });
  });
});
