/** A refusal of a service. Each protocol serializes it in its own format. */
export class ServiceError extends Error {
  override name = "ServiceError";
  /** The code in the service's model: `ValidationError`, `NoSuchKey`, `ParameterNotFound`. */
  readonly code: string;
  readonly status: number;
  /** What S3 adds to code and message. */
  readonly members: { Region?: string };

  constructor(code: string, message: string, status = 400, members: { Region?: string } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/**
 * Finds an operation in a service's table.
 * @param code of the error: `InvalidAction` or `UnknownOperationException`, by protocol
 * @throws ServiceError that names the operation and lists the supported ones
 */
export function findOperation<Operation>(
  operations: Readonly<Record<string, Operation>>,
  name: string,
  { service, code }: { service: string; code: string },
): Operation {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation !== undefined) return operation;
  throw new ServiceError(
    code,
    `The local cloud does not support ${name} of ${service}. It supports ${Object.keys(operations).join(", ")}.`,
  );
}
