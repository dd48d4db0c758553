import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import type { SstApp } from "@api-auth-twitter/test-support/sst-app";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { logInHere, runHere } from "../../../test/run-here.ts";
import { signSigV4 } from "../../aws/sigv4.ts";
import type { DoctorReport, Finding } from "./finding.ts";

const stack = "stacks/ExampleStack.ts";

interface Examined {
  code: number | null;
  report: DoctorReport;
  /** By name. */
  findings: Record<string, Finding>;
  /** The names of those that are faults. */
  faults: string[];
}

async function examine(world: DeployedWorld, variables: Record<string, string> = {}): Promise<Examined> {
  const { code, stdout, stderr } = await runHere(world.cli, ["doctor", "--deep", "--json"], { variables });
  const { TWITTER_CONSUMER_SECRET: consumer, AWS_SECRET_ACCESS_KEY: deployer } = world.cloud.environment;
  for (const secret of [consumer, deployer]) expect(stdout + stderr).not.toContain(secret);
  const report = JSON.parse(stdout) as DoctorReport;
  const findings = Object.fromEntries(report.findings.map((finding) => [finding.name, finding]));
  const faults = report.findings.filter(({ status }) => status === "fault").map(({ name }) => name);
  return { code, report, findings, faults };
}

/** Changes the CloudFormation resources of a type after SST created them. */
const override =
  (type: string, change: string) =>
  (app: SstApp): Promise<void> =>
    app.edit(
      stack,
      "stack.addOutputs(",
      `for (const child of stack.node.findAll() as any[]) {
         if (child.cfnResourceType === "${type}" && (child.node.path as string).includes("Auth")) child.${change};
       }
       stack.addOutputs(`,
    );

const trust = (change: string): ((app: SstApp) => Promise<void>) => {
  const condition = "AssumeRolePolicyDocument.Statement.0.Condition";
  return override("AWS::IAM::Role", change.replaceAll("$", condition));
};

/** An edit, and the faults that --deep must find. */
interface Break {
  edit: (app: SstApp) => Promise<void>;
  faults: Record<string, RegExp>;
}

const setting = (name: string, value: string): Break["edit"] => {
  return (app) => writeFile(join(app.folder, ".env"), `${name}=${value}\n`);
};

const breaks = {
  "the pool gives guests an identity": {
    edit: (app) =>
      app.edit(stack, "allowUnauthenticatedIdentities: false", "allowUnauthenticatedIdentities: true"),
    faults: {
      "pool.guests": /^the pool gives guests an identity$/,
      "stack.guests": /^the identity pool gives guests an identity$/,
    },
  },
  "the permission is missing": {
    edit: (app) => app.edit(stack, /^.*attachPermissionsForAuthUsers.*$/m, ""),
    faults: { "role.permissions": /^the role does not allow execute-api:Invoke on GET \/private$/ },
  },
  "the pool has another consumer secret": {
    edit: setting("TWITTER_CONSUMER_SECRET", "x".repeat(50)),
    faults: { "pool.consumer-key": /the same consumer key, but another consumer secret$/ },
  },
  "the pool has another consumer key": {
    edit: setting("TWITTER_CONSUMER_KEY", "x".repeat(25)),
    faults: { "pool.consumer-key": /consumer key differs from the one here$/ },
  },
  "the trust policy has no amr": {
    edit: trust('addPropertyDeletionOverride("$.ForAnyValue:StringLike")'),
    faults: { "role.trust": /^guests of the pool can assume the role too$/ },
  },
  // IAM refuses a trust policy for Cognito that does not name aud at all.
  "the trust policy excludes one aud only": {
    edit: trust(`addPropertyDeletionOverride("$.StringEquals"), child.addPropertyOverride("$.StringNotEquals", {
      "cognito-identity.amazonaws.com:aud": "us-east-1:another-pool" })`),
    faults: { "role.trust": /^users of any identity pool, of any account, can assume the role$/ },
  },
  "no role is attached": {
    edit: override(
      "AWS::Cognito::IdentityPoolRoleAttachment",
      'addPropertyDeletionOverride("Roles.authenticated")',
    ),
    faults: { "role.attached": /^the pool has no role for authenticated users$/ },
  },
  "/private is open": {
    edit: (app) =>
      app.edit(stack, /"GET \/private": ("[^"]+")/, '"GET /private": { function: $1, authorizer: "none" }'),
    faults: {
      "api.private": /^GET \/private is open to everybody/,
      "routes.authorizers": /^no route of the API requires a signature/,
    },
  },
} satisfies Record<string, Break>;

/** Several per deploy, where one does not hide the other. */
const deployments: readonly (readonly (keyof typeof breaks)[])[] = [
  [
    "the pool gives guests an identity",
    "the trust policy has no amr",
    "the pool has another consumer secret",
  ],
  [
    "the permission is missing",
    "the trust policy excludes one aud only",
    "the pool has another consumer key",
  ],
  ["no role is attached", "/private is open"],
];

describe("doctor --deep", () => {
  test("is tested with every edit", () => {
    expect(deployments.flat().toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      Object.keys(breaks).toSorted((a, b) => (a < b ? -1 : 1)),
    );
  });

  test.each(deployments.map((names) => ({ names })))(
    "finds that $names, and no other fault",
    async ({ names }) => {
      const world = await deployWorld("prod", async (app) => {
        for (const name of names) await breaks[name].edit(app);
      });
      try {
        const { code, findings, faults } = await examine(world);
        const expected = names.flatMap((name) => Object.entries<RegExp>(breaks[name].faults));
        expect([code, new Set(faults)]).toEqual([1, new Set(expected.map(([name]) => name))]);
        for (const [name, message] of expected) {
          expect(findings[name]?.message).toMatch(message);
          expect(findings[name]?.fix).toBeTypeOf("string");
        }
      } finally {
        await world.close();
      }
    },
  );
});

describe("doctor --deep of a working stack", () => {
  let world: DeployedWorld;
  beforeAll(async () => {
    world = await deployWorld("prod", (app) =>
      app
        .edit(
          stack,
          "stack.addOutputs(",
          `const statement = (actions: string[]) => new PolicyStatement({ actions, resources: ["*"] });
         const viewer = new Role(stack, "Viewer", { roleName: "viewer", assumedBy: new AccountRootPrincipal() });
         viewer.addToPolicy(statement(["cognito-identity:*", "apigateway:GET", "iam:ListRolePolicies",
           "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"]));
         stack.addOutputs(`,
        )
        .then(() =>
          app.edit(
            stack,
            /^/,
            'import { AccountRootPrincipal, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";\n',
          ),
        ),
    );
    await logInHere(world.cli, "alice");
  });
  afterAll(() => world.close());

  test("has no warning, skips nothing and exits with 0", async () => {
    const { code, report } = await examine(world);
    expect(report.findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect([code, report.passed]).toEqual([0, true]);
    expect(
      report.findings
        .map(({ name }) => name)
        .filter((name) => /^(deployer|pool|role|routes|template)/.test(name)),
    ).toEqual([
      "deployer.credentials",
      "pool.guests",
      "pool.provider",
      "pool.consumer-key",
      "role.attached",
      "role.trust",
      "role.permissions",
      "routes.authorizers",
      "routes.integrations",
      "template.deployed",
    ]);
  });

  test("skips what the deployer may not read, and names the IAM action", async () => {
    const { code, findings, faults } = await examine(world, await assume(world, "viewer"));
    expect([code, faults]).toEqual([0, []]);
    expect(findings["deployer.credentials"]?.message).toMatch(/assumed-role\/viewer\//);
    expect(findings["role.trust"]).toMatchObject({
      status: "skipped",
      message: "not checked: the deployer's credentials lack iam:GetRole",
    });
    expect(findings["template.deployed"]).toMatchObject({
      status: "skipped",
      message: "not checked: the deployer's credentials lack cloudformation:GetTemplate",
    });
    // Without iam:SimulatePrincipalPolicy, doctor reads the policies.
    expect(findings["role.permissions"]).toMatchObject({
      status: "ok",
      message: "the role allows GET /private (by the text of its policies)",
    });
  });

  test("reports missing and wrong credentials", async () => {
    const without = await examine(world, { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    expect([without.code, without.faults]).toEqual([1, ["deployer.credentials"]]);
    const wrong = await examine(world, { AWS_SECRET_ACCESS_KEY: "wrong-secret-of-a-deployer" });
    expect([wrong.code, wrong.faults]).toEqual([1, ["deployer.credentials"]]);
    expect(wrong.findings["deployer.credentials"]?.message).toMatch(/SignatureDoesNotMatch/);
  });

  test("warns of a template that is not deployed, and names the difference", async () => {
    const path = join(world.app.folder, ".sst/dist/prod-api-auth-twitter-ExampleStack.template.json");
    const before = await readFile(path, "utf8");
    const template = JSON.parse(before) as { Outputs: Record<string, unknown> };
    template.Outputs["Another"] = { Value: "1" };
    await writeFile(path, JSON.stringify(template));
    const { code, findings } = await examine(world);
    await writeFile(path, before);
    expect(code).toBe(0);
    expect(findings["template.deployed"]).toMatchObject({
      status: "warning",
      evidence: ["they differ in Another"],
    });
  });
});

/** The variables of assumed credentials, as from `aws sts assume-role`. */
async function assume({ cloud }: DeployedWorld, roleName: string): Promise<Record<string, string>> {
  const url = new URL("/", cloud.awsUrl);
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
    cloud.environment;
  const form = { Action: "AssumeRole", Version: "2011-06-15", RoleSessionName: "me" };
  const body = Buffer.from(
    new URLSearchParams({ ...form, RoleArn: `arn:aws:iam::000000000000:role/${roleName}` }).toString(),
  );
  const { headers } = await signSigV4(
    { method: "POST", url, headers: [["Content-Type", "application/x-www-form-urlencoded"]], body },
    { credentials: { accessKeyId, secretAccessKey }, region: "us-east-1", service: "sts", nowMs: Date.now() },
  );
  const response = await fetch(url, { method: "POST", headers: Object.fromEntries(headers), body });
  const text = await response.text();
  const element = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1] ?? "";
  return {
    AWS_ACCESS_KEY_ID: element("AccessKeyId"),
    AWS_SECRET_ACCESS_KEY: element("SecretAccessKey"),
    AWS_SESSION_TOKEN: element("SessionToken"),
  };
}
