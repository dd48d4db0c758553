import { ServiceError } from "../aws/service-error.ts";

/** What CloudFormation answers to nearly everything that is wrong with a request or a template. */
export function validationError(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}
