/** What a service refuses a request with; each protocol writes it in its own shape. */
export class ServiceError extends Error {
  override name = "ServiceError";
  /** Wire name, as the service's model has it: `ValidationError`, `NoSuchKey`, `ParameterNotFound`. */
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
