import { describe, expect, it } from "vitest";
import {
  createFakeEnvironment,
  failure,
  type FakeEnvironment,
  reply,
  sentHeader,
} from "../../test/fakes/fake-environment.ts";
import { resolveDeployment } from "./resolve-deployment.ts";

const poolId = "eu-west-1:0f0e0d0c-0b0a-4900-8800-070605040302";
const keys = { AWS_ACCESS_KEY_ID: "AKIADEPLOYER", AWS_SECRET_ACCESS_KEY: "deployers-secret-key" };
const config = 'export default { config: () => ({ name: "notes", region: "eu-west-1" }) };';

function stack(name: string, outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<member><StackName>${name}</StackName><Outputs>${members.join("")}</Outputs></member>`;
}

function page(stacks: string[], nextToken = ""): string {
  return (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>' +
    `<Stacks>${stacks.join("")}</Stacks>${nextToken && `<NextToken>${nextToken}</NextToken>`}` +
    "</DescribeStacksResult></DescribeStacksResponse>"
  );
}

function world(
  pages: string[],
  options: Partial<Parameters<typeof createFakeEnvironment>[0]> = {},
): FakeEnvironment {
  const left = [...pages];
  return createFakeEnvironment({
    variables: keys,
    files: { "/project/sst.config.ts": config },
    send: async () => reply(200, left.shift() ?? ""),
    ...options,
  });
}

const authorization = ({ requests: [request] }: FakeEnvironment): string | undefined =>
  request && sentHeader(request, "authorization");

const resolve = (environment: FakeEnvironment, flags = {}) =>
  resolveDeployment(environment, { stage: "prod", ...flags }, () => []);

describe("findOutputs with CloudFormation", () => {
  it("merges the outputs of all stacks of the stage, over several pages", async () => {
    const environment = world([
      page(
        [
          stack("dev-notes-Api", { ApiEndpoint: "https://dev.example" }),
          stack("prod-notes-Api", { ApiEndpoint: "https://prod.example" }),
        ],
        "more",
      ),
      page([
        stack("prod-notes-Auth", { IdentityPoolId: poolId }),
        stack("prod-other-Api", { ApiEndpoint: "https://other.example" }),
      ]),
    ]);
    const { deployment } = await resolve(environment);
    expect(deployment).toMatchObject({ stage: "prod", identityPoolId: poolId, region: "eu-west-1" });
    expect(deployment.apiEndpoint.href).toBe("https://prod.example/");
    expect(deployment.source).toBe("CloudFormation, stacks prod-notes-* in eu-west-1");
  });

  it("asks in the app's region, signed by the deployer", async () => {
    const environment = world([
      page([stack("prod-notes-S", { ApiEndpoint: "https://a.example", IdentityPoolId: poolId })]),
    ]);
    await resolve(environment);
    const [request] = environment.requests;
    expect(request?.url.href).toBe("https://cloudformation.eu-west-1.amazonaws.com/");
    expect(authorization(environment)).toMatch(
      /Credential=AKIADEPLOYER\/\d{8}\/eu-west-1\/cloudformation\/aws4_request/,
    );
  });

  it.each([
    ["--profile", { profile: "work" }, {}],
    ["AWS_PROFILE", {}, { AWS_PROFILE: "work" }],
  ])("uses the keys of the profile in %s", async (_name, flags, variables) => {
    const environment = world(
      [page([stack("prod-notes-S", { ApiEndpoint: "https://a.example", IdentityPoolId: poolId })])],
      {
        variables,
        awsProfiles: {
          default: { credentials: { accessKeyId: "AKIANOT", secretAccessKey: "not-this-one" } },
          work: { credentials: { accessKeyId: "AKIAWORK", secretAccessKey: "s/e=c+r;et#" } },
        },
      },
    );
    await resolve(environment, flags);
    expect(authorization(environment)).toContain("Credential=AKIAWORK/");
  });

  it("sends nothing without the deployer's credentials", async () => {
    const environment = world([], { variables: {} });
    expect((await failure(() => resolve(environment))).code).toBe("outputs-not-found");
    expect(environment.requests).toEqual([]);
  });

  it("reports a stage without stacks", async () => {
    expect((await failure(() => resolve(world([page([])])))).code).toBe("outputs-not-found");
  });

  it("names a missing output", async () => {
    const error = await failure(() =>
      resolve(world([page([stack("prod-notes-S", { ApiEndpoint: "https://a.example" })])])),
    );
    expect(error.message).toContain("IdentityPoolId");
    expect(error.message).toContain("CloudFormation");
  });

  it("shows AWS's refusal and no secret", async () => {
    const environment = world([], {
      send: async () =>
        reply(
          403,
          "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error></ErrorResponse>",
        ),
    });
    const error = await failure(() => resolve(environment));
    expect(error).toMatchObject({ code: "missing-configuration", step: "cloudformation.describe-stacks" });
    expect(error.message).toContain("ExpiredToken");
    expect(JSON.stringify(error)).not.toContain(keys.AWS_SECRET_ACCESS_KEY);
  });

  it("rejects a named profile without credentials", async () => {
    const error = await failure(() => resolve(world([], { variables: {} }), { profile: "sso" }));
    expect(error).toMatchObject({ code: "missing-configuration", message: "there is no AWS profile sso" });
  });
});
