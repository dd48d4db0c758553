import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  install,
  pack,
  type PackedWorld,
  packWorld,
  projectKinds,
  type ProjectName,
} from "@api-auth-twitter/test-support/any-project";
import { createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import { useCreateSst } from "@api-auth-twitter/test-support/create-sst";
import { recordLocalWalk, type WalkName } from "@api-auth-twitter/test-support/local-walk";
import { type ProcessResult, runProcess } from "@api-auth-twitter/test-support/run-process";
import { copySstApp } from "@api-auth-twitter/test-support/sst-app";
import { inLongRun, isLongRun } from "@api-auth-twitter/test-support/test-runs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparable, readPages, transcriptsIn } from "../../scripts/transcripts/pages.ts";

const cliFolder = join(import.meta.dirname, "..");
const root = dirname(cliFolder);
/** npm installs them with the package, or tests only import them. */
const notBundled = new Set(["@api-auth-twitter/local-cloud", "@napi-rs/keyring", "dynalite", "rolldown"]);

/** The packages whose code the files of a folder import. */
async function importedPackages(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  const from = /^(?:import (?!type )[^;]*?from |.*\bimport\()"((?:@[\w.-]+\/)?[\w.-]+)["/]/gm;
  const names = texts.flatMap((text) => Array.from(text.matchAll(from), ([, name = ""]) => name));
  return [...new Set(names)].filter((name) => !isBuiltin(name) && !name.startsWith("."));
}

const ports = ["--port", "0", "--twitter-port", "0"];

/** The program of docs/library.md. @returns its folder */
async function writeProgram(folder: string): Promise<string> {
  const page = await readFile(join(root, "docs/library.md"), "utf8");
  const [, program = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
  await writeFile(join(folder, "program.mts"), program);
  await writeFile(join(folder, "program.mjs"), program);
  return folder;
}

let world: PackedWorld;
beforeAll(async () => {
  world = await packWorld();
}, 200_000);
afterAll(() => world.close());

describe("the package, installed alone in an empty folder", () => {
  let folder: string;
  beforeAll(() => {
    ({ folder } = world);
  });

  const packageFolder = (): string => join(folder, "node_modules/@api-auth-twitter/auth-cli");
  const installed = (args: string[], env: Record<string, string | undefined> = {}): Promise<ProcessResult> =>
    runProcess(join(folder, "node_modules/.bin/auth-cli"), args, {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, ...env },
    });

  test("has at most 230 kB, and depends on the optional keyring, AWS's search for credentials, cross-spawn, diff, jq, open, XML and YAML only", async () => {
    expect((await stat(world.tarball)).size).toBeLessThanOrEqual(230_000);
    const { dependencies, optionalDependencies } = JSON.parse(
      await readFile(join(packageFolder(), "package.json"), "utf8"),
    ) as Record<string, Record<string, string>>;
    expect(Object.keys({ ...dependencies, ...optionalDependencies })).toEqual([
      "@aws-sdk/credential-provider-http",
      "@aws-sdk/credential-provider-ini",
      "@aws-sdk/credential-provider-web-identity",
      "@rgrove/parse-xml",
      "@smithy/shared-ini-file-loader",
      "cross-spawn",
      "diff",
      "jq-wasm",
      "js-yaml",
      "open",
      "@napi-rs/keyring",
    ]);
    const files = await readdir(packageFolder());
    expect(files.toSorted()).toEqual(["LICENSE", "README.md", "bin", "dist", "package.json", "schema"]);
  });

  test("answers --version and --help, and has a man page", async () => {
    const { stdout } = await installed(["--version"]);
    expect(stdout).toMatch(/^auth-cli \d+\.\d+\.\d+ \(node \d+\.\d+\.\d+, \w+ \w+\)\n$/);
    expect((await installed(["--help"])).stdout).toContain("smoke");
    const { man } = JSON.parse(await readFile(join(packageFolder(), "package.json"), "utf8")) as {
      man: unknown;
    };
    // npm links the pages of an array.
    expect(man).toEqual(["dist/auth-cli.1"]);
    expect((await stat(join(packageFolder(), "dist/auth-cli.1"))).size).toBeGreaterThan(1000);
  });

  test("names itself as the user can type it", async () => {
    const target = ["--endpoint", "http://127.0.0.1:9", "--identity-pool-id", `us-east-1:${"0".repeat(8)}`];
    const { stderr } = await installed(["call", "/x", ...target]);
    expect(stderr).toContain("fix: run `npx auth-cli login ");
    expect((await installed(["call", "--help"])).stdout).toContain("\n  npx auth-cli call /private\n");
  });

  test("local says what it needs: exit 2", async () => {
    const { code, stderr } = await installed(["local"]);
    expect(stderr).toContain("run `npm install --save-dev @api-auth-twitter/local-cloud`");
    expect(code).toBe(2);
  });

  test("does the whole chain by flags", async () => {
    const { HttpApiUrl, PoolId } = world.outputs;
    const program = join(packageFolder(), "bin/auth-cli.cjs");
    const cli = await createAuthCli(folder, world.cloud.environment, { program });
    const target = ["--endpoint", HttpApiUrl, "--identity-pool-id", PoolId];
    const { code, stderr } = await cli.logIn("alice", target);
    expect(code, stderr).toBe(0);
    expect((await cli.run(["call", "/notes", ...target])).stdout).toMatch(/^Hello us-east-1:/);
    expect((await cli.run(["smoke", "--route", "GET /notes", ...target])).code).toBe(0);

    const [token] = await cli.storedTokens();
    const { code: imported, stdout } = await runProcess(process.execPath, ["program.mjs"], {
      cwd: await writeProgram(folder),
      env: {
        ...world.cloud.environment,
        ENDPOINT: HttpApiUrl,
        POOL: PoolId,
        TOKEN: token?.token,
        TOKEN_SECRET: token?.secret,
      },
    });
    const report = JSON.parse(stdout) as { passed: boolean; stages: { checks: { status: string }[] }[] };
    expect(report).toMatchObject({ passed: true, stages: [{ stage: "prod", passed: true }] });
    expect(report.stages[0]?.checks.map(({ status }) => status)).toHaveLength(13);
    expect(imported).toBe(0);
    const valid = new Ajv2020({ strict: false });
    formats.default(valid);
    const schema = JSON.parse(
      await readFile(join(packageFolder(), "schema/smoke-report.schema.json"), "utf8"),
    ) as object;
    expect(valid.validate(schema, report), JSON.stringify(valid.errors)).toBe(true);
    await cli.remove();
  });

  test("has types for programs that import it", async () => {
    await writeProgram(folder);
    const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", ...types];
    const wrong = `import { smoke } from "@api-auth-twitter/auth-cli";
      // @ts-expect-error no login
      void smoke({ stages: {} });
      // @ts-expect-error a number
      void smoke({ stages: { prod: { endpoint: 1, identityPoolId: "" } }, login: { provider: "", token: "" } });
    `;
    await writeFile(join(folder, "wrong.mts"), wrong);
    const tsc = join(root, "node_modules/.bin/tsc");
    const { stdout } = await runProcess(tsc, [...flags, "program.mts", "wrong.mts"], {
      cwd: folder,
      env: process.env,
    });
    expect(stdout).toBe("");
  });

  const documented = new Map(readPages().flatMap(transcriptsIn));
  const names = Object.keys(projectKinds) as ProjectName[];
  const tried: readonly ProjectName[] = isLongRun ? names : ["cdk", "two-regions", "function-url", "amplify"];

  test.each(tried)(
    "logs in, calls and smokes in a project of the kind %s, as the docs show",
    async (name) => {
      const { transcript, codes } = await world.record(name);
      expect(codes.slice(0, 3), transcript).toEqual([0, 0, 0]);
      const shown = documented.get(`project-${name}`) ?? transcript;
      expect(comparable(transcript)).toBe(comparable(shown));
    },
  );

  test("the docs show only kinds of projects that are tried", () => {
    const shown = [...documented.keys()].filter((name) => name.startsWith("project-"));
    expect(shown.length).toBeGreaterThan(3);
    for (const name of shown) expect(names).toContain(name.slice("project-".length));
  });
});

describe("the package with the local cloud, installed in an empty folder", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auth-cli-packages-"));
    await install(folder, world.tarball, await pack(join(root, "packages/local-cloud"), folder));
  }, 200_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const inLocalCloud = (project: string, command: string[]): Promise<ProcessResult> =>
    runProcess(join(folder, "node_modules/.bin/auth-cli"), ["local", ...ports, "--", ...command], {
      cwd: project,
      env: { PATH: process.env["PATH"], HOME: folder, CI: "1", CDK_DISABLE_CLI_TELEMETRY: "true" },
      timeoutMs: 120_000,
    });

  test("does not install the libraries of the local cloud", async () => {
    const packages = await readdir(join(folder, "node_modules"));
    expect(packages).not.toContain("hono");
    expect(packages).not.toContain("graphql");
  });

  test.each(["cli", "packages/local-cloud"])(
    "has the license of each package that %s bundles",
    async (source) => {
      const { name, dependencies = {} } = JSON.parse(
        await readFile(join(root, source, "package.json"), "utf8"),
      ) as { name: string; dependencies?: Record<string, string> };
      const licenses = await readFile(
        join(folder, "node_modules", name, "dist/THIRD-PARTY-LICENSES.txt"),
        "utf8",
      );
      const imported = (await importedPackages(join(root, source, "src"))).filter(
        (each) => !(each in dependencies) && !notBundled.has(each),
      );
      expect(imported.length).toBeGreaterThan(5);
      const named = Array.from(licenses.matchAll(/^(\S+) \d+\.\d+\.\d+$/gm), ([, each]) => each);
      expect(imported.filter((each) => !named.includes(each))).toEqual([]);
    },
  );

  inLongRun(() =>
    test("local runs sst deploy", async () => {
      const app = await copySstApp();
      try {
        const command = ["npx", "--no-install", "sst", "deploy", "--stage", "packed"];
        const { code, stdout, stderr } = await inLocalCloud(app.folder, command);
        expect(code, stdout + stderr).toBe(0);
        expect(stdout).toMatch(/ApiEndpoint: http:\/\/127\.0\.0\.1:\d+/);
      } finally {
        await app.remove();
      }
    }),
  );

  inLongRun(() =>
    test(
      "with --state, an SST app with a table answers as before after the local cloud was killed",
      { timeout: 300_000 },
      async () => {
        const app = await copySstApp();
        const program = join(folder, "node_modules/@api-auth-twitter/auth-cli/bin/auth-cli.cjs");
        const cli = await createAuthCli(app.folder, {}, { program });
        let localCloud: ChildProcess | undefined;
        const start = async (): Promise<Record<string, string>> => {
          const args = [program, "local", ...ports, "--state", ".local-cloud", "--json"];
          const child = spawn(process.execPath, args, {
            cwd: app.folder,
            env: cli.variables,
            stdio: ["ignore", "pipe", "ignore"],
          });
          localCloud = child;
          const [line] = (await once(child.stdout, "data")) as [Buffer];
          return (JSON.parse(line.toString()) as { environment: Record<string, string> }).environment;
        };
        const kill = async (): Promise<void> => {
          if (localCloud?.exitCode !== null || localCloud.signalCode !== null) return;
          const exited = once(localCloud, "exit");
          localCloud.kill("SIGKILL");
          await exited;
        };
        try {
          await app.edit("stacks/ExampleStack.ts", "import { Api, Cognito,", "import { Api, Cognito, Table,");
          await app.edit("stacks/ExampleStack.ts", "  const api = ", `${visits}\n  const api = `);
          await app.edit(
            "stacks/ExampleStack.ts",
            'authorizer: "iam" }',
            'authorizer: "iam", function: counter }',
          );
          await app.edit("packages/functions/src/private.ts", /[^]*/, countingHandler);

          const environment = await start();
          const deployed = await app.sst(["deploy", "--stage", "kept"], environment);
          expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
          Object.assign(cli.variables, environment);
          const login = await cli.logIn("alice", ["--stage", "kept"]);
          expect(login.code, login.stderr).toBe(0);
          const call = (): Promise<ProcessResult> => cli.run(["call", "/private", "--stage", "kept"]);
          const first = await call();
          expect(first.stdout, first.stderr).toMatch(/^Hello us-east-1:[-0-9a-f]+, visit 1$/);

          await kill();
          const stopped = await call();
          expect(stopped.stderr).toContain("cause: that local cloud has stopped");
          expect(stopped.code).toBe(3);

          expect(await start()).toEqual(environment);
          const again = await call();
          expect(again.stdout, again.stderr).toBe(first.stdout.replace("visit 1", "visit 2"));
          const smoke = await cli.run(["smoke", "--stage", "kept"]);
          expect(smoke.code, smoke.stdout + smoke.stderr).toBe(0);
        } finally {
          await kill();
          await cli.remove();
          await app.remove();
        }
      },
    ),
  );

  inLongRun(() =>
    test(
      "the project of create-sst deploys, logs in, calls and smokes, as the docs show",
      { timeout: 900_000 },
      async () => {
        const { init, deploy, login, call, smokes, transcript } = await useCreateSst();
        expect(init.code, init.stderr).toBe(0);
        expect(deploy.code, deploy.stdout + deploy.stderr).toBe(0);
        expect(login.code, login.stderr).toBe(0);
        expect(call.stdout, call.stderr).toMatch(/^Hello world\./);
        // The identity pool of SST's Cognito construct has guests.
        expect(smokes[0].code).toBe(1);
        expect(smokes[0].stdout).toMatch(/cognito\.guest failed[^]*or pass --allow-guests[^]* 1 failed/);
        expect(smokes[1].code, smokes[1].stdout).toBe(0);
        expect(comparable(transcript)).toBe(
          comparable(new Map(readPages().flatMap(transcriptsIn)).get("create-sst") ?? ""),
        );
      },
    ),
  );

  const documented = new Map(readPages().flatMap(transcriptsIn));

  test.each<WalkName>(isLongRun ? ["sst", "cdk"] : ["cdk"])(
    "goes from init to a green smoke in a project of %s, and goes on after a kill, as the docs show",
    async (name) => {
      const { transcript, codes } = await recordLocalWalk(name, folder);
      const unreachable = codes.indexOf(3);
      expect(codes.toSpliced(unreachable, 1), transcript).toEqual(codes.slice(1).map(() => 0));
      expect(comparable(transcript)).toBe(comparable(documented.get(`walk-${name}`) ?? ""));
    },
  );
});

const visits = `
  const visits = new Table(stack, "Visits", { fields: { id: "string" }, primaryIndex: { partitionKey: "id" } });
  const counter = { bind: [visits], environment: { VISITS: visits.tableName } };
`;

/** Without the AWS SDK, which the app does not have. */
const countingHandler = `
import { AwsClient } from "aws4fetch";
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL, VISITS } = process.env as Record<string, string>;
const aws = new AwsClient({
  accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY!, sessionToken: AWS_SESSION_TOKEN!,
  region: "us-east-1", service: "dynamodb", retries: 0,
});
export const handler = async (event: any) => {
  const { identityId } = event.requestContext.authorizer.iam.cognitoIdentity;
  const reply = await aws.fetch(AWS_ENDPOINT_URL!, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.UpdateItem" },
    body: JSON.stringify({
      TableName: VISITS, Key: { id: { S: identityId } }, ReturnValues: "ALL_NEW",
      UpdateExpression: "ADD visits :one", ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
  });
  const { Attributes } = (await reply.json()) as any;
  return { statusCode: 200, body: \`Hello \${identityId}, visit \${Attributes.visits.N}\` };
};
`;
