import { describe, expect, it } from "vitest";
import { createAccount, type PolicyDocument, type Role } from "../account.ts";
import { authorize } from "./authorize.ts";
import type { RequestContext } from "./conditions.ts";
import type { Principal } from "./principal.ts";

const resource = "arn:aws:execute-api:us-east-1:000000000000:api/$default/GET/private";
const policyArn = "arn:aws:iam::000000000000:policy/invoke";

function policy(effect: "Allow" | "Deny"): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: effect, Action: "execute-api:Invoke", Resource: resource }],
  };
}

function decide(role: Partial<Role>, managed?: PolicyDocument, context: () => RequestContext = () => ({})) {
  const account = createAccount("000000000000", "us-east-1");
  const whole: Role = {
    arn: "arn:aws:iam::000000000000:role/auth",
    roleName: "auth",
    roleId: "AROA0",
    assumeRolePolicyDocument: {},
    policies: new Map(),
    managedPolicyArns: [],
    ...role,
  };
  account.roles.set(whole.arn, whole);
  if (managed)
    account.managedPolicies.set(policyArn, { arn: policyArn, policyName: "invoke", policyDocument: managed });
  const principal = { kind: "assumed-role", roleArn: whole.arn } as Principal;
  return authorize(account, principal, { action: "execute-api:Invoke", resource, context });
}

describe("a role has the permissions of its policies", () => {
  it.each<[string, boolean, Partial<Role>, PolicyDocument?]>([
    ["no policy", false, {}],
    ["an inline policy", true, { policies: new Map([["inline", policy("Allow")]]) }],
    ["a deployed managed policy", true, { managedPolicyArns: [policyArn] }, policy("Allow")],
    [
      "an inline policy, and a deployed managed policy that denies",
      false,
      { policies: new Map([["inline", policy("Allow")]]), managedPolicyArns: [policyArn] },
      policy("Deny"),
    ],
    ["a managed policy that does not exist", false, { managedPolicyArns: [policyArn] }],
  ])("%s: %s", (_name, allowed, role, managed) => {
    expect(decide(role, managed).allowed).toBe(allowed);
  });

  it.each<[string, number, object]>([
    ["neither conditions nor variables", 0, {}],
    ["conditions", 1, { Condition: { StringEquals: { "aws:userid": "x" }, Bool: { "aws:userid": "true" } } }],
    ["variables", 1, { Resource: ["arn:aws:s3:::${aws:userid}", "arn:aws:s3:::${aws:username}"] }],
  ])("reads the request's context as often as a policy with %s needs it", (_name, count, more) => {
    let reads = 0;
    const statement = { Effect: "Allow", Action: "execute-api:Invoke", Resource: resource, ...more };
    const policies = new Map([["inline", { Version: "2012-10-17", Statement: [statement] }]]);
    decide({ policies }, undefined, () => {
      reads += 1;
      return { "aws:userid": "x" };
    });
    expect(reads).toBe(count);
  });

  it("names an unknown managed policy", () => {
    expect(decide({ managedPolicyArns: [policyArn] })).toMatchObject({
      reason: expect.stringContaining(policyArn),
    });
  });
});
