import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "@api-auth-twitter/local-cloud";
import { asTyped, inAHome, install, pack } from "./any-project.ts";
import { createAuthCli } from "./auth-cli.ts";
import { repository } from "./repository.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";

/** What a user adds to the generated stack: protected routes, and users who log in with Twitter. */
const edits: readonly [text: string, replacement: string][] = [
  ["StackContext, Api,", "StackContext, Api, Cognito,"],
  ["defaults: {\n      function", 'defaults: {\n      authorizer: "iam",\n      function'],
  [
    "  stack.addOutputs({\n",
    `  const auth = new Cognito(stack, "auth", {
    identityPoolFederation: {
      twitter: {
        consumerKey: process.env.TWITTER_CONSUMER_KEY!,
        consumerSecret: process.env.TWITTER_CONSUMER_SECRET!,
      },
    },
  });
  auth.attachPermissionsForAuthUsers(stack, [api]);

  stack.addOutputs({
    IdentityPoolId: auth.cognitoIdentityPoolId,
`,
  ],
];

type Variables = Record<string, string | undefined>;

interface CreateSstRun {
  init: ProcessResult;
  deploy: ProcessResult;
  login: ProcessResult;
  call: ProcessResult;
  /** Before `auth-cli.json` says that guests are meant, and after. */
  smokes: [ProcessResult, ProcessResult];
  /** Of login, call and the last smoke. */
  transcript: string;
}

/**
 * Generates the project of create-sst, installs it with the packed packages, deploys it to a local cloud and uses auth-cli
 * there. Downloads more than 100 MB.
 */
export async function useCreateSst(): Promise<CreateSstRun> {
  const folder = await mkdtemp(join(tmpdir(), "create-sst-"));
  const project = join(folder, "app");
  const cloud = await startLocalCloud({ awsPort: 0, twitterPort: 0 });
  const program = join(project, "node_modules/.bin/auth-cli");
  const cli = await createAuthCli(project, cloud.environment, { program });
  try {
    const created = await npx(folder, process.env, "--yes", "create-sst@2.43.5", "app");
    if (created.code !== 0) throw new Error(created.stdout + created.stderr);
    for (const name of ["", "packages/core", "packages/functions"]) {
      // It asks for the newest sst, which does not know the project's kind of config.
      // oxlint-disable-next-line no-await-in-loop -- three small files
      await edit(join(project, name, "package.json"), /"sst": "[^"]*"/, '"sst": "2.49.8"');
    }
    const tarballs = await Promise.all(
      ["cli", "packages/local-cloud"].map((name) => pack(join(repository, name), folder)),
    );
    await install(project, "--save-dev", ...tarballs);
    const init = await cli.run(["init", "--yes"]);
    await install(project);
    for (const [text, replacement] of edits) {
      // oxlint-disable-next-line no-await-in-loop -- one file
      await edit(join(project, "stacks/MyStack.ts"), text, replacement);
    }
    const stage = ["--stage", "local"];
    const deploy = await npx(project, cli.variables, "sst", "deploy", ...stage);
    const login = await cli.logIn("alice", stage);
    const call = await cli.run(["call", "/", ...stage]);
    const strict = await cli.run(["smoke", ...stage]);
    await writeFile(join(project, "auth-cli.json"), '{ "allowGuests": true }\n');
    const smoke = await cli.run(["smoke", ...stage]);
    const shown = [
      asTyped(["login", ...stage], login.stderr.replace(/^PIN: \n/m, `PIN: 1234567\n${login.stdout}`)),
      asTyped(["call", "/", ...stage], `${call.stdout}\n${call.stderr}`),
      asTyped(["smoke", ...stage], smoke.stdout + smoke.stderr),
    ];
    const transcript = inAHome(shown.join(""), cli, project);
    return { init, deploy, login, call, smokes: [strict, smoke], transcript };
  } finally {
    await cloud.close();
    await cli.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

function npx(cwd: string, env: Variables, ...args: string[]): Promise<ProcessResult> {
  return runProcess("npx", args, { cwd, env: { ...env, CI: "1" }, timeoutMs: 200_000 });
}

async function edit(path: string, text: string | RegExp, replacement: string): Promise<void> {
  const before = await readFile(path, "utf8");
  const after = before.replace(text, replacement);
  if (after === before) throw new Error(`${path} lacks ${text}`);
  await writeFile(path, after);
}
