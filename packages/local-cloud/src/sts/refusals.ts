import { ServiceError } from "../aws/service-error.ts";
import { documented, ownLimit, recorded, reported, undocumented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/STS/latest/APIReference";

const invalid = (message: string): ServiceError => new ServiceError("ValidationError", message);
const constraint = (member: string, must: string): ServiceError =>
  invalid(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${must}`,
  );

export const stsRefusals = defineRefusals("STS", {
  unsigned: {
    refuses: "unsigned requests, except `AssumeRoleWithWebIdentity`",
    evidence: documented(`${api}/CommonErrors.html`),
    error: () =>
      new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
  },
  sessionName: {
    refuses: "a `RoleSessionName` other than 2 to 64 of the characters `\\w+=,.@-`",
    evidence: documented(`${api}/API_AssumeRole.html`),
    error: (name: string) =>
      invalid(
        `1 validation error detected: Value '${name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
      ),
  },
  duration: {
    refuses: "a `DurationSeconds` outside 900 to 43200",
    evidence: documented(`${api}/API_AssumeRole.html`),
    error: () => invalid("DurationSeconds must be between 900 and 43200 seconds."),
  },
  policySize: {
    refuses: "a session policy of more than 2048 characters",
    evidence: documented(`${api}/API_AssumeRole.html`),
    error: () => constraint("policy", "have length less than or equal to 2048"),
  },
  policy: {
    refuses: "a session policy that is not a policy document",
    evidence: documented(`${api}/API_AssumeRole.html`),
    error: (fault: string) => new ServiceError("MalformedPolicyDocument", fault),
  },
  parameter: {
    refuses: "`SerialNumber`, `TransitiveTagKeys`, `ProvidedContexts` and `ProviderId`",
    evidence: ownLimit,
    error: (name: string, action: string) =>
      invalid(`The local cloud does not support the parameter ${name} of ${action}.`),
  },
  assumeRole: {
    refuses: "a role that does not exist, or does not trust the caller",
    evidence: documented("https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html"),
    error: (callerArn: string, roleArn: string) =>
      new ServiceError(
        "AccessDenied",
        `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
        403,
      ),
  },
  assumeRoleWithWebIdentity: {
    refuses: "a role that does not exist, or does not trust the token's identity",
    evidence: reported("https://github.com/aws-amplify/aws-sdk-android/issues/9"),
    error: () =>
      new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403),
  },
  malformedToken: {
    refuses: "a `WebIdentityToken` that is not a JWT",
    evidence: recorded("https://github.com/aws-amplify/amplify-js/issues/9704"),
    error: () =>
      new ServiceError(
        "InvalidIdentityToken",
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
      ),
  },
  tokenIssuer: {
    refuses: "a `WebIdentityToken` of an issuer other than Cognito Identity and the account's providers",
    evidence: reported("https://github.com/namespacelabs/foundation/issues/801"),
    error: (issuer: string) =>
      new ServiceError(
        "InvalidIdentityToken",
        `No OpenIDConnect provider found in your account for ${issuer}`,
      ),
  },
  tokenOfProvider: {
    refuses: "a `WebIdentityToken` of an `AWS::IAM::OIDCProvider`",
    evidence: ownLimit,
    error: (issuer: string) =>
      new ServiceError("InvalidIdentityToken", `The local cloud does not verify tokens of ${issuer} in STS.`),
  },
  tokenSignature: {
    refuses: "a `WebIdentityToken` with a wrong signature",
    evidence: undocumented(
      "The words of STS for a `WebIdentityToken` of Cognito Identity with a wrong signature.",
      "aws sts assume-role-with-web-identity --role-arn ARN --role-session-name test --web-identity-token TOKENx --no-sign-request",
    ),
    error: () => new ServiceError("InvalidIdentityToken", "The token's signature is invalid."),
  },
  expiredToken: {
    refuses: "an expired `WebIdentityToken`",
    evidence: reported("https://github.com/aws/aws-sdk-java-v2/issues/5709"),
    error: (now: number, expiration: number) =>
      new ServiceError(
        "ExpiredTokenException",
        `Token expired: current date/time ${now} must be before the expiration date/time ${expiration}`,
      ),
  },
});
