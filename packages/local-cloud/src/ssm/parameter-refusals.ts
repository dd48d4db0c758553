import { ServiceError } from "../aws/service-error.ts";
import { documented } from "../evidence/evidence.ts";
import { defineRefusals } from "../evidence/refusal.ts";

const api = "https://docs.aws.amazon.com/systems-manager/latest/APIReference";
const invalid = (message: string): ServiceError => new ServiceError("ValidationException", message);

export const parameterRefusals = defineRefusals("Systems Manager", {
  name: {
    refuses: "a name other than up to 1011 letters, digits and `_.-/`",
    evidence: documented(`${api}/API_PutParameter.html`),
    error: (name: string) => invalid(`Parameter name: ${name} is not a valid parameter name.`),
  },
  empty: {
    refuses: "an empty value",
    evidence: documented(`${api}/API_PutParameter.html`),
    error: (name: string) => invalid(`The value of parameter ${name} must not be empty.`),
  },
  type: {
    refuses: "a `Type` other than `String`, `StringList` and `SecureString`",
    evidence: documented(`${api}/API_PutParameter.html`),
    error: (type: string | undefined) =>
      invalid(
        type === undefined
          ? "A parameter type is required when you create a parameter."
          : `${type} is not a parameter type.`,
      ),
  },
  nameTaken: {
    refuses: "a name that another parameter has, without `Overwrite`",
    evidence: documented(`${api}/API_PutParameter.html`),
    error: () =>
      new ServiceError(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
      ),
  },
  missing: {
    refuses: "a parameter that does not exist",
    evidence: documented(`${api}/API_GetParameter.html`),
    error: (name: string) => new ServiceError("ParameterNotFound", `Parameter ${name} not found.`),
  },
});
