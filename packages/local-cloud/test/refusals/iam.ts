import { lambdaRole } from "@api-auth-twitter/test-support/templates";
import type {
  attachmentRefusals,
  oidcProviderRefusals,
  roleRefusals,
} from "../../src/cloudformation/resource-types/iam-refusals.ts";
import { refusedTemplate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

export const roleCases: RefusalCases<typeof roleRefusals> = {
  name: refusedTemplate("Invalid role name a b.", { Role: lambdaRole({ RoleName: "a b" }) }),
  nameTaken: refusedTemplate("Role with name users already exists.", {
    First: lambdaRole({ RoleName: "users" }),
    Second: { ...lambdaRole({ RoleName: "users" }), DependsOn: "First" },
  }),
};

const PolicyDocument = { Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" } };
const policy = (properties: object) => ({
  Type: "AWS::IAM::Policy",
  Properties: { PolicyName: "policy", PolicyDocument, ...properties },
});
const managedPolicy = {
  Type: "AWS::IAM::ManagedPolicy",
  Properties: { ManagedPolicyName: "policy", PolicyDocument },
};

export const attachmentCases: RefusalCases<typeof attachmentRefusals> = {
  noRole: refusedTemplate("The role with name users cannot be found.", {
    Policy: policy({ Roles: ["users"] }),
  }),
  nothing: refusedTemplate("At least one of [Groups,Roles,Users] must be non-empty.", {
    Policy: policy({}),
  }),
  nameTaken: refusedTemplate("A policy called policy already exists.", {
    First: managedPolicy,
    Second: { ...managedPolicy, DependsOn: "First" },
  }),
  usersAndGroups: refusedTemplate("does not support attaching a policy to IAM users", {
    Role: lambdaRole(),
    Policy: policy({ Roles: [{ Ref: "Role" }], Users: ["user"] }),
  }),
};

const refusedProvider = (says: string, properties: object): RefusalCase =>
  refusedTemplate(says, { Provider: provider(properties) });
const provider = (properties: object = {}) => ({
  Type: "AWS::IAM::OIDCProvider",
  Properties: { Url: "https://issuer.example", ...properties },
});

export const oidcProviderCases: RefusalCases<typeof oidcProviderRefusals> = {
  url: refusedProvider("Invalid Open ID Connect Provider URL", { Url: "http://issuer.example" }),
  urlTaken: refusedTemplate("Provider with url https://issuer.example already exists.", {
    First: provider(),
    Second: { ...provider(), DependsOn: "First" },
  }),
  clientIds: refusedProvider("Property ClientIdList allows at most 100 client ids.", {
    ClientIdList: Array.from({ length: 101 }, (_, i) => `id${i}`),
  }),
  clientId: refusedProvider("Property ClientIdList: a client id has 1 to 255 characters.", {
    ClientIdList: ["x".repeat(256)],
  }),
  thumbprints: refusedProvider("Thumbprint list must contain at most 5 entries.", {
    ThumbprintList: Array.from({ length: 6 }, () => "0".repeat(40)),
  }),
  thumbprint: refusedProvider("Thumbprint must be exactly 40 characters", { ThumbprintList: ["0"] }),
};
