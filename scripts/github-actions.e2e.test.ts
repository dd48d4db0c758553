import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { interpolate } from "@api-auth-twitter/test-support/actions-expressions";
import {
  readYaml,
  runSteps,
  type Step,
  type StepResult,
} from "@api-auth-twitter/test-support/actions-runner";
import { authCliPath } from "@api-auth-twitter/test-support/auth-cli";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { isLongRun } from "@api-auth-twitter/test-support/test-runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

interface Action {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: Step[] };
}
interface Workflow {
  jobs: { deploy: { env: Record<string, string>; steps: Step[] } };
}
interface Report {
  passed: boolean;
  identityId?: string;
  checks: { name: string; status: string; route?: string }[];
}

async function readReport(path = ""): Promise<Report> {
  return JSON.parse(await readFile(path, "utf8")) as Report;
}

/** An `npx` that does not run sst. deploy.yml runs the same command for real. */
const npxWithoutSst = `#!/bin/sh
test "$1 $2" = "--no-install sst" || PATH=\${PATH#*:} exec npx "$@"
shift
echo "deployed: $*"
`;

const reportNames = ["report.json", "report.xml", "report.html"];

describe("the CI recipes, run like GitHub's runner does", () => {
  let world: DeployedWorld;
  let secrets: Record<string, string>;

  beforeAll(async () => {
    world = await deployWorld("prod");
    await world.cli.logIn("ci_account");
    const [token] = await world.cli.storedTokens();
    if (token === undefined) throw new Error("the login failed");
    secrets = {
      TWITTER_CONSUMER_KEY: world.cloud.environment["TWITTER_CONSUMER_KEY"] ?? "",
      TWITTER_CONSUMER_SECRET: world.cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "",
      TWITTER_ACCESS_TOKEN: token.token,
      TWITTER_ACCESS_TOKEN_SECRET: token.secret,
    };
    // A job has no stored login.
    await world.cli.run(["logout", "--all"]);
  });
  afterAll(() => world.close());

  /** The addresses of the services, and the deployer's credentials of configure-aws-credentials. */
  const machine = (): Record<string, string | undefined> => {
    const { TWITTER_CONSUMER_KEY: _key, TWITTER_CONSUMER_SECRET: _secret, ...rest } = world.variables;
    return {
      ...rest,
      XDG_CONFIG_HOME: join(world.cli.home, "job"),
      XDG_CACHE_HOME: join(world.cli.home, "job"),
      TMPDIR: join(world.app.folder, "tmp"),
      NODE_NO_WARNINGS: "1",
    };
  };

  /** Runs a step that uses the action. */
  const useAction = async (
    given: Record<string, string>,
    { env = secrets, actionPath = root }: { env?: Record<string, string>; actionPath?: string } = {},
  ): Promise<{ steps: StepResult[]; smoke: StepResult | undefined; outputs: Record<string, string> }> => {
    const { inputs, outputs, runs } = await readYaml<Action>(join(root, "action.yml"));
    const unknown = Object.keys(given).filter((name) => !(name in inputs));
    expect(unknown).toEqual([]);
    const defaults = Object.entries(inputs).map(([name, { default: value }]) => [name, value] as const);
    const steps = await runSteps({
      steps: runs.steps,
      contexts: {
        inputs: { ...Object.fromEntries(defaults), ...given },
        github: { action_path: actionPath },
      },
      variables: { ...machine(), ...env },
      workspace: world.app.folder,
    });
    const smoke = steps.find(({ name }) => name === "Smoke");
    const contexts = { steps: { smoke: { outputs: smoke?.outputs ?? {} } } };
    return {
      steps,
      smoke,
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, { value }]) => [name, interpolate(value, contexts)]),
      ),
    };
  };

  /** @returns a PATH on which a script stands in for a command */
  const withCommand = async (name: string, script: string): Promise<string> => {
    const folder = await mkdtemp(join(world.app.folder, "tmp/bin-"));
    await writeFile(join(folder, name), script, { mode: 0o755 });
    return `${folder}:${process.env["PATH"]}`;
  };

  const expectNoSecret = (text: string): void => {
    for (const secret of [secrets["TWITTER_CONSUMER_SECRET"], secrets["TWITTER_ACCESS_TOKEN_SECRET"]])
      expect(text).not.toContain(secret);
  };

  /** Runs deploy.yml. @param edit replaces secrets */
  const deploy = async (edit: Record<string, string> = {}): Promise<StepResult[]> => {
    const { jobs } = await readYaml<Workflow>(join(root, ".github/workflows/deploy.yml"));
    return runSteps({
      steps: jobs.deploy.steps,
      env: jobs.deploy.env,
      contexts: {
        inputs: {},
        secrets: { ...secrets, ...edit },
        vars: { AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/deploy" },
        github: { run_id: "1" },
      },
      variables: machine(),
      workspace: world.app.folder,
      // The copy of the app links to the node_modules of this repository. One real deploy is enough.
      isDone: ({ name, run }) => run === "npm ci" || (name === "Deploy" && Object.keys(edit).length > 0),
    });
  };

  const runRecipe = async (variables: Record<string, string>) => {
    const docs = await readFile(join(root, "docs/ci.md"), "utf8");
    const [, recipe = ""] = /## A plain shell.*?```sh\n(.*?)```/s.exec(docs) ?? [];
    expect(recipe).toContain("auth-cli smoke");
    await writeFile(join(world.app.folder, "recipe.sh"), recipe);
    return runProcess("/bin/sh", ["recipe.sh"], {
      cwd: world.app.folder,
      env: { ...machine(), ...variables },
      timeoutMs: 180_000,
    });
  };

  describe("action.yml", () => {
    const prebuilt = { "auth-cli-path": authCliPath, "retry-for": "5s" };

    it("passes, sets outputs, writes reports and a summary, and masks secrets", async () => {
      const { smoke, outputs } = await useAction({
        ...prebuilt,
        stage: "prod",
        routes: "GET /private\n\n",
        "public-routes": "GET /public",
      });
      expect(smoke?.outcome, smoke?.log).toBe("success");
      expect(outputs).toMatchObject({ passed: "true", "exit-code": "0" });
      const report = await readReport(outputs["report-json"]);
      expect(report.passed).toBe(true);
      expect(outputs["identity-id"]).toBe(report.identityId);
      expect(outputs["report-json"]).toBe(join(world.app.folder, "auth-cli-reports/report.json"));
      expect(await readFile(outputs["report-junit"] ?? "", "utf8")).toMatch(/<testsuites?[ >]/);
      expect(await readFile(outputs["report-html"] ?? "", "utf8")).toMatch(/^<!doctype html>/i);
      expect(smoke?.summary).toContain("sequenceDiagram");
      expect(smoke?.annotations).toEqual([]);
      expect(smoke?.masked).toEqual(expect.arrayContaining([secrets["TWITTER_ACCESS_TOKEN_SECRET"]]));
      expectNoSecret(`${smoke?.log ?? ""}${smoke?.summary ?? ""}`);
      for (const name of reportNames)
        expectNoSecret(await readFile(join(world.app.folder, "auth-cli-reports", name), "utf8"));
    });

    it("fails with smoke, keeps the reports and annotates the failure", async () => {
      const { smoke, outputs } = await useAction({
        ...prebuilt,
        stage: "prod",
        // An open route fails as a protected one.
        routes: "GET /public",
        "report-folder": "out/of the way",
      });
      expect(smoke?.outcome).toBe("failure");
      expect(smoke?.code).toBe(1);
      expect(outputs).toMatchObject({ passed: "false", "exit-code": "1" });
      expect((await readReport(outputs["report-json"])).passed).toBe(false);
      expect(await readFile(outputs["report-junit"] ?? "", "utf8")).toMatch(/<failure\b/);
      expect(outputs["report-html"]).toBe(join(world.app.folder, "out/of the way/report.html"));
      expect(smoke?.annotations.join("\n")).toMatch(/^::error .*private\.unsigned/m);
      expect(smoke?.summary).toContain("private.unsigned");
    });

    it("checks several stages, although the outputs file contains only the last", async () => {
      await world.deploy("dev");
      const { smoke, outputs } = await useAction({ ...prebuilt, stage: "prod\ndev\n" });
      expect(smoke?.outcome, smoke?.log).toBe("success");
      expect(outputs["identity-id"]).toMatch(/^us-east-1:[0-9a-f-]{36} us-east-1:[0-9a-f-]{36}$/);
      expect(new Set(outputs["identity-id"]?.split(" ")).size).toBe(2);
      await world.deploy("prod");
    });

    it("succeeds despite a failed check with fail-on never", async () => {
      const given = { ...prebuilt, stage: "prod", routes: "GET /public", "fail-on": "never" };
      const { smoke, outputs } = await useAction(given);
      expect(smoke?.outcome, smoke?.log).toBe("success");
      expect(outputs).toMatchObject({ passed: "false", "exit-code": "1" });
    });

    it("fails for a skipped check with fail-on skipped", async () => {
      const given = { ...prebuilt, stage: "prod", skip: "cognito.guest" };
      expect((await useAction(given)).smoke?.outcome).toBe("success");
      const { smoke, outputs } = await useAction({ ...given, "fail-on": "skipped" });
      expect(smoke?.code).toBe(1);
      expect(smoke?.annotations.join("\n")).toMatch(/a check was skipped/);
      expect(outputs["passed"]).toBe("true");
    });

    it.each([
      ["an invalid stage", { stage: "$(touch injected)" }],
      ["a route with code", { routes: "`touch injected`" }],
      ["an option as a value", { stage: "--json" }],
      ["an invalid duration", { "retry-for": "soon; touch injected" }],
      ["a missing outputs file", { outputs: "nowhere.json" }],
      ["an unknown fail-on", { "fail-on": "maybe" }],
      ["a missing program", { "auth-cli-path": "nowhere.cjs" }],
    ])("rejects %s without running it, even with fail-on never", async (_name, given) => {
      const { steps, outputs } = await useAction({ ...prebuilt, "fail-on": "never", ...given });
      expect(steps.map(({ outcome }) => outcome)).toContain("failure");
      expect(outputs["passed"]).not.toBe("true");
      await expect(readFile(join(world.app.folder, "injected"))).rejects.toThrow("ENOENT");
    });

    it("exits with 4 without a token, and names the variable", async () => {
      const { smoke } = await useAction({ ...prebuilt, stage: "prod" }, { env: {} });
      expect(smoke?.code).toBe(4);
      expect(smoke?.log).toMatch(/TWITTER_ACCESS_TOKEN/);
    });

    it("builds its own auth-cli from a checkout, once", async () => {
      const checkout = await mkdtemp(join(tmpdir(), "action-checkout-"));
      try {
        const { stdout } = await runProcess(
          "git",
          ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
          {
            cwd: root,
            env: { PATH: process.env["PATH"], HOME: checkout },
          },
        );
        for (const file of stdout.split("\0").filter((name) => name !== "")) {
          await mkdir(dirname(join(checkout, file)), { recursive: true });
          // Git also lists removed files before the commit.
          await cp(join(root, file), join(checkout, file)).catch(() => {});
        }
        // A short run does not install: it links to the packages of this repository.
        const npm = `#!/bin/sh\nexec ln -s ${join(root, "node_modules")} node_modules\n`;
        const PATH = isLongRun ? process.env["PATH"] : await withCommand("npm", npm);
        const options = {
          actionPath: checkout,
          env: { ...secrets, npm_config_cache: npmCache(), PATH: PATH ?? "" },
        };
        const first = await useAction({ stage: "prod", "retry-for": "5s" }, options);
        expect(first.smoke?.outcome, first.steps.map(({ log }) => log).join("\n")).toBe("success");
        expect(first.steps[0]?.outputs["program"]).toBe(join(checkout, "cli/bin/auth-cli.cjs"));
        const second = await useAction({ stage: "prod" }, options);
        expect(second.steps[0]?.log).not.toContain("Building");
        expect(second.outputs["passed"]).toBe("true");
      } finally {
        await rm(checkout, { recursive: true, force: true });
      }
    }, 400_000);
  });

  describe("deploy.yml", () => {
    it("deploys, checks and keeps the reports", async () => {
      const steps = await deploy();
      const log = steps.map(({ name, log: text }) => `${name}\n${text}`).join("\n");
      expect(
        steps.map(({ outcome }) => outcome),
        log,
      ).toEqual(steps.map(() => "success"));
      expect(steps.find(({ name }) => name === "Deploy")?.log).toMatch(/Deployed/);
      expect((await readReport(join(world.app.folder, "reports/smoke.json"))).passed).toBe(true);
      expect(steps.find(({ name }) => name === "Smoke")?.summary).toContain("sequenceDiagram");
      expectNoSecret(log);
      const used = steps.flatMap(({ uses }) => uses ?? []);
      expect(used.map(({ action }) => action.split("@")[0])).toEqual([
        "actions/checkout",
        "actions/setup-node",
        "aws-actions/configure-aws-credentials",
        "actions/upload-artifact",
      ]);
      expect(used[2]?.with["role-to-assume"]).toBe("arn:aws:iam::123456789012:role/deploy");
      expect(used[3]?.with["path"]).toBe("reports");
    }, 300_000);

    it("fails with smoke and keeps the reports", async () => {
      const steps = await deploy({ TWITTER_ACCESS_TOKEN_SECRET: "of-another-token" });
      const smoke = steps.find(({ name }) => name === "Smoke");
      expect(smoke?.outcome, smoke?.log).toBe("failure");
      expect(smoke?.annotations.join("\n")).toMatch(/^::error /m);
      expect((await readReport(join(world.app.folder, "reports/smoke.json"))).passed).toBe(false);
      expect(await readFile(join(world.app.folder, "reports/smoke.xml"), "utf8")).toMatch(/<failure\b/);
      expect(steps.at(-1)).toMatchObject({ outcome: "success", uses: { with: { path: "reports" } } });
    }, 300_000);
  });

  describe("the recipe for a plain shell", () => {
    it("deploys, checks and exits with 0", async () => {
      const { code, stdout, stderr } = await runRecipe({
        ...secrets,
        PATH: await withCommand("npx", npxWithoutSst),
        STAGE: "prod",
      });
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toMatch(/^deployed: sst deploy --stage prod$/m);
      expect(stdout).toMatch(/all checks passed\n$/);
      expectNoSecret(stdout + stderr);
    }, 200_000);

    it("exits with the exit code of smoke", async () => {
      const { code, stdout } = await runRecipe({
        ...secrets,
        PATH: await withCommand("npx", npxWithoutSst),
        TWITTER_ACCESS_TOKEN_SECRET: "of-another",
        STAGE: "prod",
      });
      expect(code).toBe(1);
      expect(stdout).toMatch(/a check failed: see reports\/smoke\.html\n$/);
    }, 200_000);

    it("names a missing variable before it deploys", async () => {
      const { code, stderr } = await runRecipe({ STAGE: "prod" });
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/TWITTER_ACCESS_TOKEN/);
    });
  });
});

/** The cache of this machine, to avoid downloads. */
function npmCache(): string {
  return process.env["npm_config_cache"] ?? join(process.env["HOME"] ?? "", ".npm");
}
