import { isJsonObject, type JsonObject } from "../aws/json-protocol.ts";
import type { MetricId } from "./metrics.ts";
import { cloudWatchRefusals } from "./cloudwatch-refusals.ts";

/**
 * The members of a request, whose protocol may have sent numbers, booleans and times as text.
 * A member without the wanted type is refused.
 */
export class Input {
  readonly values: Readonly<JsonObject>;

  constructor(values: Readonly<JsonObject>) {
    this.values = values;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    if (value === undefined || value === null) return undefined;
    cloudWatchRefusals.type.when(typeof value === "object", name, "a text");
    // oxlint-disable-next-line typescript/no-base-to-string -- no object
    return String(value);
  }

  requiredText(name: string): string {
    return cloudWatchRefusals.missing.unless(this.text(name) || undefined, name);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    cloudWatchRefusals.type.when(text === "" || !Number.isFinite(value), name, "a number");
    return value;
  }

  requiredNumber(name: string): number {
    return cloudWatchRefusals.missing.unless(this.number(name), name);
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : text === "true";
  }

  /** ISO 8601, seconds since the epoch, or a Date. */
  date(name: string): Date | undefined {
    const value = this.values[name];
    if (value === undefined || value === null) return undefined;
    const date = value instanceof Date ? value : parseTime(this.text(name) ?? "");
    cloudWatchRefusals.type.when(Number.isNaN(date.getTime()), name, "a time");
    return date;
  }

  requiredDate(name: string): Date {
    return cloudWatchRefusals.missing.unless(this.date(name), name);
  }

  list(name: string): unknown[] {
    const value = this.values[name] ?? [];
    // An empty list of the query protocol is an empty text.
    if (value === "") return [];
    cloudWatchRefusals.type.when(!Array.isArray(value), name, "a list");
    return Array.isArray(value) ? value : [];
  }

  texts(name: string): string[] {
    return this.list(name).map(String);
  }

  numbers(name: string): number[] {
    return this.list(name).map((value) => {
      const number = Number(value);
      cloudWatchRefusals.type.when(!Number.isFinite(number), name, "a list of numbers");
      return number;
    });
  }

  objects(name: string): Input[] {
    return this.list(name).map((value) => {
      cloudWatchRefusals.type.when(!isJsonObject(value), name, "a list of objects");
      return new Input(isJsonObject(value) ? value : {});
    });
  }

  object(name: string): Input | undefined {
    const value = this.values[name];
    if (value === undefined || value === null) return undefined;
    cloudWatchRefusals.type.when(!isJsonObject(value), name, "an object");
    return new Input(isJsonObject(value) ? value : {});
  }

  /** One of these texts. */
  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text);
    cloudWatchRefusals.choice.when(found === undefined, name, text, values);
    return found;
  }

  /** `Namespace`, `MetricName` and `Dimensions`. */
  metric(namespace = this.requiredText("Namespace")): MetricId {
    const list = this.objects("Dimensions");
    cloudWatchRefusals.dimensions.when(list.length > 30);
    return {
      namespace,
      name: this.requiredText("MetricName"),
      dimensions: Object.fromEntries(
        list.map((each) => [each.requiredText("Name"), each.requiredText("Value")]),
      ),
    };
  }
}

function parseTime(text: string): Date {
  return new Date(/^-?[\d.]+(?:E\d+)?$/i.test(text) ? Number(text) * 1000 : text);
}
