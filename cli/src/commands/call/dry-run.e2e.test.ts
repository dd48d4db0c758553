import { findPeer } from "@api-auth-twitter/test-support/peers";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccount } from "../../../../packages/local-cloud/src/account.ts";
import { createApiOrigins, type ApiOrigins } from "../../../../packages/local-cloud/src/api-origins.ts";
import { createSessions } from "../../../../packages/local-cloud/src/iam/sessions.ts";
import {
  allow,
  deployApi,
  deployFunction,
  deployRole,
} from "../../../../packages/local-cloud/test/account-fixture.ts";
import { createFakeEnvironment } from "../../../test/fakes/fake-environment.ts";
import { buildRequest, type RequestFlags } from "./build-request.ts";
import { curlCommand } from "./dry-run.ts";

const curl = findPeer("curl");
const now = () => new Date();

interface Received {
  rawPath: string;
  rawQueryString: string;
  headers: Record<string, string>;
  body?: string;
}

describe.skipIf(curl === undefined)("the curl command of --dry-run", () => {
  const account = createAccount("123456789012", "us-east-1");
  const sessions = createSessions({ now });
  const role = deployRole(account, "authenticated", [allow("execute-api:Invoke", "*")]);
  let host: ApiOrigins;
  let origin: URL;

  beforeAll(async () => {
    const lambdaFunction = deployFunction(account, "f", "export const handler = async (event) => event;");
    host = createApiOrigins({ account, sessions, now, region: "us-east-1", log: () => {} });
    const api = deployApi(account, { $default: { lambdaFunction, authorizationType: "AWS_IAM" } });
    origin = new URL(await host.open(api));
  });
  afterAll(() => host.closeAll());

  async function send(target: string[], flags: RequestFlags = {}) {
    const request = await buildRequest(createFakeEnvironment({ input: "the body" }), origin, target, flags);
    const issued = sessions.issue({ role, sessionName: "CognitoIdentityCredentials", durationSeconds: 3600 });
    const { stdout, stderr } = await runProcess(
      "/bin/sh",
      [
        "-c",
        `${curlCommand(request, { service: "execute-api", region: "us-east-1" })} -m 10 -w '\n%{http_code}'`,
      ],
      {
        env: {
          PATH: process.env["PATH"],
          AWS_ACCESS_KEY_ID: issued.accessKeyId,
          AWS_SECRET_ACCESS_KEY: issued.secretAccessKey,
          AWS_SESSION_TOKEN: issued.sessionToken,
        },
        stdin: "the body",
      },
    );
    const [body = "", status = ""] = stdout.split(/\n(?=\d+$)/);
    return { request, status: Number(status), body, stderr };
  }

  it.each([
    "/",
    "/private",
    "/a@b",
    "/star*",
    "/a b",
    "/a%20b",
    "/a%2520b",
    "/a%2Fb",
    "/é",
    "/日本/✈",
    "/a//b",
    "//a",
    "/a..b//c//.../",
    "/it's/(x)!$&'()+,;=:~",
    "/[x]/{y}/|^`%5C",
    '/"quoted"<>',
    "/%",
    "/%zz",
    "/100%/x",
    "/x?b=2&a=2&a=1&A=3&aa=&a",
    "/x?a=1+2&b=%2B&c=a%20b&d=é&e=%c3%a9",
    "/x?=&&=x&a==b&%3D=%26&*=*",
    "/x?q='()!~;/?:@$,[]{}|\\^`<>",
    "/a@b é//*?b=@&a=é *",
  ])("sends and signs %s", async (path) => {
    const { request, status, body, stderr } = await send([path]);
    expect([status, stderr], body).toEqual([200, ""]);
    const received = JSON.parse(body) as Received;
    expect(received.rawPath).toBe(decoded(request.url.pathname));
  });

  it.each<[string[], RequestFlags]>([
    [["/x"], { header: ["X-Spaces:   a   b  "] }],
    [["/x"], { header: ["X-Tab: a\tc"] }],
    [["/x"], { header: ["x-UPPER: E"] }],
    [["/x"], { header: ["X-Twice: 2", "x-twice: 1"] }],
    [["/x"], { header: ["Accept:", "User-Agent:"] }],
    [["POST", "/é"], { body: [{ text: "the body", kind: "data" }] }],
    [["DELETE", "/items/a@b"], {}],
  ])("sends and signs %j with %j", async (target, flags) => {
    const { status, body } = await send(target, flags);
    expect(status, body).toBe(200);
  });
});

/** Like the API, which leaves a malformed escape as it is. */
function decoded(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent);
}
