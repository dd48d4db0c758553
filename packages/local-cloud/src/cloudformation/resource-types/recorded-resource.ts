import { randomBytes, randomUUID } from "node:crypto";
import type { JsonObject } from "../../aws/json-protocol.ts";
import type { Account } from "../../account.ts";
import { apiGatewayId, hostedId, nameSuffix } from "../../aws/identifiers.ts";
import { isCustom } from "./custom-resource.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties, PropertyType } from "./properties.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import { findSchema, type ResourceSchema } from "./resource-schemas.ts";
import type { ResourceContext, ResourceInstance, ResourceType } from "./resource-type.ts";
import { memoryState, type State } from "../../state.ts";

export interface RecordedOptions {
  account: Pick<Account, "accountId" | "region" | "functions">;
  /** Where clients of a service send requests, without a trailing slash. */
  endpoint: (service: string) => string;
  /** Keeps the names that are taken. */
  state?: State | undefined;
}

/**
 * How to record a resource; undefined for one that the local cloud deploys, or that no schema knows.
 * @param isDeployed whether the local cloud deploys the type
 */
export type Recorder = (
  type: string,
  properties: Readonly<JsonObject>,
  isDeployed: boolean,
) => ResourceType | undefined;

/**
 * Records the types that the local cloud does not deploy: those of a CloudFormation schema, the WebSocket APIs of API
 * Gateway, and custom resources whose functions are not for Node.js.
 */
export function createRecorder(options: RecordedOptions): Recorder {
  const types = new Map<string, ResourceType>();
  const webSocketApis = (options.state ?? memoryState()).part("WebSocket APIs", () => new Set<unknown>());
  const record = (type: string): ResourceType | undefined => {
    const known = types.get(type);
    if (known !== undefined) return known;
    const schema = findSchema(type);
    if (schema === undefined) return undefined;
    const recorded = recordedByType(type, schema, options);
    types.set(type, recorded);
    return recorded;
  };
  return (type, properties, isDeployed) => {
    if (type === "AWS::ApiGatewayV2::Api" && properties["ProtocolType"] === "WEBSOCKET") {
      const recorded = record(type);
      return (
        recorded && {
          ...recorded,
          async create(...input) {
            const instance = await recorded.create(...input);
            webSocketApis.add(instance.physicalId);
            return instance;
          },
        }
      );
    }
    if (type.startsWith("AWS::ApiGatewayV2::") && webSocketApis.has(properties["ApiId"])) return record(type);
    if (isDeployed) return undefined;
    if (!isCustom(type)) return record(type);
    const { runtime = "nodejs" } = options.account.functions.get(String(properties["ServiceToken"])) ?? {};
    return runtime.startsWith("nodejs") ? undefined : customResourceOf(runtime);
  };
}

/** A custom resource whose function is not for Node.js. */
function customResourceOf(runtime: string): ResourceType {
  const notRun = `the local cloud runs only functions for Node.js, and its function is for ${runtime}`;
  return {
    create: (_properties, context) => ({ physicalId: physicalName(context), attributes: {}, notRun }),
    update: (instance) => instance,
    remove() {},
  };
}

/**
 * A resource type that is recorded by its schema alone: `Ref` is its primary identifier, `Fn::GetAtt` has values of the
 * right type and form. Names, ARNs and ids follow the schema's ARN template.
 * {@link https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html} primaryIdentifier
 */
function recordedByType(type: string, schema: ResourceSchema, options: RecordedOptions): ResourceType {
  /** Names that templates chose, which are unique. */
  const names = (options.state ?? memoryState()).part(`names: ${type}`, () => new Set<string>());
  return {
    create(properties, context) {
      const { nameProperty, instance } = describe(type, schema, properties, context, options);
      const chosen = nameProperty === undefined ? undefined : properties.optionalText(nameProperty);
      if (chosen !== undefined) {
        resourceRefusals.nameTaken.when(names.has(instance.physicalId), type, chosen);
        names.add(instance.physicalId);
      }
      return instance;
    },
    update({ physicalId, attributes }, properties) {
      const changed = schema.attributes.filter((name) => properties.values[name] !== undefined);
      return {
        physicalId,
        attributes: {
          ...attributes,
          ...Object.fromEntries(changed.map((name) => [name, properties.values[name]])),
        },
      };
    },
    remove({ physicalId }) {
      names.delete(physicalId);
    },
  };
}

function describe(
  type: string,
  schema: ResourceSchema,
  properties: Properties,
  context: ResourceContext,
  { account, endpoint }: RecordedOptions,
): { nameProperty: string | undefined; instance: ResourceInstance } {
  const { accountId, region } = account;
  const [, , noun = ""] = type.split("::");
  const arnParts = Array.from(schema.arnTemplate.matchAll(/\$\{(\w+)\}/g), ([, part = ""]) => part).filter(
    (part) => !["Partition", "Region", "Account"].includes(part),
  );
  const service = schema.arnTemplate.split(":")[2] ?? (type.split("::")[1] ?? "").toLowerCase();
  // Properties that end with Id or Arn refer to other resources.
  const nameProperty = [...arnParts.slice(-1), ...schema.primaryIdentifier, `${noun}Name`, "Name"].find(
    (name) => schema.properties[name]?.type === "string" && !/(?:Id|Arn)$/.test(name),
  );
  const given = (name: string): string | undefined =>
    schema.properties[name]?.type === "string" ? properties.optionalText(name) : undefined;
  const isFifo = properties.flag("FifoQueue") === true || properties.flag("FifoTopic") === true;
  const generated = physicalName(context, isFifo ? 59 : 64) + (isFifo ? ".fifo" : "");
  const name =
    (nameProperty === undefined ? undefined : given(nameProperty)) ??
    (lowerCaseServices.has(service) ? generated.toLowerCase() : generated);
  const id = ids[type]?.() ?? (service === "ec2" ? ec2Id(schema.arnTemplate) : name);

  /** A part of the ARN, or a piece of the primary identifier. */
  const part = (wanted: string): string =>
    given(wanted) ?? (wanted === nameProperty || /name$/i.test(wanted) ? name : id);
  const arn = (
    schema.arnTemplate || `arn:\${Partition}:${service}:\${Region}:\${Account}:${noun.toLowerCase()}/\${Name}`
  ).replace(/\$\{(\w+)\}/g, (_match, wanted: string) => {
    if (wanted === "Partition") return "aws";
    if (wanted === "Region") return region;
    return wanted === "Account" ? accountId : part(wanted);
  });
  const hostOf = (): string => `${name.toLowerCase()}.${service}.${region}.amazonaws.com`;

  const text = (attribute: string): string => {
    const value =
      given(attribute) ?? special[`${type}.${attribute}`]?.({ name, id, arn, properties, account, endpoint });
    if (value !== undefined) return value;
    const last = attribute.split(".").at(-1) ?? attribute;
    if (/arn$/i.test(last)) {
      const other = last.slice(0, -3);
      const isOwn = attribute === last && ["", noun, nouns(noun)].includes(other);
      return isOwn || schema.primaryIdentifier.includes(attribute)
        ? arn
        : `${arn}/${other.toLowerCase() || id}`;
    }
    if (/ur[il]$/i.test(last)) return `https://${hostOf()}`;
    if (/(?:domain|dns|host)name$|endpoint$|address$/i.test(last)) return hostOf();
    if (/port$/i.test(last)) return "443";
    if (/(?:At|Date|Time|Timestamp)$/.test(last)) return new Date().toISOString();
    if (/(?:Status|State)$/.test(last)) return "ACTIVE";
    if (last.endsWith("AccountId")) return accountId;
    return /name$/i.test(last) ? name : id;
  };
  const attributes = Object.fromEntries(
    schema.attributes.map((attribute) => [
      attribute,
      properties.values[attribute] ??
        valueOf(schema.attributeTypes[attribute] ?? "string", () => text(attribute)),
    ]),
  );
  const identifiers = schema.primaryIdentifier.map((identifier) =>
    schema.attributeTypes[identifier] === undefined ? part(identifier) : text(identifier),
  );
  // Of several identifiers, `Ref` is the one that the resource itself brings: its id, else its name.
  const own = schema.primaryIdentifier.filter(
    (identifier) => schema.attributeTypes[identifier] !== undefined,
  );
  const last = own.length === 1 ? own[0] : schema.primaryIdentifier.findLast((each) => each.endsWith("Name"));
  const single = identifiers.length > 1 && last !== undefined;
  const physicalId = single
    ? (identifiers[schema.primaryIdentifier.indexOf(last)] ?? name)
    : identifiers.join("|") || name;
  return {
    // The name is unique only where it is the identity.
    nameProperty: identifiers.length === 1 && physicalId.includes(name) ? nameProperty : undefined,
    instance: { physicalId, attributes },
  };
}

function valueOf(type: PropertyType, text: () => string): unknown {
  switch (type) {
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "list":
      return [text()];
    case "object":
      return {};
    default:
      return text();
  }
}

/** `TopicArn` of Topic, `CertificateArn`, and the last word of `StateMachine`. */
function nouns(noun: string): string {
  return /[A-Z][a-z0-9]*$/.exec(noun)?.[0] ?? noun;
}

/** Services whose names have no capitals. */
const lowerCaseServices: ReadonlySet<string> = new Set([
  "aoss",
  "docdb",
  "ecr",
  "elasticache",
  "es",
  "neptune",
  "opensearch",
  "rds",
  "redshift",
  "s3",
]);

const upperCaseId = (prefix: string, length: number) => (): string => prefix + hostedId(length);

/** Ids that are not the name. */
const ids: Readonly<Record<string, () => string>> = {
  "AWS::ApiGateway::ApiKey": () => apiGatewayId(10),
  "AWS::ApiGateway::UsagePlan": () => apiGatewayId(7),
  "AWS::ApiGatewayV2::Api": () => apiGatewayId(10),
  "AWS::ApiGatewayV2::Integration": () => apiGatewayId(7),
  "AWS::ApiGatewayV2::Route": () => apiGatewayId(7),
  "AWS::ApiGatewayV2::VpcLink": () => apiGatewayId(7),
  "AWS::CertificateManager::Certificate": randomUUID,
  "AWS::CloudFront::CachePolicy": randomUUID,
  "AWS::CloudFront::CloudFrontOriginAccessIdentity": upperCaseId("E", 13),
  "AWS::CloudFront::Distribution": upperCaseId("E", 13),
  "AWS::CloudFront::OriginAccessControl": upperCaseId("E", 13),
  "AWS::CloudFront::OriginRequestPolicy": randomUUID,
  "AWS::CloudFront::ResponseHeadersPolicy": randomUUID,
  "AWS::KMS::Key": randomUUID,
  "AWS::Lambda::EventSourceMapping": randomUUID,
  "AWS::Route53::HostedZone": upperCaseId("Z", 20),
  "AWS::SNS::Subscription": randomUUID,
};

/** {@link https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html} */
const ec2Prefixes: Readonly<Record<string, string>> = {
  "elastic-ip": "eipalloc",
  instance: "i",
  "internet-gateway": "igw",
  "launch-template": "lt",
  natgateway: "nat",
  "network-acl": "acl",
  "network-interface": "eni",
  "prefix-list": "pl",
  "route-table": "rtb",
  "security-group": "sg",
  "transit-gateway": "tgw",
  volume: "vol",
  "vpc-endpoint": "vpce",
  "vpc-flow-log": "fl",
};

function ec2Id(arnTemplate: string): string {
  const kind = /:([\w-]+)\/\$\{\w+\}$/.exec(arnTemplate)?.[1] ?? "ec2";
  return `${ec2Prefixes[kind] ?? kind}-0${randomBytes(8).toString("hex")}`;
}

interface Facts extends RecordedOptions {
  name: string;
  id: string;
  arn: string;
  properties: Properties;
}

/** Attributes of forms of their own, as `type.attribute`. */
const special: Readonly<Record<string, (facts: Facts) => string>> = {
  "AWS::ApiGatewayV2::Api.ApiEndpoint": ({ account, id }) =>
    `wss://${id}.execute-api.${account.region}.amazonaws.com`,
  "AWS::CloudFront::Distribution.DomainName": () =>
    `d${apiGatewayId(7)}${apiGatewayId(7).slice(1)}.cloudfront.net`,
  "AWS::DynamoDB::GlobalTable.StreamArn": ({ arn }) =>
    `${arn}/stream/${new Date().toISOString().slice(0, -1)}`,
  "AWS::ECR::Repository.RepositoryUri": ({ account, name }) =>
    `${account.accountId}.dkr.ecr.${account.region}.amazonaws.com/${name}`,
  "AWS::Lambda::LayerVersion.LayerVersionArn": ({ account, name }) =>
    `arn:aws:lambda:${account.region}:${account.accountId}:layer:${name}:1`,
  "AWS::Lambda::Version.FunctionArn": ({ account, properties }) =>
    functionArn(account, properties.text("FunctionName"), "1"),
  "AWS::Lambda::Version.Version": () => "1",
  "AWS::Lambda::Alias.AliasArn": ({ account, properties }) =>
    functionArn(account, properties.text("FunctionName"), properties.text("Name")),
  "AWS::SNS::Subscription.Arn": ({ properties, id }) => `${properties.text("TopicArn")}:${id}`,
  "AWS::SecretsManager::SecretTargetAttachment.Id": ({ properties }) => properties.text("SecretId"),
  // The SDKs send the requests for a queue to the origin of its URL.
  "AWS::SQS::Queue.QueueUrl": ({ account, name, endpoint }) =>
    `${endpoint("SQS")}/${account.accountId}/${name}`,
  "AWS::CloudFormation::WaitConditionHandle.Id": ({ endpoint }) =>
    `${endpoint("CLOUDFORMATION")}/wait/${nameSuffix()}`,
};

function functionArn(
  { region, accountId }: Pick<Account, "accountId" | "region">,
  name: string,
  qualifier: string,
): string {
  const arn = name.startsWith("arn:") ? name : `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  return `${arn}:${qualifier}`;
}
