import { describe, expect, it } from "vitest";
import type { Environment } from "../../environment/environment.ts";
import { AuthCliError, type ErrorCode } from "../../errors.ts";
import { run } from "../run.ts";
import { reply } from "../../../test/fakes/fake-environment.ts";
import { authCli, createWorld, reportedError, type World } from "../../../test/fakes/world.ts";

/** Like `runIn`, without its check that no output contains a secret. */
async function credentials(args: readonly string[], options: World = {}, changes: object = {}) {
  const keys = {
    AccessKeyId: "ASIAIOEXAMPLE0000000",
    SecretKey: "secret/key+with=signs",
    SessionToken: "token/with+signs==",
    Expiration: 1_772_370_000.25,
    ...changes,
  };
  const answers = {
    "cognito.get-credentials": () => reply(200, { IdentityId: services.identityId, Credentials: keys }),
  };
  const { environment, services } = createWorld({ loggedIn: true, ...options });
  Object.assign(services.answers, answers);
  const code = await run(["credentials", ...args], {
    version: "0.0.0-test",
    createEnvironment: (): Environment => environment,
  });
  return { code, stdout: environment.stdout(), stderr: environment.stderr(), keys, services, environment };
}

const failing = (code: ErrorCode) => (): never => {
  throw new AuthCliError(code, { message: "cannot reach Cognito", cause: "no route" });
};

/** Runs the command, and again with these minutes left. @returns the expirations of both, and what the second printed */
async function twice(minutesLeft: number, between: (world: ReturnType<typeof createWorld>) => void) {
  const world = createWorld({ loggedIn: true });
  const once = (): Promise<number> =>
    run(["credentials"], { version: "0", createEnvironment: (): Environment => world.environment });
  const issued = (): string | undefined =>
    [...world.environment.stdout().matchAll(/"Expiration": "(.*)"/g)].at(-1)?.[1];
  await once();
  const first = issued();
  world.environment.clock.ms = Date.parse(first ?? "") - minutesLeft * 60_000;
  between(world);
  const code = await once();
  return { code, stderr: world.environment.stderr(), first, second: issued() };
}

describe("credentials", () => {
  it("prints the login itself for the secret of a canary, and sends no request", async () => {
    const { code, stdout, services, environment } = await credentials(["--format", "canary"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      accessToken: services.tokenCredentials.token,
      accessTokenSecret: services.tokenCredentials.secret,
      consumerKey: services.clientCredentials.key,
      consumerSecret: services.clientCredentials.secret,
    });
    expect(environment.requests).toEqual([]);
  });

  it("gives a canary no login that expires", async () => {
    const { code, stdout, stderr } = await credentials(["--format", "canary"], {
      variables: { AUTH_CLI_LOGIN: "accounts.google.com=env:TOKEN", TOKEN: "an.id.token" },
    });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("error: a canary cannot use the login by accounts.google.com");
  });

  it("prints the format of credential_process by default", async () => {
    for (const args of [[], ["--format", "process"]]) {
      const { code, stdout, stderr, keys } = await credentials(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toEqual({
        Version: 1,
        AccessKeyId: keys.AccessKeyId,
        SecretAccessKey: keys.SecretKey,
        SessionToken: keys.SessionToken,
        Expiration: "2026-03-01T13:00:00+00:00",
      });
    }
  });

  it("adds the identity id under --json", async () => {
    for (const args of [["--json"], ["--format", "json"]]) {
      const { stdout, services } = await credentials(args);
      expect(JSON.parse(stdout)).toMatchObject({ Version: 1, IdentityId: services.identityId });
    }
    // --format takes precedence over --json.
    expect((await credentials(["--json", "--format", "env"])).stdout).toMatch(/^export AWS_/);
  });

  it.each([
    ["env", "export AWS_ACCESS_KEY_ID=ASIAIOEXAMPLE0000000\n"],
    ["env-no-export", "AWS_ACCESS_KEY_ID=ASIAIOEXAMPLE0000000\n"],
    ["powershell", '$Env:AWS_ACCESS_KEY_ID="ASIAIOEXAMPLE0000000"\n'],
    ["windows-cmd", "set AWS_ACCESS_KEY_ID=ASIAIOEXAMPLE0000000\n"],
    ["fish", "set -gx AWS_ACCESS_KEY_ID ASIAIOEXAMPLE0000000;\n"],
  ])("prints the format %s, starting with %j", async (format, line) => {
    const { stdout } = await credentials(["--format", format]);
    expect(stdout.startsWith(line)).toBe(true);
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
  });

  it("rejects an unknown format and names the valid ones", async () => {
    const ran = await authCli(["credentials", "--format", "yaml", "--json"], { loggedIn: true });
    expect(ran.code).toBe(2);
    expect(reportedError(ran)["cause"]).toContain("process, env, env-no-export, powershell");
  });

  it("masks the secrets in the log of GitHub Actions, but not in the output", async () => {
    const { stdout, stderr, keys } = await credentials(["--format", "env"], {
      variables: { GITHUB_ACTIONS: "true" },
    });
    const lines = stderr.split("\n");
    for (const secret of [keys.SecretKey, keys.SessionToken])
      expect(lines.filter((line) => line === `::add-mask::${secret}`)).toHaveLength(1);
    expect(lines.filter((line) => !line.startsWith("::add-mask::"))).toEqual([""]);
    expect(stdout).not.toContain("::");
    expect((await credentials([], { variables: { GITHUB_ACTIONS: "false" } })).stderr).toBe("");
  });

  it("exits with 4 without a login, with nothing on stdout", async () => {
    const ran = await authCli(["credentials"]);
    expect([ran.code, ran.stdout]).toEqual([4, ""]);
  });

  it.each(["AccessKeyId", "SecretKey", "SessionToken"])(
    "refuses a character that AWS does not use in %s, before it is cached or printed",
    async (member) => {
      for (const character of [
        "$(x)",
        "`",
        '"',
        "'",
        ";",
        "\n",
        "\r",
        "\u001b",
        "\u202e",
        " ",
        "é",
        "\0",
        "%",
        "&",
        "|",
      ]) {
        for (const format of ["env", "fish", "powershell", "windows-cmd", "process", "json"]) {
          const value = `ASIAEXAMPLE${character}x`;
          const { code, stdout, stderr, environment } = await credentials(
            ["--format", format],
            {},
            { [member]: value },
          );
          expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
          expect(stderr).toContain("credentials in characters that AWS uses");
          expect(stderr).not.toContain(value);
          expect(Object.keys(environment.fileTexts()).filter((path) => path.includes("/.cache/"))).toEqual(
            [],
          );
        }
      }
    },
  );

  it("does not print such a character from the cache", async () => {
    const world = createWorld({ loggedIn: true });
    await run(["call", "/private"], {
      version: "0",
      createEnvironment: (): Environment => world.environment,
    });
    const [path = "", text = ""] =
      Object.entries(world.environment.fileTexts()).find(([name]) => name.includes("/.cache/")) ?? [];
    const hostile = text.replace('"sessionToken":"', '"sessionToken":"$(touch marker)');
    expect(hostile).not.toBe(text);
    world.environment.addFile(path, hostile);
    const code = await run(["credentials", "--format", "env"], {
      version: "0",
      createEnvironment: (): Environment => world.environment,
    });
    expect(code).toBe(0);
    expect(world.environment.stdout()).not.toContain("marker");
  });

  describe("renewal", () => {
    it.each([
      [16, false],
      [14, true],
      [6, true],
    ])("happens with %i minutes left: %j, since botocore asks again from 15 on", async (minutes, renewed) => {
      const { first, second } = await twice(minutes, () => {});
      expect(second !== first).toBe(renewed);
    });

    it.each<ErrorCode>(["unreachable", "timeout", "server-error", "proxy-refused", "connection-lost"])(
      "keeps keys that are still good after %s",
      async (code) => {
        const { stderr, first, second } = await twice(2, ({ services: { answers } }) => {
          answers["cognito.get-credentials"] = failing(code);
        });
        expect(second).toBe(first);
        expect(stderr).toMatch(/^warning: cannot reach Cognito \(no route\); using the credentials that/);
      },
    );

    it.each<[ErrorCode, number, number]>([
      ["unreachable", 0, 3],
      ["cognito-refused", 2, 4],
      ["tls-refused", 2, 3],
      ["computer-fault", 2, 3],
    ])("fails after %s with %i minutes left", async (refusal, minutes, exitCode) => {
      const { code } = await twice(minutes, ({ services: { answers } }) => {
        answers["cognito.get-credentials"] = failing(refusal);
      });
      expect(code).toBe(exitCode);
    });
  });
});
