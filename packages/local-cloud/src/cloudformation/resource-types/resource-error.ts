import { ServiceError } from "../../aws/service-error.ts";

/** A resource cannot be deployed with its properties. The message goes into the stack's events. */
export class ResourceError extends ServiceError {
  override name = "ResourceError";

  constructor(message: string) {
    super("ResourceFailure", message);
  }
}

/** A resource that failed after it may have come into being, or have changed. A rollback undoes that. */
export class PartialFailure extends ResourceError {
  /** Of what must be removed. */
  readonly physicalId: string;

  constructor(message: string, physicalId: string) {
    super(message);
    this.physicalId = physicalId;
  }
}

/** Runs a call to a service, and turns its refusal into the reason for a failed resource. @throws ResourceError */
export function asResourceError<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ResourceError(`${error.message} (Status Code: ${error.status}, Error Code: ${error.code})`);
  }
}
