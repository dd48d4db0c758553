import type { Account } from "../../account.ts";
import { availabilityZones } from "../../ec2/ec2.ts";
import type { Scope } from "../template/intrinsics.ts";
import type { ResourceInstance } from "../resource-types/resource-type.ts";
import { isCustom } from "../resource-types/custom-resource.ts";
import { findSpecification } from "../resource-types/resource-schemas.ts";
import type { StackRequest } from "./stack.ts";
import { templateRefusals } from "../stack-refusals.ts";

interface StackScopeOptions {
  account: Pick<Account, "accountId" | "region" | "httpApis" | "restApis">;
  stackName: string;
  stackId: string;
  request: Pick<StackRequest, "template" | "parameters">;
  /** The deployed resource, if any. */
  instance: (logicalId: string) => ResourceInstance | undefined;
  importValue: (name: string) => string;
}

/** Resolves `Ref`, `Fn::GetAtt` and `Fn::ImportValue` in a stack. */
export function createStackScope(options: StackScopeOptions): Scope {
  const { account, stackName, stackId, request, instance, importValue } = options;
  const { template } = request;
  const parameters = new Map<string, string | string[]>([
    ["AWS::AccountId", account.accountId],
    ["AWS::NotificationARNs", []],
    ["AWS::Partition", "aws"],
    ["AWS::Region", account.region],
    ["AWS::StackId", stackId],
    ["AWS::StackName", stackName],
    ["AWS::URLSuffix", "amazonaws.com"],
  ]);
  for (const [name, { resolved }] of request.parameters) parameters.set(name, resolved);

  const existing = (logicalId: string): ResourceInstance => {
    return templateRefusals.references.unless(instance(logicalId), [logicalId], "Resources");
  };

  return {
    parameters,
    mappings: template.mappings,
    conditions: template.conditions,
    availabilityZones: availabilityZones(account),
    ref: (logicalId) => existing(logicalId).physicalId,
    attribute(logicalId, name) {
      const { attributes, notRun } = existing(logicalId);
      const type = template.resources.get(logicalId)?.type ?? "";
      return templateRefusals.attribute.unless(
        attributes[name],
        logicalId,
        name,
        findSpecification(type) !== undefined && !isCustom(type),
        notRun,
      );
    },
    isSecret: (logicalId) => existing(logicalId).noEcho === true,
    importValue,
    localAddresses: (text) =>
      text.replaceAll(
        /https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?![\w.-])/g,
        (address, apiId: string) =>
          (account.restApis.get(apiId) ?? account.httpApis.get(apiId))?.endpoint ?? address,
      ),
  };
}
