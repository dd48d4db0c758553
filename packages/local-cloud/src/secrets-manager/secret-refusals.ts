import { ServiceError } from "../aws/service-error.ts";
import { documented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/secretsmanager/latest/apireference";
const invalidRequest = (message: string): ServiceError =>
  new ServiceError("InvalidRequestException", message);

export const secretRefusals = defineRefusals("Secrets Manager", {
  missing: {
    refuses: "a secret that does not exist",
    evidence: documented(`${api}/API_DescribeSecret.html`),
    error: () =>
      new ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
  },
  deleted: {
    refuses: "the value of a secret that is marked for deletion",
    evidence: documented(`${api}/API_GetSecretValue.html`),
    error: () =>
      invalidRequest("You can't perform this operation on the secret because it was marked for deletion."),
  },
  name: {
    refuses: "a name other than 1 to 512 letters, digits and `-/_+=.@`",
    evidence: documented(`${api}/API_CreateSecret.html`),
    error: () =>
      new ServiceError(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
      ),
  },
  nameDeleted: {
    refuses: "the name of a secret that is marked for deletion",
    evidence: documented(`${api}/API_DeleteSecret.html`),
    error: () =>
      invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      ),
  },
  nameTaken: {
    refuses: "a name that another secret has",
    evidence: documented(`${api}/API_CreateSecret.html`),
    error: (name: string) =>
      new ServiceError(
        "ResourceExistsException",
        `The operation failed because the secret ${name} already exists.`,
      ),
  },
  version: {
    refuses: "a version or stage that the secret does not have",
    evidence: documented(`${api}/API_GetSecretValue.html`),
    error: (what: string) =>
      new ServiceError(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for ${what}`,
      ),
  },
  noValue: {
    refuses: "a value without `SecretString` and `SecretBinary`",
    evidence: documented(`${api}/API_PutSecretValue.html`),
    error: () => invalidRequest("You must provide either SecretString or SecretBinary."),
  },
  twoValues: {
    refuses: "a value with both `SecretString` and `SecretBinary`",
    evidence: documented(`${api}/API_PutSecretValue.html`),
    error: () =>
      new ServiceError(
        "InvalidParameterException",
        "You can't specify both a binary secret value and a string secret value in the same secret.",
      ),
  },
  valueLength: {
    refuses: "a value of more than 65,536 bytes",
    evidence: documented(`${api}/API_PutSecretValue.html`),
    error: () =>
      new ServiceError(
        "ValidationException",
        "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536",
      ),
  },
  token: {
    refuses: "a `ClientRequestToken` of a version with another value",
    evidence: documented(`${api}/API_PutSecretValue.html`),
    error: (token: string, name: string) =>
      new ServiceError(
        "ResourceExistsException",
        `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${name}.`,
      ),
  },
  moveStage: {
    refuses:
      "moving a stage away from a version that does not have it, or without naming the version that has it",
    evidence: documented(`${api}/API_UpdateSecretVersionStage.html`),
    error: (stage: string, versionId: string) =>
      new ServiceError(
        "InvalidParameterException",
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${versionId}, so you must explicitly reference that version in RemoveFromVersionId.`,
      ),
  },
  recovery: {
    refuses: "a recovery window outside 7 to 30 days, or one for a deletion without recovery",
    evidence: documented(`${api}/API_DeleteSecret.html`),
    error: () =>
      new ServiceError(
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive), without ForceDeleteWithoutRecovery.",
      ),
  },
  policy: {
    refuses: "a resource policy that IAM would reject",
    evidence: documented(`${api}/API_PutResourcePolicy.html`),
    error: () =>
      new ServiceError("MalformedPolicyDocumentException", "This resource policy contains a syntax error."),
  },
  passwordLength: {
    refuses: "a generated password of fewer than 1 or more than 4,096 characters",
    evidence: documented(`${api}/API_GetRandomPassword.html`),
    error: () =>
      new ServiceError("InvalidParameterException", "Password length must be between 1 and 4096 characters."),
  },
  passwordCharacters: {
    refuses: "a generated password that no characters are left for",
    evidence: documented(`${api}/API_GetRandomPassword.html`),
    error: () => new ServiceError("InvalidParameterException", "The exclusions leave no characters."),
  },
  passwordTypes: {
    refuses: "a generated password that is too short for a character of each type",
    evidence: documented(`${api}/API_GetRandomPassword.html`),
    error: () =>
      new ServiceError(
        "InvalidParameterException",
        "The password is too short for a character of each included type.",
      ),
  },
});
