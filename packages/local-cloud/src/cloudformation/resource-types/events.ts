import type { Account, EventRule } from "../../account.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::Events::Rule of the default event bus. `Ref` is its name. */
export function ruleType(account: Account): ResourceType {
  const arnOf = (name: string): string =>
    `arn:aws:events:${account.region}:${account.accountId}:rule/${name}`;
  return {
    create(properties, context) {
      const name = properties.optionalText("Name") ?? physicalName(context);
      const arn = arnOf(name);
      resourceRefusals.nameTaken.when(account.eventRules.has(arn), "Rule", name);
      account.eventRules.set(arn, { arn, ...settings(properties) });
      return { physicalId: name, attributes: { Arn: arn, RuleName: name } };
    },
    update(instance, properties) {
      const arn = arnOf(instance.physicalId);
      account.eventRules.set(arn, { arn, ...settings(properties) });
      return instance;
    },
    remove({ physicalId }) {
      account.eventRules.delete(arnOf(physicalId));
    },
  };
}

function settings(properties: Properties): Omit<EventRule, "arn"> {
  const isEnabled = (properties.optionalText("State") ?? "ENABLED") !== "DISABLED";
  const hasPattern = isEnabled && properties.values["EventPattern"] !== undefined;
  return {
    pattern: hasPattern ? properties.document("EventPattern") : undefined,
    targets: properties.objects("Targets").map((target) => target.text("Arn")),
  };
}
