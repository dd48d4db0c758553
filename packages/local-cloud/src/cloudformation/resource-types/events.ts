import type { Account, EventRule, EventTarget } from "../../account.ts";
import { parseSchedule } from "../../events/schedule-expression.ts";
import { ruleRefusals } from "./events-refusals.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::Events::Rule. `Ref` is its name; after that of its event bus and `|`, if it is not the default one. */
export function ruleType(account: Account, now: () => Date): ResourceType {
  const prefix = `arn:aws:events:${account.region}:${account.accountId}:rule/`;
  return {
    create(properties, context) {
      const name = properties.optionalText("Name") ?? physicalName(context);
      const bus = (properties.optionalText("EventBusName") ?? "default").replace(/^arn:.*event-bus\//, "");
      const path = bus === "default" ? name : `${bus}/${name}`;
      const arn = `${prefix}${path}`;
      resourceRefusals.nameTaken.when(account.eventRules.has(arn), "Rule", name);
      account.eventRules.set(arn, { arn, name, bus, ...settings(properties, bus, undefined, now()) });
      return {
        physicalId: bus === "default" ? name : `${bus}|${name}`,
        attributes: { Arn: arn, RuleName: name },
      };
    },
    update(instance, properties) {
      const arn = prefix + instance.physicalId.replace("|", "/");
      const [name = "", bus = "default"] = instance.physicalId.split("|").toReversed();
      const { schedule } = account.eventRules.get(arn) ?? {};
      account.eventRules.set(arn, { arn, name, bus, ...settings(properties, bus, schedule, now()) });
      return instance;
    },
    remove({ physicalId }) {
      account.eventRules.delete(prefix + physicalId.replace("|", "/"));
    },
  };
}

function settings(
  properties: Properties,
  bus: string,
  previous: EventRule["schedule"],
  time: Date,
): Pick<EventRule, "pattern" | "schedule" | "targets"> {
  const isEnabled = (properties.optionalText("State") ?? "ENABLED") !== "DISABLED";
  const expression = properties.optionalText("ScheduleExpression");
  const hasPattern = properties.values["EventPattern"] !== undefined;
  ruleRefusals.nothing.when(expression === undefined && !hasPattern);
  ruleRefusals.bus.when(expression !== undefined && bus !== "default");
  const parsed = expression === undefined ? undefined : parseSchedule(expression);
  ruleRefusals.schedule.when(expression !== undefined && parsed === undefined);
  const targets = properties.objects("Targets").map(readTarget);
  return {
    pattern: isEnabled && hasPattern ? properties.document("EventPattern") : undefined,
    // A change of something else does not start it again.
    schedule:
      !isEnabled || expression === undefined
        ? undefined
        : previous?.expression === expression
          ? previous
          : { expression, since: time, due: parsed?.next(time, time) },
    targets,
  };
}

function readTarget(target: Properties): EventTarget {
  const transformer = target.object("InputTransformer");
  const input = target.optionalText("Input");
  const inputPath = target.optionalText("InputPath");
  ruleRefusals.inputs.when([input, inputPath, transformer].filter((each) => each !== undefined).length > 1);
  ruleRefusals.input.when(input !== undefined && !isJson(input));
  return {
    arn: target.text("Arn"),
    input,
    inputPath,
    inputTransformer: transformer && {
      paths: transformer.textMap("InputPathsMap"),
      template: transformer.text("InputTemplate"),
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
