import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuthCli, authCliPath, createAuthCli } from "@api-auth-twitter/test-support/auth-cli";
import {
  type RecordedServices,
  startRecordedServices,
} from "@api-auth-twitter/test-support/recorded-services";

/** The runner of GitHub Actions hides a line with this command, and masks its value in later lines. */
const command = /^::add-mask::(.*)$/gm;

describe("secrets in the log of GitHub Actions", () => {
  const token = {
    TWITTER_ACCESS_TOKEN: "1-some-token-of-alice",
    TWITTER_ACCESS_TOKEN_SECRET: "some-secret-of-alice",
  };
  let services: RecordedServices;
  let folder: string;
  let cli: AuthCli;
  let target: string[];

  beforeAll(async () => {
    services = await startRecordedServices();
    folder = await mkdtemp(join(tmpdir(), "auth-cli-masks-"));
    cli = await createAuthCli(folder, { ...token, AWS_ENDPOINT_URL_COGNITO_IDENTITY: services.url });
    target = [
      "--endpoint",
      services.url,
      "--identity-pool-id",
      "eu-west-1:00000000-0000-4000-8000-000000000000",
    ];
  });
  afterAll(async () => {
    await cli.remove();
    await services.close();
    await rm(folder, { recursive: true, force: true });
  });

  const secrets = (): string[] => [
    token.TWITTER_ACCESS_TOKEN,
    token.TWITTER_ACCESS_TOKEN_SECRET,
    services.credentials.secretAccessKey,
    services.credentials.sessionToken,
  ];

  it.each([
    ["call", "/x", "-v"],
    ["call", "/x", "--json"],
    ["credentials"],
    ["credentials", "--format", "env"],
  ])("are masked once by %s %s %s, which prints only its result to standard output", async (...words) => {
    const args = [...words.filter((word) => word !== undefined), ...target];
    const plain = await cli.run(args);
    const inActions = await cli.run(args, { variables: { GITHUB_ACTIONS: "true" } });
    expect(plain.stderr).not.toContain("::");
    expect([inActions.code, plain.code], inActions.stderr).toEqual([0, 0]);
    const masked = [...inActions.stderr.matchAll(command)].map(([, value = ""]) => value);
    expect(masked.toSorted()).toEqual(secrets().toSorted());
    const shown = inActions.stderr.replace(command, "");
    for (const secret of secrets()) expect(shown).not.toContain(secret);
    expect(inActions.stdout).not.toContain("::");
    // The body of a call may change.
    const exact = words.includes("credentials");
    expect(exact ? inActions.stdout : "").toBe(exact ? plain.stdout : "");
  });

  it("are not written to a file on standard error", async () => {
    const log = join(folder, "log");
    const words = [process.execPath, authCliPath, "call", "/x", "-v", ...target];
    await promisify(execFile)("/bin/sh", ["-c", '"$@" 2>"$LOG"', "sh", ...words], {
      cwd: folder,
      env: { ...cli.variables, GITHUB_ACTIONS: "true", LOG: log },
      timeout: 30_000,
    });
    const text = await readFile(log, "utf8");
    expect(text).toContain("> GET /x");
    for (const secret of [...secrets(), "of a secret", "::add-mask::"]) expect(text).not.toContain(secret);
  });
});
