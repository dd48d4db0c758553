import { deployWorld, type DeployedWorld } from "@api-auth-twitter/test-support/deployed-world";
import { installPinned } from "@api-auth-twitter/test-support/pinned-packages";
import { runProcess } from "@api-auth-twitter/test-support/run-process";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const folder = import.meta.dirname;
const certificate = inject("certificate");

interface ProcessCredentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken: string;
}

describe.skipIf(certificate === undefined)("aws-api-gateway-client", () => {
  let world: DeployedWorld;

  beforeAll(async () => {
    const { file = "", cert = "", key = "" } = certificate ?? {};
    world = await deployWorld("prod", undefined, {
      tls: { cert, key },
      variables: { NODE_EXTRA_CA_CERTS: file },
    });
  });
  afterAll(() => world.close());

  async function call(credentials: Record<string, string>): Promise<unknown> {
    const { PATH, NODE_EXTRA_CA_CERTS } = world.variables;
    const { port } = new URL((await world.outputs()).ApiEndpoint);
    const { stdout, stderr } = await runProcess(
      process.execPath,
      ["--require", `${folder}/local-hosts.cjs`, `${folder}/aws-api-gateway-client.cjs`],
      {
        env: {
          PATH,
          NODE_EXTRA_CA_CERTS,
          NODE_PATH: await installPinned(folder),
          LOCAL_PORT: port,
          API_URL: "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
          ...credentials,
        },
      },
    );
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  }

  it("calls the API with the credentials of the login", async () => {
    expect((await world.cli.logIn("alice")).code).toBe(0);
    const shown = await world.cli.run(["credentials"]);
    const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(shown.stdout) as ProcessCredentials;
    const credentials = {
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    };
    expect(await call(credentials)).toEqual({
      status: 200,
      data: expect.stringMatching(/^Hello us-east-1:/),
    });
    const forbidden = { status: 403, data: { message: "Forbidden" } };
    expect(await call({ ...credentials, AWS_SECRET_ACCESS_KEY: "wrong" })).toEqual(forbidden);
    expect(await call({ ...credentials, AWS_SESSION_TOKEN: "" })).toEqual(forbidden);
  });
});
