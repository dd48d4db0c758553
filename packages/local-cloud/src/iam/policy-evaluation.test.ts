import { runSimulation } from "@cloud-copilot/iam-simulate";
import * as fc from "fast-check";
import { testRuns } from "@api-auth-twitter/test-support/test-runs";
import { describe, expect, it } from "vitest";

import type { PolicyDocument } from "../account.ts";
import type { RequestContext } from "./conditions.ts";
import { policyDecisions } from "../../test/policy-decisions.ts";
import { evaluatePolicies, type RequestPrincipal } from "./policy-evaluation.ts";

const arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/private";
const action = "execute-api:Invoke";

function statement(parts: Record<string, unknown>): PolicyDocument {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: "*", ...parts }] };
}

function usersArn(user: string): string {
  return arn.replace("private", `users/${user}`);
}

function effect(documents: PolicyDocument[], context: RequestContext = {}, resource = arn): string {
  return evaluatePolicies(documents, { action, resource, context }).effect;
}

describe("evaluatePolicies", () => {
  it("denies by default, and an explicit Deny wins", () => {
    expect(effect([])).toBe("ImplicitDeny");
    expect(effect([statement({})])).toBe("Allow");
    expect(effect([statement({}), statement({ Effect: "Deny" })])).toBe("ExplicitDeny");
    expect(effect([statement({ Effect: "Deny", Resource: "arn:aws:s3:::b" }), statement({})])).toBe("Allow");
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ["the action in another case", { Action: "EXECUTE-API:invoke" }, true],
    ["a wildcard action", { Action: ["s3:*", "execute-api:In?oke"] }, true],
    ["another action", { Action: "execute-api:ManageConnections" }, false],
    ["all actions but others", { Action: undefined, NotAction: "s3:*" }, true],
    ["all actions but this", { Action: undefined, NotAction: "execute-api:*" }, false],
    ["the API", { Resource: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*" }, true],
    ["another API", { Resource: "arn:aws:execute-api:us-east-1:123456789012:other/*" }, false],
    ["another region", { Resource: "arn:aws:execute-api:eu-west-1:*:*" }, false],
    ["an ARN with a wildcard for each field", { Resource: "arn:aws:execute-api:*:*:*/GET/private" }, true],
    ["an ARN cut short", { Resource: "arn:aws:execute-api" }, true],
    ["a wildcard that would have to reach over a colon", { Resource: "arn:aws:*/private" }, false],
    ["the resource in another case", { Resource: arn.toUpperCase() }, false],
    ["the very resource, whose $ is no special character", { Resource: arn }, true],
    ["all resources but this", { Resource: undefined, NotResource: arn }, false],
    ["a document with one statement, not in a list", {}, true],
  ])("evaluates %s", (_name, parts, allowed) => {
    const all = { Effect: "Allow", Action: action, Resource: "*", ...parts };
    const only = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    expect(effect([{ Statement: only }])).toBe(allowed ? "Allow" : "ImplicitDeny");
  });

  const context: RequestContext = {
    "aws:SourceIp": "203.0.113.7",
    "aws:CurrentTime": "2026-03-12T19:00:00Z",
    "aws:SecureTransport": "true",
    "cognito-identity.amazonaws.com:sub": "us-east-1:me",
    "cognito-identity.amazonaws.com:amr": ["authenticated", "api.twitter.com"],
    "aws:MultiFactorAuthAge": "90",
  };
  it.each<[Record<string, Record<string, unknown>>, boolean]>([
    [{ StringEquals: { "Cognito-Identity.amazonaws.com:SUB": "us-east-1:me" } }, true],
    [{ StringEquals: { "cognito-identity.amazonaws.com:sub": ["x", "us-east-1:me"] } }, true],
    [{ StringEquals: { "cognito-identity.amazonaws.com:sub": "us-east-1:*" } }, false],
    [{ StringLike: { "cognito-identity.amazonaws.com:sub": "us-east-1:*" } }, true],
    [{ StringNotLike: { "cognito-identity.amazonaws.com:sub": "us-east-1:*" } }, false],
    [{ StringEqualsIgnoreCase: { "cognito-identity.amazonaws.com:sub": "US-EAST-1:ME" } }, true],
    [{ StringEquals: { "aws:absent": "x" } }, false],
    [{ StringNotEquals: { "aws:absent": "x" } }, true],
    [{ StringEqualsIfExists: { "aws:absent": "x" } }, true],
    [{ StringEqualsIfExists: { "aws:SourceIp": "x" } }, false],
    [{ Null: { "aws:absent": "true" } }, true],
    [{ Null: { "aws:SourceIp": true } }, false],
    [{ "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "auth*" } }, true],
    [{ "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "unauthenticated" } }, false],
    [{ "ForAllValues:StringEquals": { "cognito-identity.amazonaws.com:amr": "authenticated" } }, false],
    [{ "ForAllValues:StringEquals": { "aws:absent": "x" } }, true],
    [{ "ForAnyValue:StringEquals": { "aws:absent": "x" } }, false],
    [{ IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"] } }, true],
    [{ IpAddress: { "aws:SourceIp": "203.0.113.7" } }, true],
    [{ NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, false],
    [{ IpAddress: { "aws:SourceIp": "2001:db8::/32" } }, false],
    [{ DateGreaterThan: { "aws:CurrentTime": "2026-03-12T18:59:59Z" } }, true],
    [{ DateLessThanEquals: { "aws:CurrentTime": "2026-03-12T20:00:00+01:00" } }, true],
    [{ DateLessThan: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, false],
    [{ NumericLessThan: { "aws:MultiFactorAuthAge": "300" } }, true],
    [{ NumericGreaterThanEquals: { "aws:MultiFactorAuthAge": 91 } }, false],
    [{ Bool: { "aws:SecureTransport": true } }, true],
    [{ Bool: { "aws:SecureTransport": "false" } }, false],
    [{ StringEquals: { "aws:SourceIp": "203.0.113.7" }, Bool: { "aws:SecureTransport": "false" } }, false],
    [{ StringLike: { "cognito-identity.amazonaws.com:sub": "${cognito-identity.amazonaws.com:sub}" } }, true],
    [{ StringEquals: { "cognito-identity.amazonaws.com:sub": "${aws:absent}" } }, false],
    [{ StringEquals: { "cognito-identity.amazonaws.com:sub": "${aws:absent, 'us-east-1:me'}" } }, true],
  ])("evaluates the condition %j", (condition, holds) => {
    expect(effect([statement({ Condition: condition })], context)).toBe(holds ? "Allow" : "ImplicitDeny");
  });

  it("replaces policy variables in a resource", () => {
    const own = statement({
      Resource: "arn:aws:execute-api:*:*:*/*/GET/users/${cognito-identity.amazonaws.com:sub}",
    });
    expect(effect([own], context, usersArn("us-east-1:me"))).toBe("Allow");
    expect(effect([own], context, usersArn("us-east-1:you"))).toBe("ImplicitDeny");
    expect(effect([own], {}, usersArn("us-east-1:me"))).toBe("ImplicitDeny");
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["an operator", { Condition: { StringEquls: { a: "b" } } }, /StringEquls/],
    ["an element", { Actions: "*" }, /Actions/],
    ["an effect", { Effect: "allow" }, /Effect/],
    ["a principal type", { Principal: { Person: "x" } }, /Person/],
  ])("names %s that does not exist", (_name, parts, reason) => {
    expect(() => effect([statement(parts)])).toThrow(reason);
  });

  it.each<[RequestPrincipal["type"], string, unknown, boolean]>([
    ["Federated", "cognito-identity.amazonaws.com", { Federated: "cognito-identity.amazonaws.com" }, true],
    ["Federated", "accounts.google.com", { Federated: "cognito-identity.amazonaws.com" }, false],
    ["Service", "lambda.amazonaws.com", { Service: ["edge.amazonaws.com", "lambda.amazonaws.com"] }, true],
    ["Service", "lambda.amazonaws.com", { AWS: "*" }, false],
    ["Service", "lambda.amazonaws.com", "*", true],
    ["AWS", "arn:aws:iam::123456789012:user/a", { AWS: "arn:aws:iam::123456789012:root" }, true],
    ["AWS", "arn:aws:iam::123456789012:user/a", { AWS: "123456789012" }, true],
    ["AWS", "arn:aws:iam::123456789012:user/a", { AWS: "arn:aws:iam::123456789012:user/b" }, false],
    ["AWS", "arn:aws:iam::999999999999:user/a", { AWS: "arn:aws:iam::123456789012:root" }, false],
  ])("%s %s against the principal %j", (type, id, Principal, trusted) => {
    const policy = { Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal }] };
    const request = { action: "sts:AssumeRole", resource: arn, context: {}, principal: { type, id } };
    expect(evaluatePolicies([policy], request).effect).toBe(trusted ? "Allow" : "ImplicitDeny");
  });
});

describe("the table of decisions", () => {
  it("has at least 200", () => expect(policyDecisions.length).toBeGreaterThanOrEqual(200));

  it.each(policyDecisions)("$rule $policies $request", ({ policies, request, expected, source }) => {
    expect(evaluatePolicies(policies, request).effect, source).toBe(expected);
  });
});

/* ── Comparison with iam-simulate ──────────────────────────────────────────────────────────────────────────────────────── */

const oneOrMore = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
const actions = oneOrMore(
  fc.constantFrom("*", "execute-api:*", "execute-api:Invoke", "execute-api:inv*", "s3:GetObject"),
);
// The API id has no wildcard, because iam-simulate does not accept one there, unlike AWS.
const resources = oneOrMore(
  fc.constantFrom(
    "*",
    arn,
    "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*",
    "arn:aws:execute-api:*:*:a1b2c3d4e5/*/GET/private",
    "arn:aws:execute-api:*:*:a1b2c3d4e5/*/POST/*",
    "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/*/privat?",
    "arn:aws:s3:::bucket/*",
  ),
);
const condition = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "StringEquals",
      "StringNotEquals",
      "StringLike",
      "StringNotLike",
      "StringEqualsIgnoreCase",
      "StringEqualsIfExists",
    ),
    fc.constantFrom("aws:UserAgent", "aws:userid", "aws:PrincipalAccount"),
    oneOrMore(fc.constantFrom("curl/8", "CURL/8", "curl/*", "*", "x", "123456789012")),
  ),
  fc.tuple(
    fc.constantFrom("IpAddress", "NotIpAddress"),
    fc.constant("aws:SourceIp"),
    oneOrMore(fc.constantFrom("127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "203.0.113.0/24")),
  ),
  fc.tuple(
    fc.constantFrom("DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals"),
    fc.constant("aws:CurrentTime"),
    fc.constantFrom("2026-03-12T19:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
  ),
  fc.tuple(fc.constant("Bool"), fc.constant("aws:SecureTransport"), fc.constantFrom("true", "false")),
  fc.tuple(
    fc.constant("Null"),
    fc.constantFrom("aws:UserAgent", "aws:userid"),
    fc.constantFrom("true", "false"),
  ),
);
const policy = fc
  .array(
    fc
      .record({
        Effect: fc.constantFrom("Allow", "Allow", "Deny"),
        action: fc.tuple(fc.constantFrom("Action", "Action", "NotAction"), actions),
        resource: fc.tuple(fc.constantFrom("Resource", "Resource", "NotResource"), resources),
        condition: fc.option(condition),
      })
      .map(({ Effect, action: [does, names], resource: [to, arns], condition: test }) => ({
        Effect,
        [does]: names,
        [to]: arns,
        ...(test && { Condition: { [test[0]]: { [test[1]]: test[2] } } }),
      })),
    { minLength: 1, maxLength: 3 },
  )
  .map((statements) => ({ Version: "2012-10-17", Statement: statements }));
const requestContext = fc.record(
  {
    "aws:SourceIp": fc.constantFrom("127.0.0.1", "203.0.113.9"),
    "aws:CurrentTime": fc.constant("2026-03-12T19:00:00Z"),
    "aws:SecureTransport": fc.constantFrom("true", "false"),
    "aws:UserAgent": fc.constantFrom("curl/8", "x"),
    "aws:userid": fc.constantFrom("AROA:x", "x"),
    "aws:PrincipalAccount": fc.constant("123456789012"),
  },
  { requiredKeys: ["aws:SourceIp", "aws:CurrentTime", "aws:SecureTransport", "aws:PrincipalAccount"] },
);

it("agrees with iam-simulate for the condition keys that it supports", async () => {
  const expected: Record<string, string> = {
    Allowed: "Allow",
    ImplicitlyDenied: "ImplicitDeny",
    ExplicitlyDenied: "ExplicitDeny",
  };
  await fc.assert(
    fc.asyncProperty(policy, requestContext, async (document, context) => {
      const second = await runSimulation(
        {
          request: {
            principal: "arn:aws:iam::123456789012:role/authenticated",
            action,
            resource: { resource: arn, accountId: "123456789012" },
            contextVariables: context,
          },
          identityPolicies: [{ name: "p", policy: document }],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
        {},
      );
      if (second.resultType === "error") throw new Error(second.errors.message);
      expect(effect([document], context)).toBe(expected[second.overallResult]);
    }),
    { numRuns: testRuns(25) },
  );
}, 30_000);
