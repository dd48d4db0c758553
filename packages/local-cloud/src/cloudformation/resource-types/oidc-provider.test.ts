import { beforeEach, describe, expect, it } from "vitest";
import { createStacksFixture, type StacksFixture } from "../../../test/stacks-fixture.ts";

let fixture: StacksFixture;
beforeEach(() => {
  fixture = createStacksFixture();
});

const arn = "arn:aws:iam::000000000000:oidc-provider/my-tenant.eu.auth0.com";
const url = "https://my-tenant.eu.auth0.com";
const thumbprint = "0123456789abcdef0123456789abcdef01234567";

const template = (properties: object) => ({
  Resources: { Provider: { Type: "AWS::IAM::OIDCProvider", Properties: properties } },
  Outputs: {
    Ref: { Value: { Ref: "Provider" } },
    Arn: { Value: { "Fn::GetAtt": ["Provider", "Arn"] } },
  },
});

describe("AWS::IAM::OIDCProvider", () => {
  it("is created, updated in place, replaced when its URL changes, and deleted", async () => {
    const made = await fixture.deploy(
      template({ Url: `${url}/`, ClientIdList: ["a"], ThumbprintList: [thumbprint] }),
    );
    expect(made.outputs.map(({ value }) => value)).toEqual([arn, arn]);
    expect(fixture.account.oidcProviders.get(arn)).toEqual({
      arn,
      providerName: "my-tenant.eu.auth0.com",
      clientIds: ["a"],
      thumbprints: [thumbprint],
    });
    await fixture.deploy(template({ Url: `${url}/`, ClientIdList: ["a", "b"] }));
    expect(fixture.account.oidcProviders.get(arn)).toMatchObject({ clientIds: ["a", "b"], thumbprints: [] });
    await fixture.deploy(template({ Url: "https://accounts.example/realms/one", ClientIdList: ["a"] }));
    expect([...fixture.account.oidcProviders.keys()]).toEqual([
      "arn:aws:iam::000000000000:oidc-provider/accounts.example/realms/one",
    ]);
    await fixture.stacks.remove("test", [], undefined);
    await fixture.stacks.settled();
    expect(fixture.account.oidcProviders.size).toBe(0);
  });

  it.each<[string, object, string]>([
    ["plain http", { Url: "http://my-tenant.eu.auth0.com" }, "must start with https://"],
    ["a port", { Url: `${url}:8443` }, "without port"],
    ["no URL", { ClientIdList: ["a"] }, "Invalid Open ID Connect Provider URL"],
    ["a thumbprint of another length", { Url: url, ThumbprintList: ["abc"] }, "exactly 40 characters"],
    ["an empty client id", { Url: url, ClientIdList: [""] }, "1 to 255 characters"],
  ])("is refused with %s", async (_name, properties, reason) => {
    const stack = await fixture.deploy(template(properties));
    expect(fixture.events(stack).join("\n")).toContain(reason);
    expect(fixture.account.oidcProviders.size).toBe(0);
  });

  it("cannot exist twice", async () => {
    const provider = { Type: "AWS::IAM::OIDCProvider", Properties: { Url: url } };
    const stack = await fixture.deploy({ Resources: { One: provider, Two: provider } });
    expect(fixture.events(stack).join("\n")).toContain(`Provider with url ${url} already exists.`);
  });
});

it("Custom::AWSCDKOpenIdConnectProvider creates the same provider", async () => {
  const stack = await fixture.deploy({
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: [
              { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } },
            ],
          },
        },
      },
      Function: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Code: { ZipFile: "exports.handler = async () => 1" },
          Handler: "index.handler",
          Runtime: "nodejs22.x",
          Role: { "Fn::GetAtt": ["Role", "Arn"] },
        },
      },
      Provider: {
        Type: "Custom::AWSCDKOpenIdConnectProvider",
        Properties: {
          ServiceToken: { "Fn::GetAtt": ["Function", "Arn"] },
          Url: url,
          ClientIDList: ["a"],
        },
      },
    },
    Outputs: { Ref: { Value: { Ref: "Provider" } } },
  });
  expect(stack.outputs.map(({ value }) => value)).toEqual([arn]);
  expect(fixture.account.oidcProviders.get(arn)).toMatchObject({ clientIds: ["a"] });
});

it("an identity pool accepts only the ARN of an OIDC provider", async () => {
  const stack = await fixture.deploy({
    Resources: {
      Pool: {
        Type: "AWS::Cognito::IdentityPool",
        Properties: { AllowUnauthenticatedIdentities: false, OpenIdConnectProviderARNs: [url] },
      },
    },
  });
  expect(fixture.events(stack).join("\n")).toContain(`Invalid OpenIdConnectProviderARNs: ${url}`);
});
