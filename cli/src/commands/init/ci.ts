import { join } from "node:path";
import type { Framework } from "../../deployment/framework.ts";
import type { Environment } from "../../environment/environment.ts";
import { type Recognized, shortPath } from "./recognize.ts";

export type CiSystem = "github" | "gitlab";

/** What `--ci` comes to: a file to create, or a step to paste into a file that exists. */
export type CiPlan =
  | { kind: "create"; path: string; text: string }
  | { kind: "done"; path: string }
  | { kind: "paste"; path: string; lines: readonly string[] };

interface Deploy {
  commands: readonly string[];
  /** Installs what GitLab's image of Node.js lacks. GitHub's runners have it. */
  tools: readonly string[];
  /** Recognizes the deploy in a file of CI. */
  pattern: RegExp;
  /** The commands name a stage. */
  hasStages: boolean;
  /** Variables of the CI system that the commands read. */
  variables: readonly string[];
}

function deployOf(framework: Framework, stage: string, stackName: string | undefined): Deploy {
  const none = { hasStages: false, tools: [], variables: [] };
  const apt = "apt-get update && apt-get install --yes";
  const stack = stackName ?? '"$STACK_NAME"';
  return {
    sst: {
      ...none,
      commands: [`npx --no-install sst deploy --stage ${stage}`],
      pattern: /\bsst\b.*\bdeploy\b/,
      hasStages: true,
    },
    cdk: {
      ...none,
      commands: [
        "npx --no-install cdk deploy --all --require-approval never --outputs-file cdk-outputs.json",
      ],
      pattern: /\bcdk\b.*\bdeploy\b/,
    },
    amplify: {
      ...none,
      commands: ['npx --no-install ampx pipeline-deploy --branch main --app-id "$AMPLIFY_APP_ID"'],
      pattern: /\bampx pipeline-deploy\b/,
      variables: ["AMPLIFY_APP_ID"],
    },
    sam: {
      ...none,
      commands: [
        "sam build",
        "sam deploy --no-confirm-changeset --no-fail-on-empty-changeset",
        describeStacks(stack),
      ],
      pattern: /\bsam deploy\b/,
      tools: [`${apt} awscli python3-pip`, "pip install --break-system-packages aws-sam-cli"],
      variables: stackName === undefined ? ["STACK_NAME"] : [],
    },
    serverless: {
      ...none,
      commands: [`npx --no-install serverless deploy --stage ${stage}`, describeStacks(stack)],
      pattern: /\b(?:serverless|sls) deploy\b/,
      tools: [`${apt} awscli`],
      variables: stackName === undefined ? ["STACK_NAME"] : [],
    },
  }[framework];
}

function describeStacks(stack: string): string {
  return `aws cloudformation describe-stacks --stack-name ${stack} >outputs.json`;
}

function installCommands(
  { packageManager, installFolder }: Recognized,
  files: Environment["files"],
): string[] {
  if (packageManager === undefined) return ["npm install"];
  const isYarn1 = !files.readText(join(installFolder, "yarn.lock"))?.includes("__metadata:");
  return {
    npm: ["npm ci"],
    pnpm: ["corepack enable", "pnpm install --frozen-lockfile"],
    yarn: ["corepack enable", `yarn install ${isYarn1 ? "--frozen-lockfile" : "--immutable"}`],
    bun: ["npm install --global bun", "bun install --frozen-lockfile"],
  }[packageManager];
}

/** The secrets of the jobs. */
export const secrets = [
  "TWITTER_CONSUMER_KEY",
  "TWITTER_CONSUMER_SECRET",
  "TWITTER_ACCESS_TOKEN",
  "TWITTER_ACCESS_TOKEN_SECRET",
] as const;

interface Job extends Deploy {
  stage: string;
  /** For `cd`, relative to the repository. `.` for the same folder. */
  folder: string;
  installFolder: string;
  install: readonly string[];
  smoke: readonly string[];
  region: string;
  /** The folder of the reports, relative to the repository. */
  reports: string;
}

/** Plans the file of a CI system. An existing file is not changed. */
export function planCi(
  system: CiSystem,
  recognized: Recognized,
  stage: string,
  files: Environment["files"],
): CiPlan {
  const { project, repository, installFolder } = recognized;
  const framework = project.framework ?? "sst";
  const deploy = deployOf(framework, stage, findStackName(recognized, stage, files));
  const folder = shortPath(repository, project.root);
  const job: Job = {
    ...deploy,
    stage,
    folder,
    installFolder: shortPath(repository, installFolder),
    install: installCommands(recognized, files),
    smoke: [
      `npx --no-install auth-cli smoke${deploy.hasStages ? ` --stage ${stage}` : ""} --retry-for 60s --timeout 4m`,
      "--report-json reports/smoke.json --report-junit reports/smoke.xml --report-html reports/smoke.html",
    ],
    region: project.region ?? "us-east-1",
    reports: folder === "." ? "reports" : `${folder}/reports`,
  };
  return system === "github" ? planGithub(job, recognized, files) : planGitlab(job, recognized, files);
}

/** The stack's name where a file of the framework says it as a literal that needs no quotes. */
function findStackName(
  { project: { framework, root, marker } }: Recognized,
  stage: string,
  files: Environment["files"],
): string | undefined {
  const read = (file: string): string => files.readText(join(root, file)) ?? "";
  if (framework === "sam") {
    return /^\s*stack_name\s*=\s*["']([A-Za-z][\w-]*)["']/m.exec(read("samconfig.toml"))?.[1];
  }
  if (framework !== "serverless" || marker === undefined) return undefined;
  const service = /^\s*["']?service["']?\s*:\s*["']?([A-Za-z][\w-]*)["']?\s*,?\s*$/m.exec(read(marker))?.[1];
  return service === undefined ? undefined : `${service}-${stage}`;
}

function planGithub(job: Job, { project, repository }: Recognized, files: Environment["files"]): CiPlan {
  const folder = join(repository, ".github", "workflows");
  const workflows = files
    .list(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => ({ path: join(folder, name), text: files.readText(join(folder, name)) ?? "" }));
  const done = workflows.find(({ text }) => /auth-cli(?:@\S+)? smoke|uses:.*\/api-auth-twitter@/.test(text));
  if (done !== undefined) return { kind: "done", path: done.path };
  const smoke = githubSmoke(job);
  const deploying = workflows.find(({ text }) => job.pattern.test(text));
  const path = join(folder, "auth-cli.yml");
  const taken = deploying?.path ?? (files.exists(path) ? path : undefined);
  if (taken !== undefined || project.framework === undefined || !isPlain(job)) {
    return { kind: "paste", path: taken ?? path, lines: smoke };
  }
  const branch = /refs\/heads\/master\s*$/.test(files.readText(join(repository, ".git", "HEAD")) ?? "")
    ? "master"
    : "main";
  const defaults = job.folder === "." ? [] : ["defaults:", "  run:", `    working-directory: ${job.folder}`];
  const install = job.install.flatMap((command) => [
    `- run: ${command}`,
    ...(job.installFolder === job.folder ? [] : [`  working-directory: ${job.installFolder}`]),
  ]);
  const variables = job.variables.map((name) => `${name}: \${{ vars.${name} }}`);
  const run = job.commands.length === 1 ? ` ${job.commands[0]}` : ` |${linesAt(10, job.commands)}`;
  const text = `name: Deploy and smoke

on:
  push:
    branches: [${branch}]
  workflow_dispatch:

permissions: {}

concurrency:
  # The next deploy waits, because a cancelled one leaves a half-updated stack.
  group: deploy-${job.stage}
  cancel-in-progress: false

jobs:
  deploy:
    # Without an AWS account the job is skipped.
    if: \${{ vars.AWS_ROLE_ARN != '' }}
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    # Has the secrets of the stage.
    environment: ${job.stage}
    permissions:
      contents: read
      # For AWS, which trusts GitHub's token. No AWS key is stored.
      id-token: write${linesAt(4, defaults)}
    steps:
      # Pinned by commit, because a tag can move.
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with:
          node-version: 22${linesAt(6, install)}
      - uses: aws-actions/configure-aws-credentials@b47578312673ae6fa5b5096b330d9fbac3d116df # v4.2.1
        with:
          role-to-assume: \${{ vars.AWS_ROLE_ARN }}
          aws-region: ${job.region}
      - name: Deploy
        env:${linesAt(10, [...secrets.slice(0, 2).map(secretOf), ...variables])}
        run:${run}${linesAt(6, smoke)}
      - name: Keep the reports
        # Also those of a failed smoke.
        if: \${{ !cancelled() }}
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: smoke-reports
          path: ${job.reports}
          if-no-files-found: ignore
`;
  return { kind: "create", path, text };
}

const secretOf = (name: string): string => `${name}: \${{ secrets.${name} }}`;

function githubSmoke({ smoke: [command = "", reports = ""] }: Job): string[] {
  return [
    "- name: Smoke",
    "  env:",
    ...secrets.map((name) => `    ${secretOf(name)}`),
    "  run: |",
    "    mkdir -p reports",
    `    ${command} \\`,
    `      ${reports}`,
  ];
}

function planGitlab(job: Job, { project, repository }: Recognized, files: Environment["files"]): CiPlan {
  const path = join(repository, ".gitlab-ci.yml");
  const existing = files.readText(path);
  if (existing !== undefined && /auth-cli smoke/.test(existing)) return { kind: "done", path };
  const [command = "", reports = ""] = job.smoke;
  const smoke = ["- mkdir -p reports", `- ${command}`, `  ${reports}`];
  if (existing !== undefined || project.framework === undefined || !isPlain(job)) {
    return { kind: "paste", path, lines: smoke };
  }
  const script = [
    ...changeFolder(job.installFolder, "."),
    ...[...job.install, ...job.tools].map((each) => `- ${each}`),
    ...changeFolder(job.folder, job.installFolder),
    ...job.commands.map((each) => `- ${each}`),
    ...smoke,
  ];
  const text = `deploy:
  image: node:22-bookworm
  stage: deploy
  rules:
    # Without an AWS account the job is skipped.
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $AWS_ROLE_ARN
  # The next deploy waits, because a cancelled one leaves a half-updated stack.
  resource_group: ${job.stage}
  id_tokens:
    # For AWS, which trusts GitLab's token. No AWS key is stored.
    AWS_TOKEN:
      aud: https://gitlab.com
  variables:
    AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-token
    AWS_REGION: ${job.region}
  script:
    - printenv AWS_TOKEN > "$AWS_WEB_IDENTITY_TOKEN_FILE"${linesAt(4, script)}
  artifacts:
    when: always
    paths: [${job.reports}]
    reports:
      junit: ${job.reports}/smoke.xml
`;
  return { kind: "create", path, text };
}

function changeFolder(folder: string, from: string): string[] {
  return folder === from ? [] : [`- cd "$CI_PROJECT_DIR/${folder}"`];
}

/** YAML and shells take the folders as they are. */
function isPlain({ folder, installFolder }: Job): boolean {
  return [folder, installFolder].every((each) => /^[\w@.+][\w@.+/-]*$/.test(each));
}

/** The lines, each after a line break and as many spaces. */
function linesAt(columns: number, texts: readonly string[]): string {
  return texts.map((text) => `\n${" ".repeat(columns)}${text}`).join("");
}
