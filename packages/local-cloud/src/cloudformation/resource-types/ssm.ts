import type { ParameterStore, ParameterType } from "../../ssm/parameter-store.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { asResourceError } from "./resource-error.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::SSM::Parameter. `Ref` is its name. */
export function parameterType(parameterStore: ParameterStore): ResourceType {
  const put = (name: string, properties: Properties, overwrite: boolean) => {
    const type = properties.text("Type");
    resourceRefusals.parameterType.when(!["String", "StringList"].includes(type), type);
    return asResourceError(() => {
      const parameter = parameterStore.put(
        {
          name,
          type: type as ParameterType,
          value: properties.text("Value"),
          description: properties.optionalText("Description"),
        },
        overwrite,
      );
      return { physicalId: name, attributes: { Arn: parameter.arn, Type: type, Value: parameter.value } };
    });
  };
  return {
    create: (properties, context) =>
      put(properties.optionalText("Name") ?? `CFN-${physicalName(context, 100)}`, properties, false),
    update: ({ physicalId }, properties) => put(physicalId, properties, true),
    remove({ physicalId }) {
      parameterStore.remove(physicalId);
    },
  };
}
