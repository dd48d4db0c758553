import { describe, expect, it } from "vitest";
import { createStacksFixture } from "../../test/stacks-fixture.ts";
import { type PolicyKind, validatePolicy } from "./policy-validation.ts";

const version = { Version: "2012-10-17" };
const statement = { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" };
const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } };
const without = (name: string) =>
  Object.fromEntries(Object.entries(statement).filter(([key]) => key !== name));
const withCondition = (Condition: object) => ({ ...version, Statement: { ...statement, Condition } });

describe("validatePolicy", () => {
  it.each<[PolicyKind, Record<string, unknown>]>([
    ["identity", { ...version, Statement: statement }],
    ["identity", { Statement: [{ ...statement, Action: ["*", "s3:Get*", "S3:?*"] }] }],
    [
      "identity",
      { ...version, Statement: [{ ...statement, Resource: ["arn:aws:s3", "arn:*:s3:::${aws:userid}"] }] },
    ],
    ["identity", withCondition({ IpAddress: { "aws:SourceIp": ["::/0", "10.0.0.0/8", "127.0.0.1"] } })],
    ["identity", withCondition({ "ForAllValues:StringLikeIfExists": { k: "x" }, Null: { k: "true" } })],
    ["trust", { ...version, Statement: [trust] }],
    [
      "trust",
      { ...version, Statement: [{ ...trust, Action: ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] }] },
    ],
  ])("accepts the %s policy %j", (kind, document) => {
    expect(() => validatePolicy(document, kind)).not.toThrow();
  });

  it.each<[PolicyKind, Record<string, unknown>, string]>([
    ["identity", {}, "Syntax errors in policy."],
    ["identity", { ...version, Statement: [] }, "Syntax errors in policy."],
    ["identity", { ...version, Statement: ["x"] }, "Syntax errors in policy."],
    ["identity", { Version: "2012-10-18", Statement: statement }, "Syntax errors in policy."],
    ["identity", { ...version, Statements: statement, Statement: statement }, "Syntax errors in policy."],
    ["identity", { Statement: { ...statement, Effect: "allow" } }, "Syntax errors in policy."],
    ["identity", { Statement: without("Resource") }, "must contain resources"],
    ["identity", { Statement: without("Action") }, "must contain actions"],
    ["identity", { Statement: { ...statement, Action: "Invoke" } }, "must be prefaced by a vendor"],
    ["identity", { Statement: { ...statement, Action: "execute-api:Invoke:x" } }, "only one colon"],
    [
      "identity",
      { Statement: { ...statement, Action: "execute api:Invoke" } },
      "Vendor execute api is not valid",
    ],
    ["identity", { Statement: { ...statement, Action: "execute-api:" } }, "Syntax errors in policy."],
    [
      "identity",
      { Statement: { ...statement, Resource: "my-bucket" } },
      'Resource my-bucket must be in ARN format or "*".',
    ],
    ["identity", { Statement: { ...statement, Resource: "arn:" } }, "must be in ARN format"],
    ["identity", { Statement: { ...statement, Resource: ["*", "**"] } }, "must be in ARN format"],
    [
      "identity",
      { Statement: { ...statement, Resource: "arn:azure:s3:::b" } },
      'Partition "azure" is not valid',
    ],
    ["identity", { Statement: { ...statement, Principal: "*" } }, "should not specify a principal"],
    [
      "identity",
      {
        Statement: [
          { ...statement, Sid: "a" },
          { ...statement, Sid: "a" },
        ],
      },
      "must be unique",
    ],
    ["identity", withCondition({ NullIfExists: { k: "true" } }), "NullIfExists"],
    ["identity", withCondition({ "ForAnyValue:Null": { k: "true" } }), "ForAnyValue:Null"],
    ["identity", withCondition({ StringEquls: { k: "x" } }), "StringEquls"],
    ["identity", withCondition({ IpAddress: { "aws:SourceIp": "10.0.0.0/33" } }), "10.0.0.0/33"],
    ["identity", withCondition({ IpAddress: { "aws:SourceIp": "10.0.0.0/" } }), "10.0.0.0/"],
    ["identity", withCondition({ NotIpAddress: { "aws:SourceIp": "localhost" } }), "localhost"],
    ["identity", withCondition({ StringEquals: { k: {} } }), "StringEquals"],
    ["trust", { Statement: { ...trust, Resource: "*" } }, "Has prohibited field Resource"],
    ["trust", { Statement: { ...trust, Principal: undefined } }, "Missing required field Principal"],
    ["trust", { Statement: { ...trust, Action: "s3:GetObject" } }, "may only specify STS AssumeRole actions"],
    ["trust", { Statement: { ...trust, Action: "*" } }, "prefaced by a vendor"],
  ])("refuses the %s policy %j", (kind, document, reason) => {
    expect(() => validatePolicy(document, kind)).toThrow(reason);
  });
});

describe("a malformed policy", () => {
  const malformed = { ...version, Statement: { ...statement, Action: "Invoke" } };
  const trustDocument = { ...version, Statement: trust };
  it.each<[string, object]>([
    ["AWS::IAM::Role", { AssumeRolePolicyDocument: malformed }],
    [
      "AWS::IAM::Role",
      {
        AssumeRolePolicyDocument: trustDocument,
        Policies: [{ PolicyName: "p", PolicyDocument: malformed }],
      },
    ],
    ["AWS::IAM::ManagedPolicy", { PolicyDocument: malformed }],
  ])("of %s is refused at deploy", async (Type, Properties) => {
    const fixture = createStacksFixture();
    const stack = await fixture.deploy({ Resources: { It: { Type, Properties } } });
    expect(fixture.events(stack).join("\n")).toMatch(
      /CREATE_FAILED: .*prefaced by a vendor.*MalformedPolicyDocument/,
    );
    expect(fixture.account.roles.size + fixture.account.managedPolicies.size).toBe(0);
  });

  it("of AWS::IAM::Policy is refused at deploy", async () => {
    const fixture = createStacksFixture();
    const stack = await fixture.deploy({
      Resources: {
        Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trustDocument } },
        Policy: {
          Type: "AWS::IAM::Policy",
          Properties: { PolicyName: "p", PolicyDocument: malformed, Roles: [{ Ref: "Role" }] },
        },
      },
    });
    expect(fixture.events(stack).join("\n")).toMatch(/Policy CREATE_FAILED: .*MalformedPolicyDocument/);
  });
});
