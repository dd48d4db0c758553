import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type AuthCli, createAuthCli } from "./auth-cli.ts";
import { quickNpmPath } from "./quick-npm.ts";
import { repository } from "./repository.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";

/** A project of a user who has the two tarballs and nothing else of this repository. */
interface Walk {
  files: Record<string, string>;
  devDependencies: Record<string, string>;
  /** As typed, and the program of it in node_modules. */
  deploy: readonly [command: string, program: string];
  /** The part of the deploy's output to show. */
  shown: RegExp;
  /** Of auth-cli. The last two are repeated after a restart. */
  commands: readonly string[];
}

const ourNames = ["@api-auth-twitter/auth-cli", "@api-auth-twitter/local-cloud"];

/** The projects, by the name of their transcripts. */
export const localWalks = {
  sst: {
    devDependencies: { "aws-cdk-lib": "2.224.0", aws4fetch: "1.0.20", constructs: "10.3.0", sst: "2.49.8" },
    files: {
      "sst.config.ts": `import type { SSTConfig } from "sst";
import { Notes } from "./stacks/Notes";

export default {
  config: () => ({ name: "notes", region: "us-east-1" }),
  stacks: (app) => void app.stack(Notes),
} satisfies SSTConfig;
`,
      "stacks/Notes.ts": `import { Api, Cognito, type StackContext, Table } from "sst/constructs";

export function Notes({ stack }: StackContext) {
  const visits = new Table(stack, "visits", {
    fields: { user: "string" },
    primaryIndex: { partitionKey: "user" },
  });
  const api = new Api(stack, "Api", {
    defaults: { authorizer: "iam", function: { bind: [visits] } },
    routes: {
      "GET /notes": "functions/notes.handler",
      "GET /health": { authorizer: "none", function: "functions/health.handler" },
    },
  });
  const { TWITTER_CONSUMER_KEY: consumerKey, TWITTER_CONSUMER_SECRET: consumerSecret } = process.env;
  const auth = new Cognito(stack, "Auth", {
    identityPoolFederation: {
      cdk: { cfnIdentityPool: { allowUnauthenticatedIdentities: false } },
      twitter: { consumerKey, consumerSecret },
    },
  });
  auth.attachPermissionsForAuthUsers(stack, [api]);
  stack.addOutputs({ ApiEndpoint: api.url, IdentityPoolId: auth.cognitoIdentityPoolId });
}
`,
      "functions/health.ts": `export const handler = async () => ({ statusCode: 200, body: "fine" });
`,
      "functions/notes.ts": `import { AwsClient } from "aws4fetch";
import { Table } from "sst/node/table";

const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
const { AWS_SESSION_TOKEN: sessionToken, AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = process.env;
const aws = new AwsClient({ accessKeyId, secretAccessKey, sessionToken, region, service: "dynamodb" });

export const handler = async (event) => {
  const user = event.requestContext.authorizer.iam.cognitoIdentity.identityId;
  const target = "DynamoDB_20120810.UpdateItem";
  const reply = await aws.fetch(endpoint ?? \`https://dynamodb.\${region}.amazonaws.com\`, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": target },
    body: JSON.stringify({
      TableName: Table.visits.tableName,
      Key: { user: { S: user } },
      UpdateExpression: "ADD visits :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
      ReturnValues: "ALL_NEW",
    }),
  });
  const { Attributes } = await reply.json();
  return { statusCode: 200, body: \`Hello \${user}, visit \${Attributes.visits.N}\` };
};
`,
    },
    deploy: ["sst deploy --stage local", "sst/cli/sst.js"],
    shown: /✔ +Deployed:\n(?: {3}.*\n)+/,
    commands: [
      "login --stage local",
      "call /notes --stage local",
      "call /notes --stage local",
      "smoke --stage local",
    ],
  },
  cdk: {
    devDependencies: { "aws-cdk": "2.1148.1", "aws-cdk-lib": "2.224.0", constructs: "10.3.0" },
    files: {
      "cdk.json": `{ "app": "node app.mjs" }
`,
      "app.mjs": `import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { AuthorizationType, LambdaIntegration, RestApi } from "aws-cdk-lib/aws-apigateway";
import { CfnIdentityPool, CfnIdentityPoolRoleAttachment } from "aws-cdk-lib/aws-cognito";
import { PolicyStatement, Role, WebIdentityPrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function, FunctionUrlAuthType, Runtime } from "aws-cdk-lib/aws-lambda";

const { TWITTER_CONSUMER_KEY: key, TWITTER_CONSUMER_SECRET: secret } = process.env;
const stack = new Stack(new App(), "Notes");
const handler = new Function(stack, "Handler", {
  runtime: Runtime.NODEJS_22_X,
  handler: "index.handler",
  code: Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "Hello!" })'),
});
const rest = new RestApi(stack, "Rest");
rest.root
  .addResource("notes")
  .addMethod("GET", new LambdaIntegration(handler), { authorizationType: AuthorizationType.IAM });
const url = handler.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
const pool = new CfnIdentityPool(stack, "Pool", {
  allowUnauthenticatedIdentities: false,
  supportedLoginProviders: { "api.twitter.com": \`\${key};\${secret}\` },
});
const users = new Role(stack, "Users", {
  assumedBy: new WebIdentityPrincipal("cognito-identity.amazonaws.com", {
    StringEquals: { "cognito-identity.amazonaws.com:aud": pool.ref },
    "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
  }),
});
url.grantInvokeUrl(users);
handler.grantInvoke(users);
const resources = [rest.arnForExecuteApi("GET", "/notes")];
users.addToPolicy(new PolicyStatement({ actions: ["execute-api:Invoke"], resources }));
new CfnIdentityPoolRoleAttachment(stack, "Roles", {
  identityPoolId: pool.ref,
  roles: { authenticated: users.roleArn },
});
new CfnOutput(stack, "FunctionUrl", { value: url.url });
new CfnOutput(stack, "IdentityPoolId", { value: pool.ref });
`,
    },
    deploy: [
      "cdk deploy --all --outputs-file cdk-outputs.json --require-approval never --no-notices",
      "aws-cdk/bin/cdk",
    ],
    shown: /Outputs:\n[^]*?(?=Stack ARN)/,
    commands: [
      "login --api FunctionUrl",
      "call / --api FunctionUrl",
      "smoke --api FunctionUrl --route 'GET /'",
      "login --api RestEndpoint0DADCC7A",
      "call /notes --api RestEndpoint0DADCC7A",
      "smoke --api RestEndpoint0DADCC7A",
    ],
  },
} satisfies Record<string, Walk>;

export type WalkName = keyof typeof localWalks;

/**
 * Walks from `init` to a green smoke in a folder of its own, kills the local cloud and starts it again.
 * @param packed a folder where the two tarballs are installed
 * @returns what a terminal shows, and the exit codes
 */
export async function recordLocalWalk(
  name: WalkName,
  packed: string,
): Promise<{ transcript: string; codes: (number | null)[] }> {
  const walk: Walk = localWalks[name];
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${name}-`)));
  const cli = await createAuthCli(folder, {}, { program: join(folder, "node_modules/.bin/auth-cli") });
  const lines: string[] = [];
  const codes: (number | null)[] = [];
  const show = (
    command: string,
    { code, stdout, stderr }: Pick<ProcessResult, "code" | "stdout" | "stderr">,
  ): void => {
    codes.push(code);
    const printed = stripVTControlCharacters(stdout.replace(/(?<=[^\n])$/, "\n") + stderr).trim();
    lines.push(`$ npx ${command}`, ...(printed === "" ? [] : [printed]), "");
  };
  const run = async (command: string): Promise<void> => {
    const [first, ...flags] = words(command);
    if (first !== "login") return show(`auth-cli ${command}`, await cli.run([first ?? "", ...flags]));
    const { stdout, stderr, ...login } = await cli.logIn("alice", flags);
    const shown = stderr.replace(/^PIN: \n/m, `PIN: 1234567\n${stdout}`);
    show(`auth-cli ${command}`, { ...login, stdout: "", stderr: shown });
  };
  let cloud: ChildProcess | undefined;
  try {
    await createProject(folder, walk, packed);
    const init = await cli.run(["init", "--yes"]);
    show("auth-cli init --yes", { ...init, stdout: "", stderr: `${init.stdout}\n${init.stderr}` });
    // In another terminal.
    cloud = await startLocalCloud(cli, folder);
    Object.assign(cli.variables, await evaluated(cli));
    lines.push("$ npx auth-cli local --state .local-cloud &", "", '$ eval "$(npx auth-cli local env)"', "");
    show(walk.deploy[0], await deploy(folder, walk, cli));
    for (const command of walk.commands) await run(command);
    await kill(cloud);
    const [call = "", smoke = ""] = walk.commands.slice(-2);
    lines.push("$ kill -9 <process id of the local cloud>", "");
    await run(call);
    cloud = await startLocalCloud(cli, folder);
    lines.push("$ npx auth-cli local --state .local-cloud &", "");
    await run(call);
    await run(smoke);
    const transcript = lines.join("\n").replaceAll(`${folder}/`, "");
    return { transcript: `${transcript.trimEnd()}\n`, codes };
  } finally {
    await kill(cloud);
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

function words(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? "");
}

/** Has the packages as npm installs them. */
async function createProject(
  folder: string,
  { files, devDependencies }: Walk,
  packed: string,
): Promise<void> {
  const ours = ourNames.map((each) => [each, `file:../${each.slice(1).replace("/", "-")}-0.1.0.tgz`]);
  const manifest = {
    name: "notes",
    private: true,
    type: "module",
    devDependencies: { ...Object.fromEntries(ours), ...devDependencies },
  };
  const all = { ...files, "package.json": `${JSON.stringify(manifest, undefined, 2)}\n` };
  for (const [file, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  }
  const modules = join(folder, "node_modules");
  const installed = await readdir(join(packed, "node_modules"));
  const others = (await readdir(join(repository, "node_modules"))).filter(
    (each) => each !== "@api-auth-twitter" && !installed.includes(each),
  );
  await mkdir(modules);
  for (const each of installed) await symlink(join(packed, "node_modules", each), join(modules, each));
  for (const each of others) await symlink(join(repository, "node_modules", each), join(modules, each));
}

async function startLocalCloud(cli: AuthCli, folder: string): Promise<ChildProcess> {
  const args = [
    "local",
    "--state",
    ".local-cloud",
    "--json",
    "--quiet",
    "--port",
    "0",
    "--twitter-port",
    "0",
  ];
  const child = spawn(process.execPath, [join(folder, "node_modules/.bin/auth-cli"), ...args], {
    cwd: folder,
    env: cli.variables,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("the local cloud has ended"))),
  ]);
  return child;
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** The variables of a shell that has evaluated what `auth-cli local env` prints. */
async function evaluated(cli: AuthCli): Promise<Record<string, string>> {
  const { stdout } = await cli.run(["local", "env", "bash"]);
  const printed = execFileSync("bash", ["--norc", "-c", 'eval "$0"; env -0', stdout], {
    env: {},
    encoding: "utf8",
    // A socket would make it read a start file.
    stdio: ["ignore", "pipe", "inherit"],
  });
  const variables = printed.split("\0").flatMap((line) => {
    const [, name = "", value = ""] = /^(\w+)=([^]*)$/.exec(line) ?? [];
    return /^(AWS|TWITTER|NODE|SST)_/.test(name) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(variables);
}

async function deploy(
  folder: string,
  { deploy: [command, program], shown }: Walk,
  cli: AuthCli,
): Promise<ProcessResult> {
  const temporary = join(folder, ".tmp");
  const ran = await runProcess(
    process.execPath,
    [join(folder, "node_modules", program), ...words(command).slice(1)],
    {
      cwd: folder,
      env: {
        ...cli.variables,
        PATH: await quickNpmPath(join(temporary, "bin")),
        TMPDIR: temporary,
        CI: "1",
        NODE_NO_WARNINGS: "1",
        CDK_DISABLE_CLI_TELEMETRY: "true",
      },
      timeoutMs: 120_000,
    },
  );
  const printed = stripVTControlCharacters(ran.stdout + ran.stderr);
  const [part] = shown.exec(printed) ?? [];
  return { ...ran, stdout: "", stderr: ran.code === 0 && part !== undefined ? `…\n${part}` : printed };
}
