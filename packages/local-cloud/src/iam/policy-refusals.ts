import { documented, reported, undocumented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";
import { PolicyDocumentError } from "./policy-document.ts";

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide";
const grammar = `${guide}/reference_policies_grammar.html` as const;
const operators = `${guide}/reference_policies_elements_condition_operators.html` as const;

const syntaxError = (): PolicyDocumentError => new PolicyDocumentError("Syntax errors in policy.");

/** IAM answers each of them `MalformedPolicyDocument`. */
export const policyRefusals = defineRefusals("IAM policy", {
  element: {
    refuses: "a document with an element other than `Version`, `Id` and `Statement`",
    evidence: reported("https://github.com/99designs/iamy/issues/74"),
    error: syntaxError,
  },
  version: {
    refuses: "a `Version` other than 2012-10-17 and 2008-10-17",
    evidence: documented(`${guide}/reference_policies_elements_version.html`),
    error: syntaxError,
  },
  noStatement: {
    refuses: "a document without a statement",
    evidence: documented(grammar),
    error: syntaxError,
  },
  effect: {
    refuses: "an `Effect` other than `Allow` and `Deny`",
    evidence: documented(`${guide}/reference_policies_elements_effect.html`),
    error: syntaxError,
  },
  sid: {
    refuses: "a `Sid` with other characters than letters and digits",
    evidence: reported("https://github.com/aws-cloudformation/cfn-lint/issues/1376"),
    error: () =>
      new PolicyDocumentError(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
      ),
  },
  sidTwice: {
    refuses: "a `Sid` that two statements have",
    evidence: reported("https://github.com/kubernetes/kops/issues/4951"),
    error: () => new PolicyDocumentError("Statement IDs (SID) in a single policy must be unique."),
  },
  noAction: {
    refuses: "a statement without `Action` and `NotAction`",
    evidence: reported("https://github.com/aws/aws-cdk/issues/7615"),
    error: () => new PolicyDocumentError("Policy statement must contain actions."),
  },
  noVendor: {
    refuses: "an action without a service prefix",
    evidence: documented(`${guide}/reference_policies_elements_action.html`),
    error: () =>
      new PolicyDocumentError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
  },
  colons: {
    refuses: "an action with two colons",
    evidence: reported("https://github.com/garnaat/kappa/issues/111"),
    error: () => new PolicyDocumentError("Actions/Condition can contain only one colon."),
  },
  vendorWildcard: {
    refuses: "an action with a wildcard in its service prefix",
    evidence: reported("https://github.com/boogy/iam-policy-validator/pull/172"),
    error: () => new PolicyDocumentError("Action vendors (e.g., aws, ec2, etc.) must not contain wildcards"),
  },
  vendor: {
    refuses: "an action whose service prefix has other characters than letters, digits and hyphens",
    evidence: documented(grammar),
    error: (vendor: string) => new PolicyDocumentError(`Vendor ${vendor} is not valid`),
  },
  actionName: {
    refuses: "an action whose name has other characters than letters, digits and wildcards",
    evidence: documented(grammar),
    error: syntaxError,
  },
  text: {
    refuses: "an `Action` or `Resource` that is not text",
    evidence: reported("https://github.com/aws-cloudformation/cfn-lint/issues/2021"),
    error: syntaxError,
  },
  principal: {
    refuses: "a `Principal` in an identity policy",
    evidence: documented(`${guide}/reference_policies_elements_principal.html`),
    error: () => new PolicyDocumentError("Policy document should not specify a principal."),
  },
  noResource: {
    refuses: "a statement without `Resource` and `NotResource` in an identity policy",
    evidence: reported("https://github.com/aws-samples/aws-health-aware/issues/1"),
    error: () => new PolicyDocumentError("Policy statement must contain resources."),
  },
  resource: {
    refuses: "a `Resource` that is neither an ARN nor `*`",
    evidence: reported("https://github.com/CloudSnorkel/CloudWatch2S3/issues/1"),
    error: (resource: string) =>
      new PolicyDocumentError(`Resource ${resource} must be in ARN format or "*".`),
  },
  partition: {
    refuses: "a `Resource` whose partition is not one of AWS",
    evidence: documented(`${guide}/reference-arns.html`),
    error: (partition: string, resource: string) =>
      new PolicyDocumentError(`Partition "${partition}" is not valid for resource "${resource}".`),
  },
  trustAction: {
    refuses: "an action of a service other than STS in a trust policy",
    evidence: undocumented(
      "The words in which IAM refuses an action of a service other than STS in a trust policy.",
      "aws iam create-role --role-name x --assume-role-policy-document file://trust.json",
    ),
    error: () => new PolicyDocumentError("AssumeRole policy may only specify STS AssumeRole actions."),
  },
  trustResource: {
    refuses: "a `Resource` in a trust policy",
    evidence: reported("https://github.com/kubernetes-sigs/external-dns/issues/3085"),
    error: () => new PolicyDocumentError("Has prohibited field Resource"),
  },
  noPrincipal: {
    refuses: "a trust policy without `Principal`",
    evidence: documented(`${guide}/reference_policies_elements_principal.html`),
    error: () => new PolicyDocumentError("Missing required field Principal"),
  },
  cognitoAudience: {
    refuses:
      "a trust policy that lets cognito-identity.amazonaws.com in without a condition on `cognito-identity.amazonaws.com:aud`",
    evidence: documented(`${guide}/id_roles_providers_oidc_secure-by-default.html`),
    error: () =>
      new PolicyDocumentError(
        "The trust policy must evaluate cognito-identity.amazonaws.com:aud for the shared provider cognito-identity.amazonaws.com",
      ),
  },
  statementElement: {
    refuses: "a statement with an unknown element",
    evidence: documented(grammar),
    error: (element: string) => new PolicyDocumentError(`unknown policy element '${element}'`),
  },
  bothForms: {
    refuses: "a statement with an element and its `Not` form",
    evidence: documented(grammar),
    error: (element: string) => new PolicyDocumentError(`${element} and Not${element} exclude each other`),
  },
  principalType: {
    refuses: "a principal of a type other than `AWS`, `Federated`, `Service` and `CanonicalUser`",
    evidence: documented(`${guide}/reference_policies_elements_principal.html`),
    error: (type: string) => new PolicyDocumentError(`unknown principal type '${type}'`),
  },
  conditionOperator: {
    refuses: "a condition with an unknown operator",
    evidence: documented(operators),
    error: (operator: string) => new PolicyDocumentError(`unknown condition operator '${operator}'`),
  },
  conditionValue: {
    refuses: "a condition with a value that its operator does not take, such as an invalid address range",
    evidence: documented(operators),
    error: (value: string, operator: string) =>
      new PolicyDocumentError(`'${value}' is not a value for Condition ${operator}`),
  },
  conditionValueType: {
    refuses: "a condition with a value that is not text, a number or a boolean",
    evidence: documented(operators),
    error: (operator: string) =>
      new PolicyDocumentError(`a value of Condition ${operator} must be text, a number or a boolean`),
  },
});
