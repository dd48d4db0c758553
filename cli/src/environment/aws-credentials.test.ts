import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { listen } from "@api-auth-twitter/test-support/listen";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failure, reply, sentHeader } from "../../test/fakes/fake-environment.ts";
import { formatError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { findAwsCredentials, findAwsRegion } from "./aws-credentials.ts";

let home: string;
let requests: HttpRequest[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "aws-credentials-"));
  requests = [];
  // The SDK looks for tokens of SSO below HOME.
  vi.stubEnv("HOME", home);
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(home, file)), { recursive: true });
  writeFileSync(join(home, file), text);
}

function sources(answer?: () => HttpResponse) {
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    requests.push(request);
    if (answer === undefined) throw new Error("the test has no answer");
    return answer();
  };
  return { variables: process.env, homeDirectory: home, send };
}

const find = (profile?: string, answer?: () => HttpResponse) =>
  findAwsCredentials(sources(answer), { profile, region: "eu-west-1" });

const keys = (id: string): string => `aws_access_key_id = ${id}\naws_secret_access_key = s/e=c+r;et#hush\n`;
const soon = new Date(Date.now() + 3_600_000).toISOString();
const sts = (action: string) => () =>
  reply(
    200,
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>token</SessionToken><Expiration>${soon}</Expiration></Credentials></${action}Result></${action}Response>`,
    [["Content-Type", "text/xml"]],
  );

describe("findAwsCredentials", () => {
  it.each<[string, string, string | undefined]>([
    ["the default profile", `[default]\n${keys("AKIA1")}`, undefined],
    ["[default] with a comment", `[default] # mine\n${keys("AKIA1")}`, undefined],
    ["a name with dots", `[acme.prod.eu]\n${keys("AKIA1")}`, "acme.prod.eu"],
    ["a value in CRLF lines", `[work]\r\n${keys("AKIA1").replaceAll("\n", "\r\n")}`, "work"],
    ["comments", `# a\n[work]\n; b\n${keys("AKIA1")}\n[default]\n${keys("AKIA2")}`, "work"],
  ])("reads %s in ~/.aws/credentials", async (_name, text, profile) => {
    write(".aws/credentials", text);
    expect(await find(profile)).toMatchObject({
      accessKeyId: "AKIA1",
      secretAccessKey: "s/e=c+r;et#hush",
    });
  });

  it.each<[string, string, string | undefined]>([
    ["[profile default]", "[profile default]", undefined],
    ["quotes", '[profile "work"]', "work"],
    ["blanks around it", "  [profile work]  ", "work"],
    ["a tab", "[profile\twork]", "work"],
    ["a comment", "[profile work] ; mine", "work"],
  ])("reads a profile with %s in ~/.aws/config", async (_name, section, profile) => {
    write(".aws/config", `${section}\n${keys("AKIA1")}`);
    expect((await find(profile))?.accessKeyId).toBe("AKIA1");
  });

  it("expands ~ in AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE", async () => {
    write("own/keys", `[work]\n${keys("AKIA1")}`);
    write("own/config", "[profile work]\nregion = eu-north-1\n");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "~/own/keys");
    vi.stubEnv("AWS_CONFIG_FILE", "~/own/config");
    expect((await find("work"))?.accessKeyId).toBe("AKIA1");
    expect(await findAwsRegion(sources(), "work")).toBe("eu-north-1");
  });

  it("finds nothing without files", async () => {
    expect(await find()).toBeUndefined();
    expect(await findAwsRegion(sources())).toBeUndefined();
  });

  it("finds a region and no credentials in a default profile with a region only", async () => {
    write(".aws/config", "[default]\nregion = eu-west-1\n");
    expect(await find()).toBeUndefined();
    expect(await findAwsRegion(sources())).toBe("eu-west-1");
    expect(requests).toEqual([]);
  });

  it("assumes the role of a profile", async () => {
    write(
      ".aws/config",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\n",
    );
    write(".aws/credentials", `[base]\n${keys("AKIABASE")}`);
    expect(await find("work", sts("AssumeRole"))).toMatchObject({ accessKeyId: "ASIAROLE" });
    const [request] = requests;
    expect(request?.url.href).toBe("https://sts.eu-west-1.amazonaws.com/");
    expect(request && sentHeader(request, "authorization")).toContain("Credential=AKIABASE/");
    expect(Buffer.from(request?.body ?? []).toString()).toContain("role%2Fdeploy");
  });

  it("uses the web identity of a profile, and the one that the environment names", async () => {
    write("token", "web-identity-token");
    const role = "arn:aws:iam::123456789012:role/ci";
    write(
      ".aws/config",
      `[profile ci]\nrole_arn = ${role}\nweb_identity_token_file = ${join(home, "token")}\n`,
    );
    const answer = sts("AssumeRoleWithWebIdentity");
    expect(await find("ci", answer)).toMatchObject({ accessKeyId: "ASIAROLE", sessionToken: "token" });
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", join(home, "token"));
    vi.stubEnv("AWS_ROLE_ARN", role);
    expect(await find(undefined, answer)).toMatchObject({ accessKeyId: "ASIAROLE" });
    for (const { body } of requests)
      expect(Buffer.from(body ?? []).toString()).toContain("WebIdentityToken=web-identity-token");
  });

  it("runs the process of a profile", async () => {
    const output = { Version: 1, AccessKeyId: "AKIAPROC", SecretAccessKey: "hush", Expiration: soon };
    write("print.cjs", `console.log(${JSON.stringify(JSON.stringify(output))})`);
    write(
      ".aws/config",
      `[profile work]\ncredential_process = "${process.execPath}" "${join(home, "print.cjs")}"\n`,
    );
    expect(await find("work")).toMatchObject({ accessKeyId: "AKIAPROC" });
  });

  const ssoProfile =
    "[profile work]\nsso_session = acme\nsso_account_id = 123456789012\nsso_role_name = deploy\n" +
    "[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n";
  const ssoCache = `.aws/sso/cache/${createHash("sha1").update("acme").digest("hex")}.json`;

  it("uses the session of IAM Identity Center", async () => {
    write(".aws/config", ssoProfile);
    write(ssoCache, JSON.stringify({ accessToken: "sso-token", expiresAt: soon }));
    const roleCredentials = {
      accessKeyId: "ASIASSO",
      secretAccessKey: "hush",
      sessionToken: "t",
      expiration: Date.parse(soon),
    };
    expect(await find("work", () => reply(200, { roleCredentials }))).toMatchObject({
      accessKeyId: "ASIASSO",
    });
    const [request] = requests;
    expect(request?.url.href).toBe(
      "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=deploy&account_id=123456789012",
    );
    expect(request && sentHeader(request, "x-amz-sso_bearer_token")).toBe("sso-token");
  });

  it("asks the container that the environment names", async () => {
    const server = createServer((_request, response) =>
      response.end(
        JSON.stringify({ AccessKeyId: "ASIAECS", SecretAccessKey: "hush", Token: "t", Expiration: soon }),
      ),
    );
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `http://127.0.0.1:${await listen(server)}/keys`);
    try {
      expect(await find()).toMatchObject({ accessKeyId: "ASIAECS", sessionToken: "t" });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it.each<[string, string, string, RegExp]>([
    [
      "an unknown profile",
      `[profile a]\n${keys("AKIA1")}`,
      "typo",
      /no AWS profile typo\n.*have a\n.*--profile/,
    ],
    [
      "an SSO session that ended",
      ssoProfile,
      "work",
      /profile work\ncause: .*\nfix: run `aws sso login --profile work`$/,
    ],
    [
      "a process that fails",
      "[profile work]\ncredential_process = false --password hush\n",
      "work",
      /profile work\ncause: its credential_process failed\nfix: correct the profile/,
    ],
    [
      "a process that prints no JSON",
      "[profile work]\ncredential_process = echo hush\n",
      "work",
      /credential_process returned invalid JSON/,
    ],
    [
      "a role with MFA",
      `[profile work]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\nmfa_serial = arn:m\n[profile b]\n${keys("AKIA1")}`,
      "work",
      /multi-factor.*export-credentials --profile work/s,
    ],
    [
      "a role in a circle",
      "[profile a]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = a\n",
      "a",
      /cycle/,
    ],
    [
      "a profile without keys",
      "[profile work]\nregion = eu-west-1\n",
      "work",
      /credentials of the profile work/,
    ],
  ])("names %s and its fix, and shows no secret", async (_name, config, profile, text) => {
    write(".aws/config", config);
    const error = await failure(() => find(profile));
    expect(error.code).toBe("missing-configuration");
    const printed = formatError(error).join("\n");
    expect(printed).toMatch(text);
    expect(printed).not.toContain("hush");
  });

  it("shows the refusal of STS", async () => {
    write(".aws/config", "[profile work]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\n");
    write(".aws/credentials", `[b]\n${keys("AKIA1")}`);
    const refusal =
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    const error = await failure(() => find("work", () => reply(403, refusal)));
    expect(error.cause).toContain("not authorized to perform: sts:AssumeRole");
  });

  it("sends no keys over plain http to another computer", async () => {
    write(".aws/config", "[profile work]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\n");
    write(".aws/credentials", `[b]\n${keys("AKIA1")}`);
    vi.stubEnv("AWS_ENDPOINT_URL_STS", "http://sts.example");
    expect((await failure(() => find("work", sts("AssumeRole")))).message).toContain("plain http");
    expect(requests).toEqual([]);
  });
});
