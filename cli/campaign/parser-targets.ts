/** Every reader of outside data, with valid samples. Each reads an input as its program does. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { PolicyDocument } from "../../packages/local-cloud/src/account.ts";
import { parseJsonBody } from "../../packages/local-cloud/src/aws/json-protocol.ts";
import { QueryParameters } from "../../packages/local-cloud/src/aws/query-protocol.ts";
import { ServiceError } from "../../packages/local-cloud/src/aws/service-error.ts";
import { readEmbeddedMetrics } from "../../packages/local-cloud/src/cloudwatch/embedded-metrics.ts";
import { readCall } from "../../packages/local-cloud/src/cloudwatch/protocols.ts";
import { parseSchedule } from "../../packages/local-cloud/src/events/schedule-expression.ts";
import { parseTemplate as parseCloudFormation } from "../../packages/local-cloud/src/cloudformation/template/template.ts";
import { readProxyResponse } from "../../packages/local-cloud/src/http-api/proxy-response.ts";
import { PolicyDocumentError } from "../../packages/local-cloud/src/iam/policy-document.ts";
import { evaluatePolicies } from "../../packages/local-cloud/src/iam/policy-evaluation.ts";
import { validatePolicy } from "../../packages/local-cloud/src/iam/policy-validation.ts";
import { createSessions } from "../../packages/local-cloud/src/iam/sessions.ts";
import { createBroker } from "../../packages/local-cloud/src/iot/broker.ts";
import { decodeAwsChunked } from "../../packages/local-cloud/src/s3/aws-chunked.ts";
import { parseXml } from "../../packages/local-cloud/src/s3/rest-xml.ts";
import { verifySigV4 } from "../../packages/local-cloud/src/sigv4/verify-sigv4.ts";
import { parseRequest } from "../../packages/local-cloud/src/sigv4/wire-request.ts";
import { TwitterError } from "../../packages/local-cloud/src/twitter/errors.ts";
import { parseOAuthRequest } from "../../packages/local-cloud/src/twitter/oauth-request.ts";
import { createStacksFixture } from "../../packages/local-cloud/test/stacks-fixture.ts";
import { run } from "../src/commands/run.ts";
import { AuthCliError, exitCodeMeanings } from "../src/errors.ts";
import { readLogins } from "../../packages/canary/src/handler/read-logins.ts";
import { createDoctorWorld } from "../test/fakes/doctor-world.ts";
import { configFile, reply } from "../test/fakes/fake-environment.ts";
import { createWorld, type World } from "../test/fakes/world.ts";

export interface Target {
  samples: readonly string[];
  /** @throws for anything but a value or a typed error */
  read: (input: Buffer) => unknown;
}

/* ── auth-cli: whole commands, in memory ─────────────────────────────────────────────────────────────────────── */

async function runCommand(args: readonly string[], world: World): Promise<void> {
  const { environment } = args[0] === "doctor" ? createDoctorWorld(world) : createWorld(world);
  const code = await run(args, { version: "0.0.0-campaign", createEnvironment: () => environment });
  const stderr = environment.stderr();
  if (!(code in exitCodeMeanings)) throw new Error(`${args.join(" ")}: exit code ${code}`);
  if (/this is a bug in auth-cli|^\s+at .*:\d+:\d+/m.test(stderr))
    throw new Error(`${args.join(" ")}: ${stderr.slice(0, 500)}`);
}

/** @param path of the file that the input is */
const file =
  (path: string, world: World, ...commands: string[]) =>
  async (input: Buffer): Promise<void> => {
    for (const command of commands) {
      const files = { ...world.files, [path]: input };
      await runCommand(command.split(" "), { ...world, files });
    }
  };
/** @param step of the request that is answered by the input */
const body =
  (step: string, status: number, ...commands: string[]) =>
  async (input: Buffer): Promise<void> => {
    for (const command of commands) {
      const answers = { [step]: () => reply(status, input, [["Content-Type", "application/json"]]) };
      await runCommand(command.split(" "), {
        loggedIn: command !== "login",
        input: "0123456\n",
        answers,
        ...deployer,
      });
    }
  };
const header =
  (name: string, step: string, ...commands: string[]) =>
  async (input: Buffer): Promise<void> => {
    const value = input.toString("latin1").replaceAll(/[\r\n\0]/g, " ");
    for (const command of commands) {
      const answers = { [step]: () => reply(503, "busy", [[name, value]]) };
      await runCommand(command.split(" "), { loggedIn: command !== "login", input: "0123456\n", answers });
    }
  };

const deployer: World = {
  variables: { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret-of-the-deployer" },
  awsProfiles: {
    default: { credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-of-the-deployer" } },
  },
};
const poolId = "us-east-1:00000000-0000-4000-8000-000000000000";
const endpoint = "https://abc123.execute-api.us-east-1.amazonaws.com";
const outputs = { ApiEndpoint: endpoint, IdentityPoolId: poolId };
const template = {
  AWSTemplateFormatVersion: "2010-09-09",
  Parameters: {
    Name: { Type: "String", Default: "x", AllowedPattern: "^[a-z]+$", AllowedValues: ["x", 1], MaxLength: 9 },
  },
  Conditions: { Always: { "Fn::Equals": [{ Ref: "Name" }, "x"] } },
  Resources: {
    Role: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } },
          ],
        },
      },
    },
    Api: {
      Type: "AWS::ApiGatewayV2::Api",
      Properties: { Name: { "Fn::Sub": "${Name}-api" }, ProtocolType: "HTTP" },
    },
    Route: {
      Type: "AWS::ApiGatewayV2::Route",
      DependsOn: ["Api"],
      Properties: { ApiId: { Ref: "Api" }, RouteKey: "GET /private", AuthorizationType: "AWS_IAM" },
    },
    Rest: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "rest" } },
    RestNotes: {
      Type: "AWS::ApiGateway::Resource",
      Properties: {
        RestApiId: { Ref: "Rest" },
        ParentId: { "Fn::GetAtt": ["Rest", "RootResourceId"] },
        PathPart: "notes",
      },
    },
    RestGet: {
      Type: "AWS::ApiGateway::Method",
      Properties: {
        RestApiId: { Ref: "Rest" },
        ResourceId: { Ref: "RestNotes" },
        HttpMethod: "GET",
        AuthorizationType: "AWS_IAM",
        Integration: { Type: "MOCK" },
      },
    },
    Parameter: {
      Type: "AWS::SSM::Parameter",
      Condition: "Always",
      Properties: { Type: "String", Value: { "Fn::Join": ["-", ["a", { Ref: "AWS::Region" }]] } },
    },
  },
  Outputs: { Endpoint: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] }, Export: { Name: "endpoint" } } },
};
const sam = `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: { Variables: { POOL: !Ref Pool, LIST: !Join [",", [a, !GetAtt Api.Arn]] } }
      Events:
        Get: { Type: HttpApi, Properties: { Path: /hello, Method: get } }
`;
const session = {
  appName: "notes",
  stage: "prod",
  apiEndpoint: endpoint,
  identityPoolId: poolId,
  userId: "42",
  screenName: "alice",
  identityId: poolId,
  tokenCredentials: { token: "42-token", secret: "secret" },
  loggedInAt: "2026-03-01T11:00:00.000Z",
};
const idToken = ["header", "payload", "signature"]
  .map((part) =>
    Buffer.from(
      JSON.stringify({ alg: "RS256", iss: "https://accounts.google.com", aud: part, sub: "1", exp: 2e9 }),
    ).toString("base64url"),
  )
  .join(".");
const xml = (operation: string, result: string): string =>
  `<?xml version="1.0"?><${operation}Response xmlns="https://example.com/doc/"><${operation}Result>${result}</${operation}Result></${operation}Response>`;
const cacheFile = (): string =>
  `/home/user/.cache/auth-cli/${createHash("sha256").update(`${poolId}\ntwitter:42`).digest("hex").slice(0, 32)}.json`;

const json = (value: unknown): string => JSON.stringify(value);

const ofAuthCli: Record<string, Target> = {
  "outputs of SST and CDK": {
    samples: [
      json({ "prod-notes-ExampleStack": outputs }),
      json({ ApiStack: outputs, "dev-notes-Stack": outputs }),
    ],
    read: file(
      "/project/.sst/outputs.json",
      {},
      "status",
      "status --stage prod",
      "call /x --dry-run --stage prod",
    ),
  },
  "outputs of other frameworks": {
    samples: [
      json(outputs),
      json({ auth: { identity_pool_id: poolId }, custom: { API: { notes: { endpoint } } }, version: "1" }),
      json({
        Stacks: [{ StackName: "notes-prod", Outputs: [{ OutputKey: "ApiEndpoint", OutputValue: endpoint }] }],
      }),
      json([{ OutputKey: "IdentityPoolId", OutputValue: poolId }]),
    ],
    read: file("/project/o.json", {}, "status --outputs o.json", "call /x --outputs o.json --api notes"),
  },
  "auth-cli.json": {
    samples: [
      json({
        endpoint,
        identityPoolId: poolId,
        routes: ["GET /notes"],
        expectations: { "GET /notes": { status: 200 } },
      }),
      json({ stages: { prod: { outputs: "o.json", publicRoutes: ["/public"], allowGuests: true } } }),
    ],
    read: file("/project/auth-cli.json", {}, "status", "smoke --stage prod"),
  },
  ".env": {
    samples: [
      "TWITTER_CONSUMER_KEY=key\nexport TWITTER_CONSUMER_SECRET='se\\ncret' # note\nA=\"${B:-x}\"\n",
      "AWS_REGION=us-east-1\nTWITTER_API_URL=https://api.x.com\n",
    ],
    read: file("/project/.env", {}, "status", "login --no-browser"),
  },
  ".twurlrc": {
    samples: [
      "---\nprofiles:\n  alice:\n    key:\n      username: alice\n      consumer_key: key\n      consumer_secret: secret\n      token: 42-token\n      secret: secret\nconfiguration:\n  default_profile:\n  - alice\n  - key\n",
    ],
    read: file("/home/user/.twurlrc", {}, "login --from-twurl", "login --from-twurl --user alice"),
  },
  "sst.config.ts": {
    samples: [
      'export default { config: (input) => ({ name: "notes", region: "eu-west-1", profile: `x` }) };',
    ],
    read: file("/project/sst.config.ts", {}, "status"),
  },
  "the stage of SST": { samples: ["prod", "my-stage\n"], read: file("/project/.sst/stage", {}, "status") },
  "package.json": {
    samples: [
      json({
        name: "notes",
        workspaces: ["packages/*"],
        scripts: { deploy: "sst deploy" },
        devDependencies: { sst: "^2" },
      }),
    ],
    read: file("/project/package.json", {}, "init --dry-run"),
  },
  "a template of SAM": {
    samples: [sam],
    read: file(
      "/project/template.yaml",
      { files: { "/project/sst.config.ts": "", "/project/package.json": "{}" } },
      "status",
      "init --dry-run",
    ),
  },
  "cdk.out": {
    samples: [
      json({
        version: "1",
        artifacts: { "prod-notes": { properties: { templateFile: "x.template.json" } } },
      }),
    ],
    read: file("/project/.sst/dist/manifest.json", { loggedIn: true }, "login", "doctor"),
  },
  "a synthesized template": {
    samples: [json(template)],
    read: file(
      "/project/.sst/dist/prod-notes-Stack.template.json",
      { loggedIn: true, ...deployer },
      "smoke",
      "doctor --deep",
    ),
  },
  "a source file of the stack": {
    samples: ['const api = new Api(stack, "Api", { routes: { "GET /x": "x.main" } }); // note'],
    read: file("/project/stacks/ExampleStack.ts", {}, "doctor"),
  },
  "the secret of the canary": {
    samples: [
      json({
        accessToken: "42-t",
        accessTokenSecret: "s",
        stages: { prod: { accessToken: "7-t", accessTokenSecret: "s" } },
      }),
    ],
    read: async (input) => {
      try {
        const loginOf = await readLogins({ readSecret: () => Promise.resolve(input.toString()) }, "canary");
        return [loginOf("prod"), loginOf("dev")];
      } catch (error) {
        if (error instanceof AuthCliError) return error;
        throw error;
      }
    },
  },
  "the stored logins": {
    samples: [json({ version: 1, sessions: [session] })],
    read: file(configFile, {}, "status", "call /x", "logout --all"),
  },
  "the cached credentials": {
    samples: [
      json({
        version: 1,
        identityId: poolId,
        credentials: {
          accessKeyId: "ASIA",
          secretAccessKey: "s",
          sessionToken: "t",
          expiration: "2026-03-01T13:00:00Z",
        },
      }),
    ],
    read: file(
      cacheFile(),
      { files: { [configFile]: json({ version: 1, sessions: [session] }) } },
      "call /x",
      "credentials",
    ),
  },
  "an earlier report": {
    samples: [
      json({
        schemaVersion: 1,
        stage: "prod",
        passed: true,
        checks: [{ name: "outputs", status: "passed", durationMs: 1 }],
      }),
    ],
    read: file("/project/r.json", { loggedIn: true }, "smoke --compare r.json"),
  },
  "tokens on standard input": {
    samples: ["42-token\nsecret\n", "42-token;secret\n"],
    read: (input) => runCommand(["login", "--with-token"], { input: input.toString() }),
  },
  "an ID token": {
    samples: [idToken],
    read: async (input) => {
      const token = input.toString().replaceAll("\0", "");
      await runCommand(["login", "--login", "accounts.google.com"], { input: token });
      await runCommand(["call", "/x"], { variables: { AUTH_CLI_LOGIN: `accounts.google.com=${token}` } });
    },
  },
  "a command line": {
    samples: [
      "call /x?a=b -H A:b -d x",
      "smoke --route GET /x --public /y --retry-for 1s",
      "status --json --user a",
    ],
    read: (input) => runCommand(input.toString().replaceAll("\0", "").split(/ /), { loggedIn: true }),
  },
  "Twitter's request token": {
    samples: ["oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true"],
    read: body("twitter.request_token", 200, "login"),
  },
  "Twitter's access token": {
    samples: ["oauth_token=42-t&oauth_token_secret=s&user_id=42&screen_name=alice"],
    read: body("twitter.access_token", 200, "login"),
  },
  "Twitter's errors": {
    samples: [
      json({ errors: [{ code: 32, message: "Could not authenticate you." }] }),
      "<?xml version='1.0'?><errors><error code=\"415\">Callback URL not approved</error></errors>",
      "<hash><error>Desktop applications only</error><request>/oauth/request_token</request></hash>",
      json({ title: "CreditsDepleted", detail: "x", type: "https://api.twitter.com/2/problems/credits" }),
    ],
    read: body("twitter.request_token", 403, "login"),
  },
  "Cognito's identity": {
    samples: [json({ IdentityId: poolId })],
    read: body("cognito.get-id", 200, "login"),
  },
  "Cognito's credentials": {
    samples: [
      json({
        IdentityId: poolId,
        Credentials: { AccessKeyId: "A", SecretKey: "s", SessionToken: "t", Expiration: 1.77e9 },
      }),
    ],
    read: body("cognito.get-credentials", 200, "call /x", "login"),
  },
  "Cognito's errors": {
    samples: [json({ __type: "NotAuthorizedException", message: "Invalid login token. Not a valid token." })],
    read: body("cognito.get-id", 400, "login"),
  },
  "an API's answer": {
    samples: ["Hello", json({ message: "Forbidden" })],
    read: body("api.call", 200, "call /x", "call /x --json", "call /x --jq .message"),
  },
  "an API's refusal": {
    samples: [
      json({ message: "Forbidden" }),
      json({
        message:
          "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: execute-api:Invoke on resource: arn",
      }),
    ],
    read: body("api.call", 403, "call /x", "call /x --json"),
  },
  "a smoke check's answer": { samples: ["Hello us-east-1:0!"], read: body("private.signed", 200, "smoke") },
  "the answer of STS": {
    samples: [
      xml(
        "GetCallerIdentity",
        "<Arn>arn:aws:sts::1:assumed-role/r/s</Arn><UserId>AROA:s</UserId><Account>1</Account>",
      ),
    ],
    read: body("diagnosis.caller", 200, "status"),
  },
  "the stacks of CloudFormation": {
    samples: [
      xml(
        "DescribeStacks",
        "<Stacks><member><StackName>other-notes-Stack</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member><OutputKey>ApiEndpoint</OutputKey><OutputValue>https://x.example</OutputValue></member></Outputs></member></Stacks>",
      ),
    ],
    read: body("cloudformation:DescribeStacks", 200, "status --stage other", "doctor --deep"),
  },
  "the template of CloudFormation": {
    samples: [xml("GetTemplate", `<TemplateBody>${json(template).replaceAll("<", "&lt;")}</TemplateBody>`)],
    read: body("cloudformation:GetTemplate", 200, "doctor --deep"),
  },
  "the role of IAM": {
    samples: [
      xml(
        "GetRole",
        `<Role><RoleName>r</RoleName><AssumeRolePolicyDocument>${encodeURIComponent(json({ Statement: [] }))}</AssumeRolePolicyDocument></Role>`,
      ),
    ],
    read: body("iam:GetRole", 200, "doctor --deep"),
  },
  "the identity pool's roles": {
    samples: [
      json({ IdentityPoolId: poolId, Roles: { authenticated: "arn:aws:iam::1:role/r" }, RoleMappings: {} }),
    ],
    read: body("cognito-identity:GetIdentityPoolRoles", 200, "doctor --deep"),
  },
  "the API of API Gateway": {
    samples: [
      json({ items: [{ routeKey: "GET /private", authorizationType: "AWS_IAM", target: "integrations/x" }] }),
    ],
    read: body("apigateway:GET", 200, "doctor --deep"),
  },
  "the header Date": {
    samples: ["Sun, 01 Mar 2026 12:10:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"],
    read: header("Date", "api.call", "call /x", "call /x --json"),
  },
  "the header Retry-After": {
    samples: ["1", "Sun, 01 Mar 2026 12:00:03 GMT"],
    read: header("Retry-After", "api.call", "call /x --retry 2"),
  },
  "Retry-After in smoke": {
    samples: ["1", "120"],
    read: header("Retry-After", "private.signed", "smoke --retry-for 10s"),
  },
  "the error header of AWS": {
    samples: ["AccessDeniedException", "NotAuthorizedException:http://internal.amazon.com/"],
    read: header("x-amzn-errortype", "api.call", "call /x"),
  },
};

/* ── The local cloud ─────────────────────────────────────────────────────────────────────────────────────────── */

/** Lets refusals pass. */
async function refusing(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (
      error instanceof ServiceError ||
      error instanceof TwitterError ||
      error instanceof PolicyDocumentError
    )
      return;
    throw error;
  }
}

const policy = {
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "A",
      Effect: "Allow",
      Action: ["execute-api:Invoke", "s3:Get*"],
      Resource: "arn:aws:execute-api:*:*:*/${aws:PrincipalTag/x}/GET/*",
      Condition: {
        StringLike: { "aws:userid": "a*?" },
        Bool: { "aws:SecureTransport": "true" },
        IpAddress: { "aws:SourceIp": "10.0.0.0/8" },
      },
    },
    { Effect: "Deny", NotAction: "iam:*", Resource: "*" },
  ],
};
const sessions = createSessions({ now: () => new Date() });
const lines = (input: Buffer): string[] => input.toString("latin1").split("\n");

async function deploy(templateBody: string): Promise<void> {
  const log: string[] = [];
  const fixture = createStacksFixture(undefined, { log: (line) => void log.push(line) });
  const stack = await fixture.deploy({}, { templateBody });
  if (!/_(COMPLETE|FAILED)$/.test(stack.status)) throw new Error(`the stack is ${stack.status}`);
  const faults = [...log, ...fixture.events(stack)].filter((line) =>
    /fault|Error: |Internal|call stack|Cannot (read|convert|set)|is not (a function|iterable|defined)/.test(
      line,
    ),
  );
  if (faults.length > 0) throw new Error(faults.join("\n").slice(0, 500));
}

const ofLocalCloud: Record<string, Target> = {
  "a template of CloudFormation": {
    samples: [json(template), sam.replace(/Transform.*\n/, "")],
    read: (input) => refusing(() => parseCloudFormation(input.toString())),
  },
  "a stack": {
    samples: [
      json(template),
      `Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: !Sub "\${AWS::Region}"}\n`,
    ],
    read: (input) => refusing(() => deploy(input.toString())),
  },
  "a policy": {
    samples: [json(policy)],
    read: (input) =>
      refusing(() => {
        let document: unknown;
        try {
          document = JSON.parse(input.toString());
        } catch {
          return;
        }
        if (typeof document !== "object" || document === null || Array.isArray(document)) return;
        validatePolicy(document as PolicyDocument, "identity");
        const context = new Map([["aws:userid", ["abc"]]]);
        evaluatePolicies([document as PolicyDocument], {
          action: "execute-api:Invoke",
          resource: "arn:aws:execute-api:us-east-1:1:api/$default/GET/x",
          context: context as never,
        });
      }),
  },
  "a body in JSON": {
    samples: [json({ IdentityPoolId: poolId, Logins: { "api.twitter.com": "a;b" } })],
    read: (input) => refusing(() => parseJsonBody({ body: input } as never)),
  },
  "a query body": {
    samples: ["Action=CreateStack&Version=2010-05-15&StackName=x&Tags.member.1.Key=a&Tags.member.1.Value=b"],
    read: (input) =>
      refusing(() => {
        const parameters = new QueryParameters(input.toString());
        return [parameters.action, parameters.records("Tags"), parameters.has("Tags"), parameters.members()];
      }),
  },
  "XML of S3": {
    samples: ["<Delete><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet></Delete>"],
    read: (input) => refusing(() => parseXml(input)),
  },
  "a body in chunks": {
    samples: ["5;chunk-signature=0\r\nhello\r\n0\r\nx-amz-checksum-crc32: AAAA\r\n\r\n"],
    read: (input) => refusing(() => decodeAwsChunked(input)),
  },
  "a function's answer": {
    samples: [
      json({ statusCode: 200, headers: { a: "b" }, cookies: ["c=d"], body: "aGk=", isBase64Encoded: true }),
      json({ statusCode: "204", multiValueHeaders: { a: ["b", 1] } }),
    ],
    read: (input) => [readProxyResponse(input.toString(), "1.0"), readProxyResponse(input.toString(), "2.0")],
  },
  "a signed request": {
    samples: [
      "/x?a=b\nAWS4-HMAC-SHA256 Credential=AKID/20260301/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\n20260301T120000Z",
      `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260301%2Fus-east-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20260301T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${"0".repeat(64)}`,
    ],
    read: (input) => {
      const [rawUrl = "/", authorization, date] = lines(input);
      const rawHeaders = [
        "Host",
        "h",
        ...(authorization === undefined ? [] : ["Authorization", authorization]),
        ...(date === undefined ? [] : ["X-Amz-Date", date]),
      ];
      verifySigV4(parseRequest({ method: "GET", rawUrl, rawHeaders, body: Buffer.of() }), {
        service: "execute-api",
        region: "us-east-1",
        now: () => new Date(),
        sessions,
      });
    },
  },
  "a request with OAuth": {
    samples: [
      '/oauth/request_token?a=b\nOAuth realm="x", oauth_consumer_key="k", oauth_nonce="n%20", oauth_signature="s%3D"\noauth_callback=oob&x=%C3%A9',
    ],
    read: (input) =>
      refusing(() => {
        const [target = "/", authorization, form = ""] = lines(input);
        return parseOAuthRequest({
          method: "POST",
          scheme: "http",
          host: "h",
          target,
          authorization,
          contentType: "application/x-www-form-urlencoded",
          body: form,
        });
      }),
  },
  "a request to CloudWatch in CBOR": {
    // {"Namespace": "x", "MetricData": [{"MetricName": "a", "Value": 1.5}]}
    samples: [
      "\xa2\x69Namespace\x61x\x6aMetricData\x81\xa2\x6aMetricName\x61a\x65Value\xfb\x3f\xf8\0\0\0\0\0\0",
    ],
    read: (input) =>
      refusing(() => {
        const path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
        const request = {
          path,
          headers: {},
          query: "",
          body: input,
          requestId: "id",
          method: "POST",
          rawUrl: path,
          rawHeaders: [],
        };
        return readCall(request).input();
      }),
  },
  "embedded metrics": {
    samples: [
      json({
        _aws: {
          Timestamp: 1.77e12,
          CloudWatchMetrics: [
            { Namespace: "n", Dimensions: [["Stage"]], Metrics: [{ Name: "passed", Unit: "Count" }] },
          ],
        },
        Stage: "prod",
        passed: [1, 2],
      }),
    ],
    read: (input) => readEmbeddedMetrics(input.toString()),
  },
  "a schedule": {
    samples: [
      "rate(5 minutes)",
      "cron(0/15 8-18 ? * MON-FRI *)",
      "cron(0 10 L * ? 2027)",
      "cron(0 0 ? * 2#1 *)",
    ],
    read: (input) => {
      const now = new Date("2026-03-01T12:00:00Z");
      return parseSchedule(input.toString())?.next(now, now);
    },
  },
  "packets of MQTT": {
    samples: [
      // CONNECT with a clean session, then SUBSCRIBE and PUBLISH with QoS 1, PINGREQ, DISCONNECT.
      "\x10\x0e\0\x04MQTT\x04\x02\0<\0\x02id\x82\x08\0\x01\0\x03a/b\x01\x32\x0a\0\x03a/b\0\x02hey\xc0\0\xe0\0",
    ],
    read: (input) => {
      const log: string[] = [];
      const broker = createBroker({ permit: () => ({ allowed: true }), log: (line) => void log.push(line) });
      const client = broker.connect({ arn: "arn" } as never, { send() {}, close() {} });
      const middle = Math.floor(input.length / 2);
      for (const part of [input.subarray(0, middle), input.subarray(middle)]) client.receive(part);
      client.end();
    },
  },
};

export const targets: Readonly<Record<string, Target>> = { ...ofAuthCli, ...ofLocalCloud };
