import { ServiceError } from "../aws/service-error.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/secretsmanager/latest/apireference";
const invalidRequest = (message: string): ServiceError =>
  new ServiceError("InvalidRequestException", message);

export const secretRefusals = defineRefusals("Secrets Manager", {
  missing: {
    refuses: "a secret that does not exist",
    letter: "D",
    source: `${api}/API_DescribeSecret.html`,
    error: () =>
      new ServiceError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
  },
  deleted: {
    refuses: "the value of a secret that is marked for deletion",
    letter: "D",
    source: `${api}/API_GetSecretValue.html`,
    error: () =>
      invalidRequest("You can't perform this operation on the secret because it was marked for deletion."),
  },
  name: {
    refuses: "a name other than 1 to 512 letters, digits and `-/_+=.@`",
    letter: "D",
    source: `${api}/API_CreateSecret.html`,
    error: () =>
      new ServiceError(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
      ),
  },
  nameDeleted: {
    refuses: "the name of a secret that is marked for deletion",
    letter: "D",
    source: `${api}/API_DeleteSecret.html`,
    error: () =>
      invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      ),
  },
  nameTaken: {
    refuses: "a name that another secret has",
    letter: "D",
    source: `${api}/API_CreateSecret.html`,
    error: (name: string) =>
      new ServiceError(
        "ResourceExistsException",
        `The operation failed because the secret ${name} already exists.`,
      ),
  },
  version: {
    refuses: "a version or stage that the secret does not have",
    letter: "D",
    source: `${api}/API_GetSecretValue.html`,
    error: (what: string) =>
      new ServiceError(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for ${what}`,
      ),
  },
  noValue: {
    refuses: "a value without `SecretString` and `SecretBinary`",
    letter: "D",
    source: `${api}/API_PutSecretValue.html`,
    error: () => invalidRequest("You must provide either SecretString or SecretBinary."),
  },
  twoValues: {
    refuses: "a value with both `SecretString` and `SecretBinary`",
    letter: "D",
    source: `${api}/API_PutSecretValue.html`,
    error: () =>
      new ServiceError(
        "InvalidParameterException",
        "You can't specify both a binary secret value and a string secret value in the same secret.",
      ),
  },
});
