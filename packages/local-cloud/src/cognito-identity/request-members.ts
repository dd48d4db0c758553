import { isJsonObject, type JsonObject } from "../aws/json-protocol.ts";
import { ServiceError } from "../aws/service-error.ts";
import { identityRefusals } from "./refusals.ts";

/** Limits of a string member in the service's model. */
export interface StringLimits {
  min: number;
  max: number;
  pattern?: RegExp;
}

const identityIdLimits: StringLimits = { min: 1, max: 55, pattern: /^[\w-]+:[0-9a-f-]+$/ };
export const arnLimits: StringLimits = { min: 20, max: 2048 };

/** The members of a request, validated against the service's model before anything is looked up. */
export class RequestMembers {
  readonly #body: JsonObject;
  readonly #path: string;
  readonly #faults: string[];

  /** @param path of a nested structure, with a dot at its end */
  constructor(body: JsonObject, path = "", faults: string[] = []) {
    this.#body = body;
    this.#path = path;
    this.#faults = faults;
  }

  identityPoolId(): string {
    return this.text("IdentityPoolId", identityIdLimits);
  }

  identityId(): string {
    return this.text("IdentityId", identityIdLimits);
  }

  accountId(): string | undefined {
    return this.optionalText("AccountId", { min: 1, max: 15, pattern: /^\d+$/ });
  }

  customRoleArn(): string | undefined {
    return this.optionalText("CustomRoleArn", arnLimits);
  }

  /** `{"api.twitter.com": "<token>;<secret>"}`; empty by default. */
  logins(): Map<string, string> {
    return this.textMap("Logins", { maximum: 10, key: { min: 1, max: 128 }, value: { min: 1, max: 50_000 } });
  }

  /** @throws ServiceError with every invalid member, without values, since tokens are secret */
  check(): void {
    identityRefusals.members.when(this.#faults.length > 0, this.#faults);
  }

  text(name: string, limits: StringLimits): string {
    const value = this.optionalText(name, limits);
    if (value === undefined) this.#fault(name, "Member must not be null");
    return value ?? "";
  }

  optionalText(name: string, limits: StringLimits): string | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw this.#wrongType(name, "a string");
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

  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.optionalText(name, { min: 0, max: Infinity });
    if (value === undefined) return undefined;
    const chosen = values.find((candidate) => candidate === value);
    if (chosen === undefined) this.#fault(name, `Member must satisfy enum value set: [${values.join(", ")}]`);
    return chosen;
  }

  requiredChoice<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
    if ((this.#body[name] ?? null) === null) this.#fault(name, "Member must not be null");
    return this.choice(name, values) ?? values[0];
  }

  flag(name: string): boolean | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "boolean") throw this.#wrongType(name, "a boolean");
    return value;
  }

  requiredFlag(name: string): boolean {
    const value = this.flag(name);
    if (value === undefined) this.#fault(name, "Member must not be null");
    return value ?? false;
  }

  integer(name: string, { min, max }: { min: number; max: number }): number {
    const value = this.#body[name] ?? undefined;
    if (value !== undefined && !Number.isInteger(value)) throw this.#wrongType(name, "an integer");
    const number = Number(value);
    if (value === undefined) this.#fault(name, "Member must not be null");
    if (number < min) this.#fault(name, `Member must have value greater than or equal to ${min}`);
    if (number > max) this.#fault(name, `Member must have value less than or equal to ${max}`);
    return number;
  }

  /** Empty by default. */
  textMap(
    name: string,
    { maximum, key, value }: { maximum: number; key: StringLimits; value: StringLimits },
  ): Map<string, string> {
    const texts = new Map<string, string>();
    for (const [item, text] of Object.entries(this.#map(name, maximum))) {
      if (typeof text !== "string") throw this.#wrongType(name, "a map of strings");
      texts.set(item, text);
    }
    if (![...texts].every(([item, text]) => isWithin(item, key) && isWithin(text, value))) {
      this.#fault(name, `Map keys must ${describeLimits(key)} and map values must ${describeLimits(value)}`);
    }
    return texts;
  }

  /** Empty by default. */
  texts(name: string, limits: StringLimits): string[] {
    const texts = this.#list(name).filter((item) => typeof item === "string");
    if (texts.length < this.#list(name).length) throw this.#wrongType(name, "a list of strings");
    if (!texts.every((text) => isWithin(text, limits)))
      this.#fault(name, `Member must ${describeLimits(limits)}`);
    return texts;
  }

  structure(name: string): RequestMembers | undefined {
    const value = this.#body[name];
    return value === undefined || value === null ? undefined : this.#nested(name, value, memberName(name));
  }

  /** The structures in a list. Empty by default. */
  structures(name: string, limits = { min: 0, max: Infinity }): RequestMembers[] {
    const list = this.#list(name);
    if (list.length < limits.min)
      this.#fault(name, `Member must have length greater than or equal to ${limits.min}`);
    if (list.length > limits.max)
      this.#fault(name, `Member must have length less than or equal to ${limits.max}`);
    return list.map((item, index) => this.#nested(name, item, `${memberName(name)}.${index + 1}.member`));
  }

  /** The structures in a map, by key. Empty by default. */
  structureMap(name: string, maximum: number): Map<string, RequestMembers> {
    return new Map(
      Object.entries(this.#map(name, maximum)).map(([key, item]) => [
        key,
        this.#nested(name, item, `${memberName(name)}.${key}.member`),
      ]),
    );
  }

  #list(name: string): unknown[] {
    const value = this.#body[name] ?? [];
    if (!Array.isArray(value)) throw this.#wrongType(name, "a list");
    return value;
  }

  #map(name: string, maximum: number): JsonObject {
    const value = this.#body[name] ?? {};
    if (!isJsonObject(value)) throw this.#wrongType(name, "a map");
    if (Object.keys(value).length > maximum)
      this.#fault(name, `Member must have length less than or equal to ${maximum}`);
    return value;
  }

  #nested(name: string, value: unknown, path: string): RequestMembers {
    if (!isJsonObject(value)) throw this.#wrongType(name, "a structure");
    return new RequestMembers(value, `${this.#path}${path}.`, this.#faults);
  }

  #wrongType(name: string, type: string): ServiceError {
    return new ServiceError("SerializationException", `${this.#path}${name} must be ${type}.`);
  }

  #fault(name: string, constraint: string): void {
    this.#faults.push(
      `Value at '${this.#path}${memberName(name)}' failed to satisfy constraint: ${constraint}`,
    );
  }
}

function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function describeLimits({ min, max, pattern }: StringLimits): string {
  return `have length ${min} to ${max}${pattern === undefined ? "" : ` and satisfy ${pattern.source.slice(1, -1)}`}`;
}

function isWithin(text: string, { min, max, pattern }: StringLimits): boolean {
  return text.length >= min && text.length <= max && pattern?.test(text) !== false;
}
