import { isJsonObject, type JsonObject } from "../aws/json-protocol.ts";
import { ServiceError } from "../aws/service-error.ts";

/** Limits of a string member in the service's model. */
interface StringLimits {
  min: number;
  max: number;
  pattern?: RegExp;
}

const identityIdLimits: StringLimits = { min: 1, max: 55, pattern: /^[\w-]+:[0-9a-f-]+$/ };

/** The members of a request, validated against the service's model before anything is looked up. */
export class RequestMembers {
  readonly #body: JsonObject;
  readonly #faults: string[] = [];

  constructor(body: JsonObject) {
    this.#body = body;
  }

  identityPoolId(): string {
    return this.#required("IdentityPoolId", identityIdLimits);
  }

  identityId(): string {
    return this.#required("IdentityId", identityIdLimits);
  }

  accountId(): string | undefined {
    return this.#optional("AccountId", { min: 1, max: 15, pattern: /^\d+$/ });
  }

  customRoleArn(): string | undefined {
    return this.#optional("CustomRoleArn", { min: 20, max: 2048 });
  }

  /** `{"api.twitter.com": "<token>;<secret>"}`; empty by default. */
  logins(): Map<string, string> {
    const value = this.#body["Logins"];
    if (value === undefined || value === null) return new Map();
    if (!isJsonObject(value))
      throw new ServiceError("SerializationException", "Logins must be a map of strings.");
    const logins = new Map<string, string>();
    for (const [provider, token] of Object.entries(value)) {
      if (typeof token !== "string") {
        throw new ServiceError("SerializationException", "Logins must be a map of strings.");
      }
      logins.set(provider, token);
    }
    if (logins.size > 10) this.#fault("logins", "Member must have length less than or equal to 10");
    const areWithin = [...logins].every(
      ([provider, token]) =>
        isWithin(provider, { min: 1, max: 128 }) && isWithin(token, { min: 1, max: 50_000 }),
    );
    if (!areWithin) {
      this.#fault("logins", "Map keys must have length 1 to 128 and map values length 1 to 50000");
    }
    return logins;
  }

  /** @throws ServiceError with every invalid member, without values, since tokens are secret */
  check(): void {
    const count = this.#faults.length;
    if (count === 0) return;
    const errors = count === 1 ? "1 validation error" : `${count} validation errors`;
    throw new ServiceError("ValidationException", `${errors} detected: ${this.#faults.join("; ")}`);
  }

  #required(name: string, limits: StringLimits): string {
    const value = this.#optional(name, limits);
    if (value === undefined) this.#fault(name, "Member must not be null");
    return value ?? "";
  }

  #optional(name: string, limits: StringLimits): string | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string")
      throw new ServiceError("SerializationException", `${name} must be a string.`);
    if (value.length < limits.min) {
      this.#fault(name, `Member must have length greater than or equal to ${limits.min}`);
    }
    if (value.length > limits.max)
      this.#fault(name, `Member must have length less than or equal to ${limits.max}`);
    if (limits.pattern?.test(value) === false) {
      this.#fault(
        name,
        `Member must satisfy regular expression pattern: ${limits.pattern.source.slice(1, -1)}`,
      );
    }
    return value;
  }

  #fault(name: string, constraint: string): void {
    const member = name.charAt(0).toLowerCase() + name.slice(1);
    this.#faults.push(`Value at '${member}' failed to satisfy constraint: ${constraint}`);
  }
}

function isWithin(text: string, { min, max }: StringLimits): boolean {
  return text.length >= min && text.length <= max;
}
