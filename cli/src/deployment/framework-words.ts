import type { Framework } from "./framework.ts";

/** Without the file, later commands use the addresses of an earlier deploy. */
const deployCdk = "`npx cdk deploy --all --outputs-file cdk-outputs.json`";

/** How to write the outputs file. An imperative. */
export function howToWriteOutputs(framework: Framework, stage = "<stage>"): string {
  return {
    sst: `run \`npx sst deploy --stage ${stage}\``,
    cdk: `run ${deployCdk}`,
    amplify: "run `npx ampx generate outputs --app-id <app> --branch <branch>`",
    sam: describeStacks("<stack>"),
    serverless: describeStacks(`<service>-${stage}`),
  }[framework];
}

/** How to deploy and to write the outputs file. Imperatives. */
export function howToDeploy(framework: Framework, stage?: string): string[] {
  // It writes the outputs of what it deploys, as the tools of SST and CDK do.
  if (framework === "amplify") return ["run `npx ampx sandbox --once`"];
  const outputs = howToWriteOutputs(framework, stage);
  if (framework === "sst" || framework === "cdk") return [outputs];
  return [inWordsOf(framework, "run `npx sst deploy`"), outputs];
}

function describeStacks(stack: string): string {
  return `run \`aws cloudformation describe-stacks --stack-name ${stack} >outputs.json\` after the deploy`;
}

type Words = Readonly<Partial<Record<Framework, string>>>;

const deploy: Words = {
  cdk: deployCdk,
  amplify: "`npx ampx pipeline-deploy` or `npx ampx sandbox`",
  sam: "`sam build && sam deploy`",
  serverless: "`npx serverless deploy`",
};

const grant =
  "allow execute-api:Invoke on the API's ARN for the role of the identity pool's authenticated users";

const named = "a stage of the outputs file or of auth-cli.json";

const guestless = "set `AllowUnauthenticatedIdentities: false` on the AWS::Cognito::IdentityPool";

/** What fixes say to a user of SST, and what they say to users of others. */
const phrases: readonly [said: RegExp, others: Words][] = [
  [/`npx sst deploy(?: --stage (?:<stage>|[\w-]+))?`/g, deploy],
  [
    /`npx sst dev`, (?=the CloudWatch|CloudWatch)/g,
    {
      cdk: "",
      amplify: "`npx ampx sandbox --stream-function-logs`, ",
      sam: "`sam logs --tail`, ",
      serverless: "`npx serverless logs --function <function>`, ",
    },
  ],
  [
    /the stage name of `npx sst deploy --stage …`/g,
    { cdk: named, amplify: named, sam: named, serverless: named },
  ],
  [
    /`npx sst diff`/g,
    {
      cdk: "`npx cdk diff`",
      amplify: "the console of CloudFormation",
      sam: "`sam deploy --no-execute-changeset`",
      serverless: "`npx serverless package`",
    },
  ],
  [
    /`authorizer: "iam"`/g,
    {
      cdk: "`authorizer: new HttpIamAuthorizer()`",
      amplify: "`authorizer: new HttpIamAuthorizer()`",
      sam: "`Auth: { Authorizer: AWS_IAM }`",
      serverless: "`authorizer: { type: aws_iam }`",
    },
  ],
  [
    /set `authorizer: "none"` on/g,
    {
      cdk: "set `authorizer: new HttpNoneAuthorizer()` on",
      amplify: "set `authorizer: new HttpNoneAuthorizer()` on",
      sam: "set `Auth: { Authorizer: NONE }` on",
      serverless: "remove `authorizer` from",
    },
  ],
  [
    /add `auth\.attachPermissionsForAuthUsers\(stack, \[api\]\)` to the stack/g,
    { cdk: grant, amplify: grant, sam: grant, serverless: grant },
  ],
  [
    /`auth\.attachPermissionsForAuthUsers\(stack, \[api\]\)` allows the route/g,
    Object.fromEntries(
      ["cdk", "amplify", "sam", "serverless"].map((each) => [each, `${grant} if its policy lacks it`]),
    ),
  ],
  [
    /set `cdk: \{ cfnIdentityPool: [^`]*` in identityPoolFederation/g,
    {
      cdk: "set `allowUnauthenticatedIdentities: false` on the identity pool",
      // https://docs.amplify.aws/nextjs/build-a-backend/auth/concepts/guest-access/
      amplify:
        "set `backend.auth.resources.cfnResources.cfnIdentityPool.allowUnauthenticatedIdentities = false`",
      sam: guestless,
      serverless: guestless,
    },
  ],
  [
    /add (\w+) to the stack's outputs \(`stack\.addOutputs`\)/g,
    {
      cdk: "add $1 to the stack's outputs (`new CfnOutput`)",
      amplify: "add $1 to the outputs (`backend.addOutput`)",
      sam: "add $1 to the template's Outputs",
      serverless: "add $1 to resources.Outputs",
    },
  ],
];

/**
 * Puts a fix into the words of the framework. Fixes are written for SST.
 * @param framework undefined when only the outputs file is known
 */
export function inWordsOf(framework: Framework | undefined, fix: string): string {
  if (framework === "sst") return fix;
  if (framework === undefined) {
    return fix
      .replaceAll(/\brun `npx sst deploy[^`]*`/g, "deploy again")
      .replaceAll(/`npx sst dev`, (?=the CloudWatch|CloudWatch)/g, "");
  }
  return phrases.reduce((text, [said, others]) => text.replace(said, others[framework] ?? "$&"), fix);
}
