import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LocalCloud, startLocalCloud } from "@api-auth-twitter/local-cloud";
import { type AuthCli, createAuthCli } from "./auth-cli.ts";
import { deployTemplate } from "./replay-stack.ts";
import { repository } from "./repository.ts";
import { runProcess } from "./run-process.ts";
import { httpApi, lambdaFunction, lambdaRole } from "./templates.ts";

/** The outputs of a deployed stack that is not this repository's: no /private, no /public, three kinds of API. */
interface Outputs {
  HttpApiUrl: string;
  FunctionUrl: string;
  RestUrl: string;
  PoolId: string;
}

const stackName = "notes-prod";

/** How a stranger's project looks, and what is typed in it. */
interface ProjectKind {
  /** By path. */
  files: (outputs: Outputs) => Record<string, unknown>;
  /** Instead of the deployer's keys. */
  variables?: (outputs: Outputs) => Record<string, string | undefined>;
  /** The path to call. */
  path: string;
  /** After `auth-cli login`, `call` and `smoke`. */
  flags?: readonly string[];
  /** After `auth-cli smoke`. */
  smokeFlags?: readonly string[];
  /** Deploys the project itself: a program in `modules` with its arguments. */
  deploy?: readonly string[];
  /** What the project has installed beside auth-cli, at this repository's versions. */
  modules?: readonly string[];
  /** After the path, for a second call that is refused. */
  refusedFlags?: readonly string[];
}

const pairs = (outputs: Record<string, string>): object[] =>
  Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));

/** The projects, by the name of their transcripts. */
export const projectKinds = {
  cdk: {
    files: ({ HttpApiUrl, PoolId }) => ({
      "cdk.json": { app: "node app.mjs" },
      "cdk-outputs.json": { [stackName]: { HttpApiUrl, PoolId } },
      "cdk.out/manifest.json": {
        artifacts: { notes: { properties: { templateFile: "notes.template.json" } } },
      },
      "cdk.out/notes.template.json": {
        Resources: { Route: { Type: "AWS::ApiGatewayV2::Route", Properties: { RouteKey: "GET /notes" } } },
      },
    }),
    path: "/notes",
  },
  "two-regions": {
    files: () => ({ "cdk.json": { app: "node app.mjs" }, "app.mjs": twoRegions }),
    modules: ["aws-cdk", "aws-cdk-lib", "constructs"],
    deploy: [
      "aws-cdk/bin/cdk",
      ..."deploy --all --require-approval never --outputs-file cdk-outputs.json --no-notices".split(" "),
    ],
    path: "/notes",
    refusedFlags: ["--region", "us-east-1"],
  },
  "function-url": {
    files: ({ FunctionUrl, PoolId }) => ({
      "cdk.json": { app: "node app.mjs" },
      "cdk-outputs.json": { [stackName]: { FunctionUrl }, AuthStack: { PoolId } },
    }),
    path: "/",
    smokeFlags: ["--route", "GET /"],
  },
  "sst-v2": {
    files: ({ HttpApiUrl, PoolId }) => ({
      "sst.config.ts": 'export default { config: () => ({ name: "my-sst-app", region: "us-east-1" }) };',
      ".sst/outputs.json": { "prod-my-sst-app-API": { ApiEndpoint: HttpApiUrl, IdentityPoolId: PoolId } },
    }),
    path: "/notes",
    flags: ["--stage", "prod"],
    smokeFlags: ["--route", "GET /notes"],
  },
  "sst-v3": {
    files: ({ HttpApiUrl, PoolId }) => ({
      "sst.config.ts": 'export default $config({ app: () => ({ name: "notes" }) });',
      ".sst/outputs.json": { api: HttpApiUrl, pool: PoolId },
      "auth-cli.json": { routes: ["GET /notes"] },
    }),
    path: "/notes",
  },
  sam: {
    files: (outputs) => ({
      "samconfig.toml": 'version = 0.1\n[default.deploy.parameters]\nstack_name = "notes-prod"\n',
      "outputs.json": { Stacks: [{ StackName: stackName, Outputs: pairs({ ...outputs }) }] },
    }),
    path: "/notes",
    flags: ["--api", "RestUrl"],
  },
  amplify: {
    files: ({ RestUrl, PoolId }) => ({
      "amplify_outputs.json": {
        version: "1.3",
        auth: { aws_region: "us-east-1", identity_pool_id: PoolId },
        custom: { API: { notes: { endpoint: RestUrl, region: "us-east-1", apiName: "notes" } } },
      },
      "auth-cli.json": { routes: ["GET /notes"], expectations: { "GET /notes": { body: "Hello" } } },
    }),
    path: "/notes",
  },
  serverless: {
    files: ({ RestUrl, PoolId }) => ({
      "serverless.yml": "service: notes\n",
      "outputs.json": pairs({ ServiceEndpoint: RestUrl, PoolId }),
    }),
    path: "/notes",
    smokeFlags: ["--route", "GET /notes"],
  },
  settings: {
    files: ({ HttpApiUrl, PoolId }) => ({
      "auth-cli.json": {
        $schema: "./node_modules/@api-auth-twitter/auth-cli/schema/auth-cli.schema.json",
        endpoint: HttpApiUrl,
        identityPoolId: PoolId,
        routes: ["GET /notes"],
      },
    }),
    path: "/notes",
  },
  environment: {
    files: () => ({}),
    variables: ({ HttpApiUrl, PoolId }) => ({
      AUTH_CLI_ENDPOINT: HttpApiUrl,
      AUTH_CLI_IDENTITY_POOL_ID: PoolId,
    }),
    path: "/notes",
    smokeFlags: ["--route", "GET /notes"],
  },
} satisfies Record<string, ProjectKind>;

export type ProjectName = keyof typeof projectKinds;

/** The packed auth-cli, installed in a folder of its own, and a deployed stack. */
export interface PackedWorld {
  /** The tarball. */
  tarball: string;
  /** The folder with the installed package. */
  folder: string;
  cloud: LocalCloud;
  outputs: Outputs;
  /** What the commands of a project print, and how they exit. */
  record(name: ProjectName): Promise<{ transcript: string; codes: (number | null)[] }>;
  close(): Promise<void>;
}

/** Packs what is built, installs it, and deploys the stack to a local cloud. */
export async function packWorld(): Promise<PackedWorld> {
  const folder = await mkdtemp(join(tmpdir(), "auth-cli-package-"));
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
  const close = async (): Promise<void> => {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const tarball = await pack(join(repository, "cli"), folder);
    await install(folder, tarball);
    const outputs = (await deployTemplate(
      stackName,
      notesTemplate(cloud.environment),
      cloud.environment,
    )) as unknown as Outputs;
    return {
      tarball,
      folder,
      cloud,
      outputs,
      record: (name) => recordProject(name, { cloud, outputs, modules: join(folder, "node_modules") }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Packs what is built: a build here would change files under other tests. @returns the tarball */
export async function pack(source: string, destination: string): Promise<string> {
  const printed = await npm(["pack", "--ignore-scripts", "--pack-destination", destination], source);
  return join(destination, printed.trim().split("\n").at(-1) ?? "");
}

export async function install(folder: string, ...tarballs: string[]): Promise<void> {
  await npm(["install", "--no-audit", "--no-fund", ...tarballs], folder);
}

async function npm(args: string[], cwd: string): Promise<string> {
  const ran = await runProcess("npm", args, { cwd, env: process.env, timeoutMs: 300_000 });
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

async function recordProject(
  name: ProjectName,
  { cloud, outputs, modules }: { cloud: LocalCloud; outputs: Outputs; modules: string },
): Promise<{ transcript: string; codes: (number | null)[] }> {
  const kind: ProjectKind = projectKinds[name];
  const { path, flags = [], smokeFlags = [], refusedFlags } = kind;
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  await installed(folder, modules, kind.modules);
  for (const [file, content] of Object.entries(kind.files(outputs))) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
  }
  const {
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    ...environment
  } = { ...cloud.environment, ...kind.variables?.(outputs) };
  const cli = await createAuthCli(folder, environment, {
    program: join(folder, "node_modules/.bin/auth-cli"),
  });
  try {
    if (kind.deploy !== undefined) await deployProject(folder, kind.deploy, cloud.environment);
    // A deployer's keys are rather in a file than in the environment.
    await mkdir(join(cli.home, ".aws"));
    await writeFile(
      join(cli.home, ".aws/credentials"),
      `[default] # deployer\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    );
    const login = await cli.logIn("alice", flags);
    const call = await cli.run(["call", path, ...flags]);
    const smoke = await cli.run(["smoke", ...flags, ...smokeFlags]);
    const refused = refusedFlags && (await cli.run(["call", path, ...flags, ...refusedFlags]));
    const shown = [
      asTyped(["login", ...flags], login.stderr.replace(/^PIN: \n/m, `PIN: 1234567\n${login.stdout}`)),
      asTyped(["call", path, ...flags], call.stdout + call.stderr),
      asTyped(["smoke", ...flags, ...smokeFlags], smoke.stdout + smoke.stderr),
      ...(refused
        ? [asTyped(["call", path, ...flags, ...(refusedFlags ?? [])], `${refused.stdout}\n${refused.stderr}`)]
        : []),
    ];
    return {
      transcript: inAHome(shown.join(""), cli, folder),
      codes: [login.code, call.code, smoke.code, ...(refused ? [refused.code] : [])],
    };
  } finally {
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Links the packed auth-cli, and packages of this repository. */
async function installed(folder: string, packed: string, ours: readonly string[] = []): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  const links = [
    ...[".bin", "@api-auth-twitter"].map((name) => [packed, name] as const),
    ...ours.map((name) => [join(repository, "node_modules"), name] as const),
  ];
  await Promise.all(links.map(([from, name]) => symlink(join(from, name), join(modules, name), "junction")));
}

async function deployProject(
  folder: string,
  [program = "", ...args]: readonly string[],
  environment: Record<string, string>,
): Promise<void> {
  const { code, stdout, stderr } = await runProcess(
    process.execPath,
    [join(folder, "node_modules", program), ...args],
    {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        CI: "1",
        CDK_DISABLE_CLI_TELEMETRY: "true",
        ...environment,
      },
      timeoutMs: 90_000,
    },
  );
  if (code !== 0) throw new Error(stdout + stderr);
}

/** A command line and its output, as a terminal shows them. */
export function asTyped(args: readonly string[], output: string): string {
  const words = args.map((word) => (word.includes(" ") ? `'${word}'` : word));
  return `$ npx auth-cli ${words.join(" ")}\n${output.trimEnd()}\n`;
}

/** The paths of a test's folders as they are on a user's computer. */
export function inAHome(text: string, { home }: AuthCli, folder: string): string {
  return text
    .replaceAll(`${home}/config`, "~/.config")
    .replaceAll(`${home}/cache`, "~/.cache")
    .replaceAll(`${folder}/`, "");
}

const ref = (Ref: string): object => ({ Ref });

const greeting = `exports.handler = async (event) => {
  const context = event.requestContext ?? {};
  const id = context.authorizer?.iam?.cognitoIdentity?.identityId ?? context.identity?.cognitoIdentityId;
  return { statusCode: 200, body: "Hello " + (id ?? "caller") + "!" };
};`;

/** A CDK app with its users in one region and its API in another. */
const twoRegions = `
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { CfnIdentityPool, CfnIdentityPoolRoleAttachment } from "aws-cdk-lib/aws-cognito";
import { FederatedPrincipal, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";

const { CDK_DEFAULT_ACCOUNT: account, TWITTER_CONSUMER_KEY: key, TWITTER_CONSUMER_SECRET: secret } = process.env;
const app = new App();

const auth = new Stack(app, "Auth", { env: { account, region: "us-east-1" } });
const pool = new CfnIdentityPool(auth, "Pool", {
  allowUnauthenticatedIdentities: false,
  supportedLoginProviders: { "api.twitter.com": key + ";" + secret },
});
const users = new Role(auth, "Users", {
  assumedBy: new FederatedPrincipal(
    "cognito-identity.amazonaws.com",
    {
      StringEquals: { "cognito-identity.amazonaws.com:aud": pool.ref },
      "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
    },
    "sts:AssumeRoleWithWebIdentity",
  ),
});
users.addToPolicy(
  new PolicyStatement({ actions: ["execute-api:Invoke"], resources: ["arn:aws:execute-api:eu-west-1:" + account + ":*"] }),
);
new CfnIdentityPoolRoleAttachment(auth, "Roles", { identityPoolId: pool.ref, roles: { authenticated: users.roleArn } });
new CfnOutput(auth, "IdentityPoolId", { value: pool.ref });

const notes = new Stack(app, "Notes", { env: { account, region: "eu-west-1" } });
const handler = new Function(notes, "Function", {
  runtime: Runtime.NODEJS_22_X, handler: "index.handler", code: Code.fromInline(\`${greeting}\`),
});
const api = new HttpApi(notes, "Api", { defaultAuthorizer: new HttpIamAuthorizer() });
api.addRoutes({ path: "/notes", methods: [HttpMethod.GET], integration: new HttpLambdaIntegration("Get", handler) });
new CfnOutput(notes, "ApiEndpoint", { value: api.apiEndpoint });
`;

/** Three kinds of API behind one function, and an identity pool for users of Twitter. */
export function notesTemplate(environment: Readonly<Record<string, string | undefined>>): object {
  const arn = { "Fn::GetAtt": ["Notes", "Arn"] };
  const proxy = {
    "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Notes.Arn}/invocations",
  };
  return {
    Resources: {
      Role: lambdaRole(),
      Notes: lambdaFunction(greeting),
      ...httpApi({ "GET /notes": "Notes" }, { AuthorizationType: "AWS_IAM" }),
      Url: { Type: "AWS::Lambda::Url", Properties: { TargetFunctionArn: arn, AuthType: "AWS_IAM" } },
      Rest: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "notes" } },
      RestNotes: {
        Type: "AWS::ApiGateway::Resource",
        Properties: {
          RestApiId: ref("Rest"),
          ParentId: { "Fn::GetAtt": ["Rest", "RootResourceId"] },
          PathPart: "notes",
        },
      },
      RestGet: {
        Type: "AWS::ApiGateway::Method",
        Properties: {
          RestApiId: ref("Rest"),
          ResourceId: ref("RestNotes"),
          HttpMethod: "GET",
          AuthorizationType: "AWS_IAM",
          Integration: { Type: "AWS_PROXY", IntegrationHttpMethod: "POST", Uri: proxy },
        },
      },
      RestDeployment: {
        Type: "AWS::ApiGateway::Deployment",
        DependsOn: ["RestGet"],
        Properties: { RestApiId: ref("Rest") },
      },
      RestStage: {
        Type: "AWS::ApiGateway::Stage",
        Properties: { RestApiId: ref("Rest"), DeploymentId: ref("RestDeployment"), StageName: "prod" },
      },
      Pool: {
        Type: "AWS::Cognito::IdentityPool",
        Properties: {
          AllowUnauthenticatedIdentities: false,
          SupportedLoginProviders: {
            "api.twitter.com": `${environment["TWITTER_CONSUMER_KEY"]};${environment["TWITTER_CONSUMER_SECRET"]}`,
          },
        },
      },
      Users: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Federated: "cognito-identity.amazonaws.com" },
                Action: "sts:AssumeRoleWithWebIdentity",
                Condition: {
                  StringEquals: { "cognito-identity.amazonaws.com:aud": ref("Pool") },
                  "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
                },
              },
            ],
          },
          Policies: [
            {
              PolicyName: "notes",
              PolicyDocument: {
                Version: "2012-10-17",
                Statement: [
                  { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" },
                  {
                    Effect: "Allow",
                    Action: ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
                    Resource: arn,
                  },
                ],
              },
            },
          ],
        },
      },
      Roles: {
        Type: "AWS::Cognito::IdentityPoolRoleAttachment",
        Properties: {
          IdentityPoolId: ref("Pool"),
          Roles: { authenticated: { "Fn::GetAtt": ["Users", "Arn"] } },
        },
      },
    },
    Outputs: {
      HttpApiUrl: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } },
      FunctionUrl: { Value: { "Fn::GetAtt": ["Url", "FunctionUrl"] } },
      RestUrl: {
        Value: {
          "Fn::Sub": "https://${Rest}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${RestStage}/",
        },
      },
      PoolId: { Value: ref("Pool") },
    },
  };
}
