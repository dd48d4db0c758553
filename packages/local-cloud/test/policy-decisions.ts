/** What IAM decides by its documentation. Test data: each decision names the page and the rule that it rests on. */
import type { PolicyDocument } from "../src/account.ts";
import type { RequestContext } from "../src/iam/conditions.ts";
import type { RequestPrincipal } from "../src/iam/policy-evaluation.ts";

export interface PolicyDecision {
  /** The page of the IAM User Guide. */
  source: string;
  rule: string;
  policies: PolicyDocument[];
  request: { action: string; resource: string; context: RequestContext; principal?: RequestPrincipal };
  expected: "Allow" | "ExplicitDeny" | "ImplicitDeny";
}

type Outcome = PolicyDecision["expected"] | boolean;
type Elements = Record<string, unknown>;

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_";
const action = "execute-api:Invoke";
const resource = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/private";

export const policyDecisions: PolicyDecision[] = [];

function add(
  page: string,
  rule: string,
  policies: PolicyDocument[],
  outcome: Outcome,
  request: object,
): void {
  policyDecisions.push({
    source: `${guide}${page}.html`,
    rule,
    policies,
    request: { action, resource, context: {}, ...request },
    expected: typeof outcome === "string" ? outcome : outcome ? "Allow" : "ImplicitDeny",
  });
}

function document(...statements: Elements[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** Statements that allow the action on everything, except for the elements given. */
function statement(elements: Elements): Elements {
  const all = { Effect: "Allow", Action: action, Resource: "*", ...elements };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function each(
  page: string,
  rule: string,
  rows: readonly [elements: Elements, request: object, outcome: Outcome][],
): void {
  for (const [elements, request, outcome] of rows)
    add(page, rule, [document(statement(elements))], outcome, request);
}

function conditions(
  page: string,
  rule: string,
  context: RequestContext,
  rows: readonly [condition: Elements, outcome: Outcome][],
): void {
  for (const [Condition, outcome] of rows)
    add(page, rule, [document(statement({ Condition }))], outcome, { context });
}

/* ── Evaluation logic ──────────────────────────────────────────────────────────────────────────────────────────────────── */

const evaluation = "evaluation-logic_policy-eval-denyallow";
const allow = document(statement({}));
const deny = document(statement({ Effect: "Deny" }));
const allowOther = document(statement({ Resource: "arn:aws:s3:::bucket" }));
const denyOther = document(statement({ Effect: "Deny", Resource: "arn:aws:s3:::bucket" }));
for (const [rule, policies, outcome] of [
  ["Without a policy, a request is denied.", [], false],
  ["A request that no statement matches is denied.", [allowOther], false],
  ["An Allow in any policy allows.", [allow], true],
  ["An Allow in any policy allows.", [allowOther, allow], true],
  ["An Allow in any policy allows.", [allow, allowOther], true],
  ["An explicit Deny wins over any Allow.", [allow, deny], "ExplicitDeny"],
  ["An explicit Deny wins over any Allow.", [deny, allow], "ExplicitDeny"],
  ["An explicit Deny wins over any Allow.", [allow, allow, deny], "ExplicitDeny"],
  ["An explicit Deny needs no Allow.", [deny], "ExplicitDeny"],
  ["A Deny that does not match has no effect.", [allow, denyOther], true],
  ["A Deny that does not match has no effect.", [denyOther], false],
  [
    "Statements of one policy are evaluated as statements of several.",
    [document(statement({}), statement({ Effect: "Deny" }))],
    "ExplicitDeny",
  ],
] as [string, PolicyDocument[], Outcome][])
  add(evaluation, rule, policies, outcome, {});

add("grammar", "Statement may be one object instead of a list.", [{ Statement: statement({}) }], true, {});

/* ── Action and NotAction ──────────────────────────────────────────────────────────────────────────────────────────────── */

each("elements_action", "The action is the service prefix and a name, which are not case-sensitive.", [
  [{ Action: "execute-api:Invoke" }, {}, true],
  [{ Action: "EXECUTE-API:invoke" }, {}, true],
  [{ Action: "Execute-Api:INVOKE" }, {}, true],
  [{ Action: "execute-api:ManageConnections" }, {}, false],
  [{ Action: "s3:Invoke" }, {}, false],
  [{ Action: "execute-api:Invok" }, {}, false],
  [{ Action: "execute-api:Invoked" }, {}, false],
]);
each("elements_action", "`*` matches any text and `?` one character.", [
  [{ Action: "*" }, {}, true],
  [{ Action: "execute-api:*" }, {}, true],
  [{ Action: "execute-api:Inv*" }, {}, true],
  [{ Action: "execute-api:*voke" }, {}, true],
  [{ Action: "execute-api:In?oke" }, {}, true],
  [{ Action: "execute-api:Invoke?" }, {}, false],
  [{ Action: "execute-api:Invoke*" }, {}, true],
  [{ Action: "execute-api:??????" }, {}, true],
  [{ Action: "execute-api:?????" }, {}, false],
  [{ Action: "s3:*" }, {}, false],
]);
each("elements_action", "Several actions are alternatives.", [
  [{ Action: ["s3:GetObject", "execute-api:Invoke"] }, {}, true],
  [{ Action: ["s3:GetObject", "s3:PutObject"] }, {}, false],
  [{ Action: ["s3:*", "execute-api:I*"] }, {}, true],
]);
each("elements_notaction", "NotAction matches everything except the actions listed.", [
  [{ Action: undefined, NotAction: "s3:*" }, {}, true],
  [{ Action: undefined, NotAction: "execute-api:*" }, {}, false],
  [{ Action: undefined, NotAction: ["s3:*", "iam:*"] }, {}, true],
  [{ Action: undefined, NotAction: ["s3:*", "execute-api:invoke"] }, {}, false],
  [{ Effect: "Deny", Action: undefined, NotAction: "s3:*" }, {}, "ExplicitDeny"],
  [{ Effect: "Deny", Action: undefined, NotAction: "execute-api:Invoke" }, {}, false],
]);

/* ── Resource and NotResource ──────────────────────────────────────────────────────────────────────────────────────────── */

each(
  "elements_resource",
  "`*` matches any text within a segment of the ARN, also across slashes, and `?` one character.",
  [
    [{ Resource: "*" }, {}, true],
    [{ Resource: resource }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*" }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/GET/*" }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/POST/*" }, {}, false],
    [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/privat?" }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/private?" }, {}, false],
    [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:*" }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-east-1:*:a1b2c3d4e5/*" }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-*-1:*:*" }, {}, true],
    [{ Resource: "arn:aws:execute-api:*:*:*" }, {}, true],
    [{ Resource: "arn:aws:*:*:*:*" }, {}, true],
    [{ Resource: "arn:*:execute-api:*:*:*" }, {}, true],
    [{ Resource: "arn:aws:execute-api:us-east-?:*:*" }, {}, true],
  ],
);
each("elements_resource", "A resource that does not match is not covered.", [
  [{ Resource: "arn:aws:execute-api:us-east-1:123456789012:other/*" }, {}, false],
  [{ Resource: "arn:aws:execute-api:eu-west-1:*:*" }, {}, false],
  [{ Resource: "arn:aws:execute-api:*:999999999999:*" }, {}, false],
  [{ Resource: "arn:aws:s3:::*" }, {}, false],
  [{ Resource: "arn:aws-cn:execute-api:*:*:*" }, {}, false],
]);
each("elements_resource", "ARNs are case-sensitive.", [
  [{ Resource: resource.replace("private", "Private") }, {}, false],
  [{ Resource: resource.replace("GET", "get") }, {}, false],
]);
each("elements_resource", "A wildcard does not reach over a colon into the next segment.", [
  [{ Resource: "arn:aws:*/private" }, {}, false],
  [{ Resource: "arn:aws:execute-api:*/private" }, {}, false],
  [{ Resource: "arn:aws:execute-api:us-east-1*:a1b2c3d4e5/*" }, {}, false],
]);
each("elements_resource", "Missing fields of an incomplete ARN are wildcards.", [
  [{ Resource: "arn:aws:execute-api" }, {}, true],
  [{ Resource: "arn:aws:execute-api:us-east-1" }, {}, true],
  [{ Resource: "arn:aws:execute-api:eu-west-1" }, {}, false],
  [{ Resource: "arn:aws:s3" }, {}, false],
]);
each("elements_resource", "Several resources are alternatives.", [
  [{ Resource: ["arn:aws:s3:::b", resource] }, {}, true],
  [{ Resource: ["arn:aws:s3:::b", "arn:aws:s3:::c"] }, {}, false],
]);
each("elements_notresource", "NotResource matches everything except the resources listed.", [
  [{ Resource: undefined, NotResource: resource }, {}, false],
  [{ Resource: undefined, NotResource: "arn:aws:s3:::b" }, {}, true],
  [{ Resource: undefined, NotResource: ["arn:aws:s3:::b", "arn:aws:execute-api:*:*:*"] }, {}, false],
  [{ Effect: "Deny", Resource: undefined, NotResource: "arn:aws:s3:::b" }, {}, "ExplicitDeny"],
  [{ Effect: "Deny", Resource: undefined, NotResource: "*" }, {}, false],
]);

/* ── Condition: keys and values ────────────────────────────────────────────────────────────────────────────────────────── */

const sub = "cognito-identity.amazonaws.com:sub";
const amr = "cognito-identity.amazonaws.com:amr";
const request: RequestContext = {
  "aws:SourceIp": "203.0.113.7",
  "aws:CurrentTime": "2026-03-12T19:00:00Z",
  "aws:EpochTime": "1773342000",
  "aws:SecureTransport": "true",
  "aws:UserAgent": "curl/8.5 (x)",
  "aws:PrincipalArn": "arn:aws:iam::123456789012:role/app/auth",
  "aws:MultiFactorAuthAge": "90",
  [sub]: "us-east-1:me",
};

conditions("elements_condition", "Names of keys are not case-sensitive.", request, [
  [{ StringEquals: { "AWS:USERAGENT": "curl/8.5 (x)" } }, true],
  [{ StringEquals: { "aws:useragent": "curl/8.5 (x)" } }, true],
  [{ StringEquals: { "Cognito-Identity.amazonaws.com:SUB": "us-east-1:me" } }, true],
]);
conditions(
  "condition-logic-multiple-context-keys-or-values",
  "Operators and keys are joined by AND.",
  request,
  [
    [{ StringEquals: { [sub]: "us-east-1:me" }, Bool: { "aws:SecureTransport": "true" } }, true],
    [{ StringEquals: { [sub]: "us-east-1:me" }, Bool: { "aws:SecureTransport": "false" } }, false],
    [{ StringEquals: { [sub]: "us-east-1:me", "aws:UserAgent": "x" } }, false],
    [{ StringEquals: { [sub]: "us-east-1:me", "aws:UserAgent": "curl/8.5 (x)" } }, true],
  ],
);
conditions(
  "condition-logic-multiple-context-keys-or-values",
  "Values of one key are joined by OR, and for negated operators by NOR.",
  request,
  [
    [{ StringEquals: { [sub]: ["x", "us-east-1:me"] } }, true],
    [{ StringEquals: { [sub]: ["x", "y"] } }, false],
    [{ StringNotEquals: { [sub]: ["x", "us-east-1:me"] } }, false],
    [{ StringNotEquals: { [sub]: ["x", "y"] } }, true],
    [{ StringNotLike: { [sub]: ["x*", "us-*"] } }, false],
    [{ NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"] } }, false],
    [{ NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"] } }, true],
  ],
);

/* ── Condition: operators ──────────────────────────────────────────────────────────────────────────────────────────────── */

const operators = "elements_condition_operators";
conditions(operators, "StringEquals compares exactly and with case.", request, [
  [{ StringEquals: { [sub]: "us-east-1:me" } }, true],
  [{ StringEquals: { [sub]: "US-EAST-1:me" } }, false],
  [{ StringEquals: { [sub]: "us-east-1:*" } }, false],
  [{ StringEquals: { [sub]: "us-east-1:m?" } }, false],
  [{ StringEquals: { [sub]: "" } }, false],
  [{ StringNotEquals: { [sub]: "us-east-1:me" } }, false],
  [{ StringNotEquals: { [sub]: "us-east-1:*" } }, true],
]);
conditions(operators, "StringEqualsIgnoreCase compares without case.", request, [
  [{ StringEqualsIgnoreCase: { [sub]: "US-EAST-1:ME" } }, true],
  [{ StringEqualsIgnoreCase: { [sub]: "us-east-1:you" } }, false],
  [{ StringNotEqualsIgnoreCase: { [sub]: "US-EAST-1:ME" } }, false],
  [{ StringNotEqualsIgnoreCase: { [sub]: "x" } }, true],
]);
conditions(operators, "StringLike compares with case and with wildcards.", request, [
  [{ StringLike: { [sub]: "us-east-1:*" } }, true],
  [{ StringLike: { [sub]: "us-east-1:??" } }, true],
  [{ StringLike: { [sub]: "us-east-1:?" } }, false],
  [{ StringLike: { [sub]: "US-*" } }, false],
  [{ StringLike: { [sub]: "*" } }, true],
  [{ StringLike: { "aws:UserAgent": "curl/8.5 (x)" } }, true],
  [{ StringLike: { "aws:UserAgent": "curl/8?5 (*)" } }, true],
  [{ StringLike: { "aws:UserAgent": "curl/8.* (y)" } }, false],
  [{ StringNotLike: { [sub]: "us-*" } }, false],
  [{ StringNotLike: { [sub]: "eu-*" } }, true],
]);
conditions(operators, "Numeric operators compare numbers.", request, [
  [{ NumericEquals: { "aws:MultiFactorAuthAge": "90" } }, true],
  [{ NumericEquals: { "aws:MultiFactorAuthAge": 90 } }, true],
  [{ NumericEquals: { "aws:MultiFactorAuthAge": "90.0" } }, true],
  [{ NumericEquals: { "aws:MultiFactorAuthAge": "91" } }, false],
  [{ NumericNotEquals: { "aws:MultiFactorAuthAge": "91" } }, true],
  [{ NumericNotEquals: { "aws:MultiFactorAuthAge": "90" } }, false],
  [{ NumericLessThan: { "aws:MultiFactorAuthAge": "300" } }, true],
  [{ NumericLessThan: { "aws:MultiFactorAuthAge": "90" } }, false],
  [{ NumericLessThanEquals: { "aws:MultiFactorAuthAge": "90" } }, true],
  [{ NumericGreaterThan: { "aws:MultiFactorAuthAge": "89" } }, true],
  [{ NumericGreaterThan: { "aws:MultiFactorAuthAge": "90" } }, false],
  [{ NumericGreaterThanEquals: { "aws:MultiFactorAuthAge": "90" } }, true],
  [{ NumericGreaterThanEquals: { "aws:MultiFactorAuthAge": "91" } }, false],
]);
conditions(
  operators,
  "Numeric operators compare integers and decimals. Other text is not a number.",
  request,
  [
    [{ NumericLessThan: { "aws:UserAgent": "300" } }, false],
    [{ NumericGreaterThan: { "aws:UserAgent": "0" } }, false],
    [{ NumericGreaterThan: { "aws:MultiFactorAuthAge": "" } }, false],
    [{ NumericGreaterThanEquals: { "aws:MultiFactorAuthAge": " " } }, false],
    [{ NumericEquals: { "aws:MultiFactorAuthAge": "0x5a" } }, false],
    [{ NumericLessThan: { "aws:MultiFactorAuthAge": "Infinity" } }, false],
  ],
);
conditions(operators, "An empty value is not a number.", { "aws:MultiFactorAuthAge": "", n: " " }, [
  [{ NumericEquals: { "aws:MultiFactorAuthAge": "0" } }, false],
  [{ NumericLessThan: { "aws:MultiFactorAuthAge": "300" } }, false],
  [{ NumericGreaterThanEquals: { "aws:MultiFactorAuthAge": "0" } }, false],
  [{ NumericLessThanEquals: { n: "0" } }, false],
]);
conditions(operators, "Date operators compare ISO 8601 dates or seconds since the epoch.", request, [
  [{ DateGreaterThan: { "aws:CurrentTime": "2026-03-12T18:59:59Z" } }, true],
  [{ DateGreaterThan: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, false],
  [{ DateGreaterThanEquals: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, true],
  [{ DateLessThan: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, false],
  [{ DateLessThanEquals: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, true],
  [{ DateLessThanEquals: { "aws:CurrentTime": "2026-03-12T20:00:00+01:00" } }, true],
  [{ DateLessThan: { "aws:CurrentTime": "2026-03-13" } }, true],
  [{ DateEquals: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, true],
  [{ DateEquals: { "aws:CurrentTime": "2026-03-12T19:00:01Z" } }, false],
  [{ DateNotEquals: { "aws:CurrentTime": "2026-03-12T19:00:01Z" } }, true],
  [{ DateNotEquals: { "aws:CurrentTime": "2026-03-12T19:00:00Z" } }, false],
  [{ DateEquals: { "aws:EpochTime": "1773342000" } }, true],
  [{ DateEquals: { "aws:EpochTime": "2026-03-12T19:00:00Z" } }, true],
  [{ DateLessThan: { "aws:EpochTime": "1773342001" } }, true],
  [{ DateLessThan: { "aws:CurrentTime": "tomorrow 1" } }, false],
  [{ DateGreaterThan: { "aws:CurrentTime": "" } }, false],
]);
conditions(operators, "Bool compares true and false.", request, [
  [{ Bool: { "aws:SecureTransport": "true" } }, true],
  [{ Bool: { "aws:SecureTransport": true } }, true],
  [{ Bool: { "aws:SecureTransport": "false" } }, false],
  [{ Bool: { "aws:SecureTransport": ["true", "false"] } }, true],
]);
conditions(operators, "BinaryEquals compares base64 text exactly.", { key: "QmluYXJ5" }, [
  [{ BinaryEquals: { key: "QmluYXJ5" } }, true],
  [{ BinaryEquals: { key: "qmluYXJ5" } }, false],
  [{ BinaryEquals: { key: "*" } }, false],
]);
conditions(operators, "IpAddress compares an address with an address or a CIDR range.", request, [
  [{ IpAddress: { "aws:SourceIp": "203.0.113.7" } }, true],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.8" } }, false],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, true],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.7/32" } }, true],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.6/32" } }, false],
  [{ IpAddress: { "aws:SourceIp": "203.0.113.6/31" } }, true],
  [{ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, false],
  [{ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, true],
  [{ IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"] } }, true],
  [{ NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, false],
  [{ NotIpAddress: { "aws:SourceIp": "10.0.0.0/8" } }, true],
]);
conditions(operators, "An IPv6 range holds no IPv4 address.", request, [
  [{ IpAddress: { "aws:SourceIp": "::/0" } }, false],
  [{ IpAddress: { "aws:SourceIp": "2001:db8::/32" } }, false],
  [{ IpAddress: { "aws:SourceIp": "::ffff:0:0/96" } }, false],
  [{ NotIpAddress: { "aws:SourceIp": "::/0" } }, true],
]);
conditions(
  operators,
  "IPv6 addresses are compared as addresses, and an IPv4 range holds none.",
  { "aws:SourceIp": "2001:db8::1" },
  [
    [{ IpAddress: { "aws:SourceIp": "2001:DB8:0::/32" } }, true],
    [{ IpAddress: { "aws:SourceIp": "2001:db8:0:0:0:0:0:1" } }, true],
    [{ IpAddress: { "aws:SourceIp": "::/0" } }, true],
    [{ IpAddress: { "aws:SourceIp": "2001:db9::/32" } }, false],
    [{ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, false],
  ],
);
conditions(
  operators,
  "ARN operators compare each segment, with wildcards, and ArnEquals as ArnLike.",
  request,
  [
    [{ ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/app/auth" } }, true],
    [{ ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/*" } }, true],
    [{ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/app/auth" } }, true],
    [{ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:user/*" } }, false],
    [{ ArnLike: { "aws:PrincipalArn": "arn:aws:*/auth" } }, false],
    [{ ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/*" } }, false],
    [{ ArnNotEquals: { "aws:PrincipalArn": "arn:aws:iam::*:user/*" } }, true],
  ],
);
conditions(
  operators,
  "A key that the request lacks does not match, so that negated operators are true.",
  request,
  [
    [{ StringEquals: { "aws:absent": "x" } }, false],
    [{ StringLike: { "aws:absent": "*" } }, false],
    [{ NumericEquals: { "aws:absent": "0" } }, false],
    [{ DateLessThan: { "aws:absent": "2030-01-01" } }, false],
    [{ Bool: { "aws:absent": "false" } }, false],
    [{ IpAddress: { "aws:absent": "0.0.0.0/0" } }, false],
    [{ ArnLike: { "aws:absent": "*" } }, false],
    [{ StringNotEquals: { "aws:absent": "x" } }, true],
    [{ StringNotLike: { "aws:absent": "*" } }, true],
    [{ NumericNotEquals: { "aws:absent": "0" } }, true],
    [{ NotIpAddress: { "aws:absent": "0.0.0.0/0" } }, true],
    [{ ArnNotLike: { "aws:absent": "*" } }, true],
  ],
);
conditions(
  operators,
  "…IfExists is true for a key that the request lacks, and compares otherwise.",
  request,
  [
    [{ StringEqualsIfExists: { "aws:absent": "x" } }, true],
    [{ StringNotEqualsIfExists: { "aws:absent": "x" } }, true],
    [{ NumericLessThanIfExists: { "aws:absent": "1" } }, true],
    [{ BoolIfExists: { "aws:absent": "true" } }, true],
    [{ StringEqualsIfExists: { [sub]: "x" } }, false],
    [{ StringEqualsIfExists: { [sub]: "us-east-1:me" } }, true],
    [{ BoolIfExists: { "aws:SecureTransport": "false" } }, false],
    [{ "ForAnyValue:StringEqualsIfExists": { "aws:absent": "x" } }, true],
    [{ "ForAnyValue:StringNotEqualsIfExists": { "aws:absent": "x" } }, true],
  ],
);
conditions(
  operators,
  "Null is true for `true` and an absent key, or for `false` and a present one.",
  request,
  [
    [{ Null: { "aws:absent": "true" } }, true],
    [{ Null: { "aws:absent": "false" } }, false],
    [{ Null: { [sub]: "true" } }, false],
    [{ Null: { [sub]: "false" } }, true],
    [{ Null: { [sub]: false } }, true],
    [{ Null: { "aws:absent": true, [sub]: false } }, true],
  ],
);

/* ── Condition: multivalued keys ───────────────────────────────────────────────────────────────────────────────────────── */

const multivalued = "condition-single-vs-multi-valued-context-keys";
const twoValues = { [amr]: ["authenticated", "api.twitter.com"] };
conditions(multivalued, "ForAnyValue is true when at least one value of the request matches.", twoValues, [
  [{ "ForAnyValue:StringEquals": { [amr]: "authenticated" } }, true],
  [{ "ForAnyValue:StringEquals": { [amr]: ["x", "api.twitter.com"] } }, true],
  [{ "ForAnyValue:StringEquals": { [amr]: "unauthenticated" } }, false],
  [{ "ForAnyValue:StringLike": { [amr]: "auth*" } }, true],
  [{ "ForAnyValue:StringLike": { [amr]: "un*" } }, false],
  [{ "ForAnyValue:StringNotEquals": { [amr]: "authenticated" } }, true],
  [{ "ForAnyValue:StringNotEquals": { [amr]: ["authenticated", "api.twitter.com"] } }, false],
]);
conditions(multivalued, "ForAllValues is true when every value of the request matches.", twoValues, [
  [{ "ForAllValues:StringEquals": { [amr]: ["authenticated", "api.twitter.com"] } }, true],
  [{ "ForAllValues:StringEquals": { [amr]: ["authenticated", "api.twitter.com", "x"] } }, true],
  [{ "ForAllValues:StringEquals": { [amr]: "authenticated" } }, false],
  [{ "ForAllValues:StringLike": { [amr]: "*a*" } }, true],
  [{ "ForAllValues:StringNotEquals": { [amr]: "unauthenticated" } }, true],
  [{ "ForAllValues:StringNotEquals": { [amr]: "authenticated" } }, false],
]);
for (const context of [{}, { [amr]: [] }])
  conditions(
    multivalued,
    "Without the key or with no value, ForAnyValue is false and ForAllValues is true.",
    context,
    [
      [{ "ForAnyValue:StringEquals": { [amr]: "x" } }, false],
      [{ "ForAnyValue:StringNotEquals": { [amr]: "x" } }, false],
      [{ "ForAnyValue:StringNotLike": { [amr]: "x" } }, false],
      [{ "ForAllValues:StringEquals": { [amr]: "x" } }, true],
      [{ "ForAllValues:StringNotEquals": { [amr]: "x" } }, true],
      [{ "ForAllValues:StringEquals": { [amr]: "x" }, Null: { [amr]: "false" } }, false],
    ],
  );

/* ── Policy variables ──────────────────────────────────────────────────────────────────────────────────────────────────── */

const variables = "variables";
const userArn = (user: string): string => resource.replace("private", `users/${user}`);
const own = "arn:aws:execute-api:*:*:*/*/GET/users/${cognito-identity.amazonaws.com:sub}";
each(variables, "A variable in a resource is replaced by the key's value.", [
  [{ Resource: own }, { resource: userArn("us-east-1:me"), context: request }, true],
  [{ Resource: own }, { resource: userArn("us-east-1:you"), context: request }, false],
  [{ Resource: own }, { resource: userArn("us-east-1:me/more"), context: request }, false],
  [{ Resource: `${own}/*` }, { resource: userArn("us-east-1:me/more"), context: request }, true],
  [
    { Resource: own },
    { resource: userArn("${cognito-identity.amazonaws.com:sub}"), context: request },
    false,
  ],
]);
each(variables, "A variable without a value matches nothing.", [
  [{ Resource: own }, { resource: userArn("us-east-1:me") }, false],
  [{ Resource: own }, { resource: userArn("") }, false],
]);
each(variables, "A variable's value is not a pattern.", [
  [{ Resource: own }, { resource: userArn("you"), context: { [sub]: "*" } }, false],
  [{ Resource: own }, { resource: userArn("*"), context: { [sub]: "*" } }, true],
  [{ Resource: own }, { resource: userArn("y"), context: { [sub]: "?" } }, false],
  [{ Resource: own }, { resource: userArn("?"), context: { [sub]: "?" } }, true],
  [
    { Condition: { StringLike: { "aws:UserAgent": "${cognito-identity.amazonaws.com:sub}" } } },
    { context: { "aws:UserAgent": "anything", [sub]: "*" } },
    false,
  ],
  [
    { Condition: { StringNotLike: { "aws:UserAgent": "${cognito-identity.amazonaws.com:sub}" } } },
    { context: { "aws:UserAgent": "anything", [sub]: "*" } },
    true,
  ],
  [
    { Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/${aws:UserAgent}" } } },
    { context: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/admin", "aws:UserAgent": "*" } },
    false,
  ],
]);
each(variables, "${*}, ${?} and ${$} are the characters themselves.", [
  [{ Resource: "arn:aws:s3:::b/${*}" }, { resource: "arn:aws:s3:::b/*" }, true],
  [{ Resource: "arn:aws:s3:::b/${*}" }, { resource: "arn:aws:s3:::b/x" }, false],
  [{ Resource: "arn:aws:s3:::b/${?}" }, { resource: "arn:aws:s3:::b/?" }, true],
  [{ Resource: "arn:aws:s3:::b/${?}" }, { resource: "arn:aws:s3:::b/x" }, false],
  [{ Resource: "arn:aws:s3:::b/${$}" }, { resource: "arn:aws:s3:::b/$" }, true],
  [{ Resource: "arn:aws:s3:::b/${$}" }, { resource: "arn:aws:s3:::b/x" }, false],
  [{ Resource: "arn:aws:s3:::b/${*}/*" }, { resource: "arn:aws:s3:::b/*/x" }, true],
  [{ Condition: { StringLike: { k: "a${*}" } } }, { context: { k: "a*" } }, true],
  [{ Condition: { StringLike: { k: "a${*}" } } }, { context: { k: "abc" } }, false],
  [{ Condition: { StringLike: { k: "a${?}*" } } }, { context: { k: "a?c" } }, true],
  [{ Condition: { StringLike: { k: "a${?}*" } } }, { context: { k: "abc" } }, false],
  [{ Condition: { StringEquals: { k: "${$}{x}" } } }, { context: { k: "${x}" } }, true],
  [{ Condition: { StringEquals: { k: "a${*}" } } }, { context: { k: "a*" } }, true],
]);
each(variables, "A default value stands in for a key that the request lacks.", [
  [{ Condition: { StringEquals: { k: "${aws:absent, 'x'}" } } }, { context: { k: "x" } }, true],
  [{ Condition: { StringEquals: { k: "${aws:absent, 'x'}" } } }, { context: { k: "y" } }, false],
  [{ Condition: { StringEquals: { k: "${other, 'x'}" } } }, { context: { k: "y", other: "y" } }, true],
  [{ Condition: { StringLike: { k: "${aws:absent, '*'}" } } }, { context: { k: "y" } }, false],
  [{ Resource: "arn:aws:s3:::${aws:absent, 'b'}/*" }, { resource: "arn:aws:s3:::b/x" }, true],
]);
each(variables, "A multivalued key cannot be a variable.", [
  [{ Resource: "arn:aws:s3:::b/${k}" }, { resource: "arn:aws:s3:::b/x", context: { k: ["x", "y"] } }, false],
  [{ Resource: "arn:aws:s3:::b/${k}" }, { resource: "arn:aws:s3:::b/y", context: { k: ["x", "y"] } }, false],
  [{ Condition: { StringEquals: { j: "${k}" } } }, { context: { j: "x", k: ["x", "y"] } }, false],
  [{ Condition: { StringEquals: { j: "${k, 'x'}" } } }, { context: { j: "x", k: ["x", "y"] } }, false],
]);
for (const [Version, outcome] of [
  ["2012-10-17", true],
  ["2008-10-17", false],
  [undefined, false],
] as const) {
  const policy = { ...(Version && { Version }), Statement: [statement({ Resource: "arn:aws:s3:::${k}/*" })] };
  const asked = { resource: "arn:aws:s3:::b/x", context: { k: "b" } };
  add(
    "elements_version",
    "Without version 2012-10-17, a variable is literal text.",
    [policy],
    outcome,
    asked,
  );
}

/* ── Principal ─────────────────────────────────────────────────────────────────────────────────────────────────────────── */

for (const [rule, type, id, Principal, outcome] of [
  [
    "A web identity provider is named by Federated.",
    "Federated",
    "cognito-identity.amazonaws.com",
    { Federated: "cognito-identity.amazonaws.com" },
    true,
  ],
  [
    "A web identity provider is named by Federated.",
    "Federated",
    "accounts.google.com",
    { Federated: "cognito-identity.amazonaws.com" },
    false,
  ],
  [
    "A service is named by Service, alone or in a list.",
    "Service",
    "lambda.amazonaws.com",
    { Service: ["edge.amazonaws.com", "lambda.amazonaws.com"] },
    true,
  ],
  [
    "A service is named by Service, alone or in a list.",
    "Service",
    "lambda.amazonaws.com",
    { Service: "edge.amazonaws.com" },
    false,
  ],
  ["A service is not an AWS principal.", "Service", "lambda.amazonaws.com", { AWS: "*" }, false],
  ["`*` alone is every principal.", "Service", "lambda.amazonaws.com", "*", true],
  ["`*` alone is every principal.", "AWS", "arn:aws:iam::999999999999:user/a", "*", true],
  [
    "An account's root ARN or its id is every principal of the account.",
    "AWS",
    "arn:aws:iam::123456789012:user/a",
    { AWS: "arn:aws:iam::123456789012:root" },
    true,
  ],
  [
    "An account's root ARN or its id is every principal of the account.",
    "AWS",
    "arn:aws:iam::123456789012:user/a",
    { AWS: "123456789012" },
    true,
  ],
  [
    "An account's root ARN or its id is every principal of the account.",
    "AWS",
    "arn:aws:iam::999999999999:user/a",
    { AWS: "123456789012" },
    false,
  ],
  [
    "A user is named by its ARN.",
    "AWS",
    "arn:aws:iam::123456789012:user/a",
    { AWS: "arn:aws:iam::123456789012:user/a" },
    true,
  ],
  [
    "A user is named by its ARN.",
    "AWS",
    "arn:aws:iam::123456789012:user/a",
    { AWS: "arn:aws:iam::123456789012:user/b" },
    false,
  ],
] as [string, RequestPrincipal["type"], string, unknown, boolean][]) {
  const policy = document({ Effect: "Allow", Action: "sts:AssumeRole", Principal });
  add("elements_principal", rule, [policy], outcome, { action: "sts:AssumeRole", principal: { type, id } });
}
