import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nestedStackType } from "../src/cloudformation/stacks/nested-stacks.ts";
import { createResourceTypes } from "../src/cloudformation/resource-types/resource-types.ts";
import { recordedTypes } from "../src/cloudformation/resource-types/recorded.ts";
import { createCloudFormation } from "../src/cloudformation/cloudformation.ts";
import { createCognitoIdentity } from "../src/cognito-identity/cognito-identity.ts";
import { createOpenIdTokens } from "../src/cognito-identity/open-id-token.ts";
import { createEcr } from "../src/ecr/ecr.ts";
import { createIam } from "../src/iam/iam.ts";
import { createSessions } from "../src/iam/sessions.ts";
import { QueryParameters } from "../src/aws/query-protocol.ts";
import { createIssuerDirectory } from "../src/oidc/issuers.ts";
import { createSts } from "../src/sts/sts.ts";
import { createStacksFixture } from "./stacks-fixture.ts";

const page = readFileSync(new URL("../../../docs/local-cloud.md", import.meta.url), "utf8");

const now = (): Date => new Date();

/** The cells of the table below a heading, row by row. */
function tableBelow(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const { account, buckets, cloudWatch, parameterStore, secretsManager, stacks } = createStacksFixture();

it("docs/local-cloud.md lists the resource types of the local cloud", () => {
  const origins = {
    open: () => Promise.resolve(""),
    openFunctionUrl: () => Promise.resolve(""),
    openRestApi: () => Promise.resolve(""),
    openGraphqlApi: () => Promise.resolve(""),
    close: () => Promise.resolve(),
  };
  const dynamoDb = { run: () => Promise.resolve({}), redefine: () => Promise.resolve() };
  const types = createResourceTypes({
    account,
    now,
    buckets,
    cloudWatch,
    dynamoDb,
    parameterStore,
    secretsManager,
    origins,
  });
  const recorded = new Set(Object.keys(recordedTypes(account)));
  const expected = [...types.keys(), nestedStackType]
    .toSorted()
    .map((type) => [`\`${type}\``, recorded.has(type) ? "recorded" : "deployed"]);
  expect(tableBelow("Types")).toEqual(expected);
});

describe("docs/local-cloud.md lists the actions of the local cloud", () => {
  const sessions = createSessions({ now });
  const openIdTokens = createOpenIdTokens(now);
  const unknown = new QueryParameters("Action=Unknown");
  const cognitoIdentity = createCognitoIdentity({
    account,
    sessions,
    openIdTokens,
    twitterApiUrl: () => "",
    verifyTwitterToken: () => Promise.reject(new Error("no token")),
    issuers: createIssuerDirectory({}),
    now,
  });
  const caller = {
    kind: "user",
    accessKeyId: "",
    arn: "arn:aws:iam::000000000000:user/deployer",
    userId: "",
  } as const;
  // The error for an unknown action lists the supported ones.
  const services: [string, () => Promise<object>][] = [
    ["CloudFormation", () => createCloudFormation({ account, stacks, buckets }).handle(unknown)],
    ["CloudWatch", async () => cloudWatch.handle("Unknown", {})],
    ["Cognito Identity", () => cognitoIdentity.handle("Unknown", {})],
    ["ECR", () => createEcr(account, stacks).handle("Unknown", {})],
    ["IAM", () => createIam({ account, createdAt: now }).handle(unknown)],
    ["Secrets Manager", () => secretsManager.handle("Unknown", {})],
    ["STS", () => createSts({ account, sessions, openIdTokens, now }).handle(unknown, caller)],
    ["Systems Manager", () => parameterStore.handle("Unknown", {})],
  ];

  it.each(services)("%s", async (service, call) => {
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    const [, actions] = /It supports (.*)\.$/.exec(error?.message ?? "") ?? [];
    const documented = tableBelow("AWS actions").find(([name]) => name === service)?.[1];
    expect(documented).toBe(actions?.split(", ").toSorted().join(", "));
  });
});
