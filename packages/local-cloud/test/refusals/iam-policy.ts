import type { policyRefusals } from "../../src/iam/policy-refusals.ts";
import { validatePolicy } from "../../src/iam/policy-validation.ts";
import type { RefusalCase, RefusalCases } from "./refusal-case.ts";

const statement = { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" };
const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } };

const refused = (says: string, document: Record<string, unknown>): RefusalCase => ({
  says,
  run: () => validatePolicy(document, "identity"),
});
/** A statement with other elements; undefined removes one. */
const refusedStatement = (says: string, elements: object): RefusalCase =>
  refused(says, { Statement: { ...statement, ...elements } });
const refusedTrust = (says: string, elements: object): RefusalCase => ({
  says,
  run: () => validatePolicy({ Statement: { ...trust, ...elements } }, "trust"),
});

const syntax = "Syntax errors in policy.";

export const policyCases: RefusalCases<typeof policyRefusals> = {
  element: refused(syntax, { Statement: statement, Statements: statement }),
  version: refused(syntax, { Version: "2012-10-18", Statement: statement }),
  noStatement: refused(syntax, { Version: "2012-10-17" }),
  effect: refusedStatement(syntax, { Effect: "allow" }),
  sid: refusedStatement("Statement IDs (SID) must be alpha-numeric.", { Sid: "a b" }),
  sidTwice: refused("Statement IDs (SID) in a single policy must be unique.", {
    Statement: [
      { ...statement, Sid: "a" },
      { ...statement, Sid: "a" },
    ],
  }),
  noAction: refusedStatement("Policy statement must contain actions.", { Action: undefined }),
  noVendor: refusedStatement("Actions/Conditions must be prefaced by a vendor", { Action: "Invoke" }),
  colons: refusedStatement("Actions/Condition can contain only one colon.", {
    Action: "execute-api:Invoke:x",
  }),
  vendorWildcard: refusedStatement("Action vendors (e.g., aws, ec2, etc.) must not contain wildcards", {
    Action: "*:Untag*",
  }),
  vendor: refusedStatement("Vendor execute api is not valid", { Action: "execute api:Invoke" }),
  actionName: refusedStatement(syntax, { Action: "execute-api:" }),
  text: refusedStatement(syntax, { Resource: ["*", { Ref: "Api" }] }),
  principal: refusedStatement("Policy document should not specify a principal.", { Principal: "*" }),
  noResource: refusedStatement("Policy statement must contain resources.", { Resource: undefined }),
  resource: refusedStatement('Resource my-bucket must be in ARN format or "*".', { Resource: "my-bucket" }),
  partition: refusedStatement('Partition "azure" is not valid for resource "arn:azure:s3:::b".', {
    Resource: "arn:azure:s3:::b",
  }),
  trustAction: refusedTrust("AssumeRole policy may only specify STS AssumeRole actions.", {
    Action: "s3:GetObject",
  }),
  trustResource: refusedTrust("Has prohibited field Resource", { Resource: "*" }),
  noPrincipal: refusedTrust("Missing required field Principal", { Principal: undefined }),
  cognitoAudience: refusedTrust("must evaluate cognito-identity.amazonaws.com:aud", {
    Action: "sts:AssumeRoleWithWebIdentity",
    Principal: { Federated: "cognito-identity.amazonaws.com" },
    Condition: { "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" } },
  }),
  statementElement: refusedStatement("unknown policy element 'Resources'", { Resources: "*" }),
  bothForms: refusedStatement("Action and NotAction exclude each other", { NotAction: "s3:GetObject" }),
  principalType: refusedTrust("unknown principal type 'Role'", { Principal: { Role: "*" } }),
  conditionOperator: refusedStatement("unknown condition operator 'StringEquls'", {
    Condition: { StringEquls: { "aws:userid": "x" } },
  }),
  conditionValue: refusedStatement("'10.0.0.0/33' is not a value for Condition IpAddress", {
    Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/33" } },
  }),
  conditionValueType: refusedStatement("a value of Condition StringEquals must be text", {
    Condition: { StringEquals: { "aws:userid": {} } },
  }),
};
