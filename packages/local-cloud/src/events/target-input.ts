import { isJsonObject, type JsonObject } from "../aws/json-protocol.ts";
import type { EventTarget } from "../account.ts";

/** The members of an event that every service sends. */
export type CloudEvent = JsonObject & { resources: readonly string[]; time: string };

/**
 * The input that a target gets for an event: the event, a part of it, a constant, or a template filled with parts.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 *
 * @throws SyntaxError for a template that does not make JSON
 */
export function targetInput(
  { input, inputPath, inputTransformer }: EventTarget,
  event: CloudEvent,
  rule: { arn: string; name: string },
): unknown {
  if (input !== undefined) return JSON.parse(input);
  if (inputPath !== undefined) return follow(event, inputPath) ?? null;
  if (inputTransformer === undefined) return event;
  const values: Record<string, unknown> = {
    "aws.events.rule-arn": rule.arn,
    "aws.events.rule-name": rule.name,
    "aws.events.event.ingestion-time": event.time,
    "aws.events.event": event,
    "aws.events.event.json": event,
  };
  for (const [name, path] of Object.entries(inputTransformer.paths)) values[name] = follow(event, path);
  return JSON.parse(fillTemplate(inputTransformer.template, values));
}

/** A placeholder in quotes becomes text, and another one JSON. */
function fillTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  let isQuoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/g, (found, name: string | undefined) => {
    if (found === '"') isQuoted = !isQuoted;
    if (name === undefined || !Object.hasOwn(values, name)) return found;
    const value = values[name] ?? "";
    const json = JSON.stringify(value);
    if (!isQuoted) return json;
    return typeof value === "string" ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1);
  });
}

/** `$.detail.state`, `$.resources[0]`; undefined for a part that the event does not have. */
function follow(event: JsonObject, path: string): unknown {
  const names = path.replace(/^\$\.?/, "").split(/[.[\]]+/);
  return names
    .filter((name) => name !== "")
    .reduce<unknown>((value, name) => {
      if (Array.isArray(value)) return value[Number(name)];
      return isJsonObject(value) ? value[name] : undefined;
    }, event);
}
