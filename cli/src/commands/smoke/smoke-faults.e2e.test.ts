import { expect, test } from "vitest";
import { logInHere, runHere } from "../../../test/run-here.ts";
import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import type { SstApp } from "@api-auth-twitter/test-support/sst-app";
import { signOAuth1 } from "../../twitter/oauth1.ts";
import type { SmokeReport } from "./report.ts";

/** Broken variants of the stack, and the only checks that must fail. */
const broken: readonly [fault: string, edit: (app: SstApp) => Promise<void>, failing: string[]][] = [
  [
    "/private is public",
    (app) =>
      app.edit(
        "stacks/ExampleStack.ts",
        /"GET \/private": ("[^"]+")/,
        '"GET /private": { function: $1, authorizer: "none" }',
      ),
    [
      "private.unsigned",
      "private.tampered",
      "private.no-session-token",
      "private.expired-signature",
      "private.wrong-region",
      // Without an authorizer, the handler knows no identity.
      "private.signed",
    ],
  ],
  [
    "the permission is removed",
    (app) => app.edit("stacks/ExampleStack.ts", /^.*attachPermissionsForAuthUsers.*$/m, ""),
    ["private.signed"],
  ],
  [
    "guests are allowed",
    (app) =>
      app.edit(
        "stacks/ExampleStack.ts",
        "allowUnauthenticatedIdentities: false",
        "allowUnauthenticatedIdentities: true",
      ),
    ["cognito.guest"],
  ],
  [
    "the handler returns another identity",
    (app) =>
      app.edit(
        "packages/functions/src/private.ts",
        /`Hello \$\{[^}]+\}!`/,
        '"Hello us-east-1:00000000-0000-4000-8000-000000000000!"',
      ),
    ["identity.match"],
  ],
];

test.each(broken)("fails only the right checks when %s", async (_fault, edit, failing) => {
  const world = await deployWorld("broken", edit);
  try {
    expect((await logInHere(world.cli, "alice")).code).toBe(0);
    expect(await failingChecks(world)).toEqual(failing);
  } finally {
    await world.close();
  }
});

test("fails only the right checks when the token is revoked", async () => {
  const world = await deployWorld("revoked");
  try {
    expect((await logInHere(world.cli, "alice")).code).toBe(0);
    expect(await failingChecks(world)).toEqual([]);
    await revokeToken(world);
    expect(await failingChecks(world)).toEqual(["twitter.token", "cognito.get-id"]);
  } finally {
    await world.close();
  }
});

/** Sends POST /1.1/oauth/invalidate_token.json, as an app does when its user logs out. */
async function revokeToken({ cli, cloud }: DeployedWorld): Promise<void> {
  const url = new URL("/1.1/oauth/invalidate_token.json", cloud.twitterUrl);
  const tokenCredentials = (await cli.storedTokens()).at(-1);
  const { authorization } = signOAuth1(
    { method: "POST", url },
    {
      clientCredentials: {
        key: cloud.environment["TWITTER_CONSUMER_KEY"] ?? "",
        secret: cloud.environment["TWITTER_CONSUMER_SECRET"] ?? "",
      },
      ...(tokenCredentials === undefined ? {} : { tokenCredentials }),
      nonce: "revoke",
      timestamp: Math.floor(Date.now() / 1000),
      version: "1.0",
    },
  );
  const response = await fetch(url, { method: "POST", headers: Object.fromEntries([authorization]) });
  expect(response.status).toBe(200);
}

async function failingChecks({ cli }: DeployedWorld): Promise<string[]> {
  const { code, stdout } = await runHere(cli, ["smoke", "--json"]);
  const report = JSON.parse(stdout) as SmokeReport;
  const failed = report.checks.filter(({ status }) => status === "failed");
  expect(code).toBe(failed.length === 0 ? 0 : 1);
  expect(report.passed).toBe(failed.length === 0);
  for (const { error } of failed)
    expect(error).toMatchObject({ cause: expect.any(String), fix: expect.any(String) });
  return failed.map(({ name }) => name);
}
