import { findPeer } from "@api-auth-twitter/test-support/peers";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createSessions } from "../iam/sessions.ts";
import { createAccount } from "../account.ts";
import { allow, deployApi, deployFunction, deployRole } from "../../test/account-fixture.ts";
import { createApiOrigins, type ApiOrigins } from "../api-origins.ts";

const curl = findPeer("curl");

const now = () => new Date();

describe.skipIf(curl === undefined)("curl --aws-sigv4", () => {
  const account = createAccount("123456789012", "us-east-1");
  const sessions = createSessions({ now });
  const log: string[] = [];
  let host: ApiOrigins;
  let origin: string;

  beforeAll(async () => {
    const lambdaFunction = deployFunction(account, "f", "export const handler = async (event) => event;");
    host = createApiOrigins({ account, sessions, now, region: "us-east-1", log: (line) => log.push(line) });
    origin = await host.open(
      deployApi(account, { "ANY /{proxy+}": { lambdaFunction, authorizationType: "AWS_IAM" } }),
    );
  });
  afterAll(() => host.closeAll());

  const role = deployRole(account, "authenticated", [allow("execute-api:Invoke", "*")]);

  /** The secret is in a curl config on standard input, not in argv. */
  async function call(path: string, args: string[] = [], { token = true, service = "execute-api" } = {}) {
    const { accessKeyId, secretAccessKey, sessionToken } = sessions.issue({
      role,
      sessionName: "CognitoIdentityCredentials",
      durationSeconds: 3600,
    });
    const config = [
      `user = "${accessKeyId}:${secretAccessKey}"`,
      `aws-sigv4 = "aws:amz:us-east-1:${service}"`,
      ...(token ? [`header = "X-Amz-Security-Token: ${sessionToken}"`] : []),
    ];
    const { stdout } = await runProcess(
      curl ?? "",
      [
        "--silent",
        "--max-time",
        "10",
        "--config",
        "-",
        "--write-out",
        "\n%{http_code}",
        ...args,
        `${origin}${path}`,
      ],
      { env: {}, stdin: config.join("\n") },
    );
    const [body = "", status = ""] = stdout.split(/\n(?=\d+$)/);
    return { status: Number(status), body };
  }

  it("is accepted", async () => {
    const { status, body } = await call("/private", [
      "--data",
      '{"a":1}',
      "--header",
      "content-type: application/json",
    ]);
    expect([status, log]).toEqual([200, [expect.stringMatching(/^api POST \/private 200 \d+ ms$/)]]);
    expect(JSON.parse(body)).toMatchObject({
      body: '{"a":1}',
      requestContext: { http: { method: "POST" }, authorizer: { iam: { cognitoIdentity: null } } },
    });
  });

  it.each([
    ["without the session token", { token: false }],
    ["for another service", { service: "s3" }],
  ])("is refused %s", async (_name, options) => {
    await expect(call("/private", [], options)).resolves.toEqual({
      status: 403,
      body: '{"message":"Forbidden"}',
    });
  });
});
