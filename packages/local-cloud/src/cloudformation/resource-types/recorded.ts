import { randomUUID } from "node:crypto";
import { iamUniqueId, nameSuffix } from "../../aws/identifiers.ts";
import type { Account } from "../../account.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceContext, ResourceInstance, ResourceType } from "./resource-type.ts";
import { memoryState, type State } from "../../state.ts";

/**
 * Resource types that the local cloud accepts, names and describes, without any effect: it has no logs and no user
 * pools.
 *
 * Nothing depends on the functions of these custom resources, so they do not run: `Custom::SourcemapUploader` (SST: source
 * maps for its console), `Custom::APIGatewayCloudWatchRole` (SST: lets API Gateway write logs) and `Custom::LogRetention`
 * (CDK: retention of logs).
 */
export function recordedTypes(account: Account, state = memoryState()): Record<string, ResourceType> {
  const { accountId, region } = account;
  return {
    "AWS::ApiGateway::Account": recorded(named),
    "AWS::CDK::Metadata": recorded(named),
    "AWS::Logs::LogGroup": unique(state, "Log group", (properties, context) => {
      const name = properties.optionalText("LogGroupName") ?? physicalName(context, 512);
      return {
        physicalId: name,
        attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` },
      };
    }),
    "AWS::Lambda::EventInvokeConfig": recorded(named),
    "AWS::Cognito::UserPool": recorded(() => {
      const id = `${region}_${nameSuffix().slice(0, 9)}`;
      return {
        physicalId: id,
        attributes: {
          Arn: `arn:aws:cognito-idp:${region}:${accountId}:userpool/${id}`,
          ProviderName: `cognito-idp.${region}.amazonaws.com/${id}`,
          ProviderURL: `https://cognito-idp.${region}.amazonaws.com/${id}`,
          UserPoolId: id,
        },
      };
    }),
    "AWS::Cognito::UserPoolClient": recorded((properties) => {
      const id = randomUUID().replace(/-/g, "").slice(0, 26);
      return {
        physicalId: id,
        attributes: { ClientId: id, Name: properties.optionalText("ClientName") ?? id },
      };
    }),
    "AWS::Cognito::UserPoolDomain": recorded((properties) => ({
      physicalId: properties.text("Domain"),
      attributes: { CloudFrontDistribution: `${iamUniqueId("AIDA").toLowerCase()}.cloudfront.net` },
    })),
    "Custom::SourcemapUploader": recorded(named),
    "Custom::APIGatewayCloudWatchRole": recorded(named),
    "Custom::LogRetention": recorded(named),
  };
}

type Describe = (properties: Properties, context: ResourceContext) => ResourceInstance;

function named(_properties: Properties, context: ResourceContext): ResourceInstance {
  return { physicalId: physicalName(context), attributes: {} };
}

function recorded(describe: Describe): ResourceType {
  return { create: describe, update: (instance) => instance, remove() {} };
}

/** A type with unique names, which the customer may choose. */
function unique(state: State, noun: string, describe: Describe): ResourceType {
  const names = state.part(`names: ${noun}`, () => new Set<string>());
  return {
    create(properties, context) {
      const instance = describe(properties, context);
      resourceRefusals.nameTaken.when(names.has(instance.physicalId), noun, instance.physicalId);
      names.add(instance.physicalId);
      return instance;
    },
    update: (instance) => instance,
    remove({ physicalId }) {
      names.delete(physicalId);
    },
  };
}
