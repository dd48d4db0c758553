import { documented, ownLimit } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

const api = "https://docs.aws.amazon.com/IAM/latest/APIReference";

export const roleRefusals = defineRefusals("AWS::IAM::Role", {
  name: {
    refuses: "a `RoleName` other than 1 to 64 letters, digits and `_+=,.@-`",
    evidence: documented(`${api}/API_CreateRole.html`),
    error: (name: string) => new ResourceError(`Invalid role name ${name}.`),
  },
  nameTaken: {
    refuses: "a `RoleName` that another role has",
    evidence: documented(`${api}/API_CreateRole.html`),
    error: (name: string) =>
      new ResourceError(`Role with name ${name} already exists. (Service: Iam, Status Code: 409)`),
  },
});

export const attachmentRefusals = defineRefusals("AWS::IAM::Policy, AWS::IAM::ManagedPolicy", {
  noRole: {
    refuses: "a policy of a role that does not exist",
    evidence: documented(`${api}/API_PutRolePolicy.html`),
    error: (name: string) =>
      new ResourceError(`The role with name ${name} cannot be found. (Service: Iam, Status Code: 404)`),
  },
  nothing: {
    refuses: "an AWS::IAM::Policy without a role, user or group",
    evidence: documented(
      "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html",
    ),
    error: () => new ResourceError("At least one of [Groups,Roles,Users] must be non-empty."),
  },
  nameTaken: {
    refuses: "a `ManagedPolicyName` that another policy has",
    evidence: documented(`${api}/API_CreatePolicy.html`),
    error: (name: string) =>
      new ResourceError(`A policy called ${name} already exists. Duplicate names are not allowed.`),
  },
  usersAndGroups: {
    refuses: "`Users` and `Groups`",
    evidence: ownLimit,
    error: (kind: string) =>
      new ResourceError(`The local cloud does not support attaching a policy to IAM ${kind.toLowerCase()}.`),
  },
});

const provider = `${api}/API_CreateOpenIDConnectProvider.html` as const;

export const oidcProviderRefusals = defineRefusals("AWS::IAM::OIDCProvider", {
  url: {
    refuses: "a `Url` that is not https, has a port or a query, or more than 255 characters",
    evidence: documented(provider),
    error: () =>
      new ResourceError(
        "Invalid Open ID Connect Provider URL: it must start with https://, without port and query, and have at most 255 characters. (Service: Iam, Status Code: 400)",
      ),
  },
  urlTaken: {
    refuses: "a `Url` that another provider has",
    evidence: documented(provider),
    error: (name: string) =>
      new ResourceError(`Provider with url https://${name} already exists. (Service: Iam, Status Code: 409)`),
  },
  clientIds: {
    refuses: "more than 100 client ids",
    evidence: documented(provider),
    error: (property: string) => new ResourceError(`Property ${property} allows at most 100 client ids.`),
  },
  clientId: {
    refuses: "a client id that is empty or has more than 255 characters",
    evidence: documented(provider),
    error: (property: string) =>
      new ResourceError(`Property ${property}: a client id has 1 to 255 characters.`),
  },
  thumbprints: {
    refuses: "more than 5 thumbprints",
    evidence: documented(provider),
    error: () => new ResourceError("Thumbprint list must contain at most 5 entries."),
  },
  thumbprint: {
    refuses: "a thumbprint other than 40 hexadecimal digits",
    evidence: documented(provider),
    error: () => new ResourceError("Thumbprint must be exactly 40 characters of hexadecimal digits."),
  },
});
