import { ServiceError } from "../aws/service-error.ts";

/** CloudFormation's error for most invalid requests and templates. */
export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}
