import { randomUUID } from "node:crypto";
import { nameSuffix } from "../../aws/identifiers.ts";
import type { Account, GraphqlApi } from "../../account.ts";
import type { Buckets } from "../../s3/buckets.ts";
import { graphqlApiRefusals, graphqlResolverRefusals, graphqlSchemaRefusals } from "./app-sync-refusals.ts";
import type { Properties } from "./properties.ts";
import type { ResourceType } from "./resource-type.ts";

/** Serves AppSync APIs. */
export interface GraphqlApiHost {
  /** Opens an origin. @returns the endpoint, without a trailing slash */
  openGraphqlApi(api: GraphqlApi): Promise<string>;
  /** Closes the origin. */
  close(apiId: string): Promise<void>;
}

/** AWS::AppSync::GraphQLApi. `Ref` is its ARN. Updates keep the endpoint. */
export function graphqlApiType(account: Account, host: GraphqlApiHost): ResourceType {
  return {
    async create(properties) {
      const api: GraphqlApi = {
        apiId: nameSuffix().toLowerCase() + nameSuffix().toLowerCase(),
        ...settings(properties),
        definition: undefined,
        dataSources: new Map(),
        resolvers: new Map(),
      };
      const endpoint = await host.openGraphqlApi(api);
      account.graphqlApis.set(api.apiId, api);
      const arn = `arn:aws:appsync:${account.region}:${account.accountId}:apis/${api.apiId}`;
      const attributes = {
        ApiId: api.apiId,
        Arn: arn,
        GraphQLDns: new URL(endpoint).host,
        GraphQLUrl: `${endpoint}/graphql`,
      };
      return { physicalId: arn, attributes };
    },
    update(instance, properties) {
      Object.assign(findApi(account, String(instance.attributes["ApiId"])), settings(properties));
      return instance;
    },
    async remove({ attributes }) {
      const apiId = String(attributes["ApiId"]);
      account.graphqlApis.delete(apiId);
      await host.close(apiId);
    },
  };
}

/** AWS::AppSync::GraphQLSchema. */
export function graphqlSchemaType(account: Account, buckets: Pick<Buckets, "object">): ResourceType {
  const apply = async (properties: Properties): Promise<string> => {
    const api = findApi(account, properties.text("ApiId"));
    const location = properties.optionalText("DefinitionS3Location");
    const [, bucket = "", key = ""] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location ?? "") ?? [];
    const text =
      properties.optionalText("Definition") ??
      (location === undefined ? "" : Buffer.from(buckets.object(bucket, key).body).toString("utf8"));
    const { parse } = await import("graphql");
    try {
      parse(text);
    } catch (error) {
      graphqlSchemaRefusals.syntax.when(true, error instanceof Error ? error.message : "");
    }
    api.definition = text;
    return `${api.apiId}GraphQLSchema`;
  };
  return {
    create: async (properties) => ({ physicalId: await apply(properties), attributes: {} }),
    async update(instance, properties) {
      await apply(properties);
      return instance;
    },
    remove(_instance, properties) {
      const api = account.graphqlApis.get(properties.text("ApiId"));
      if (api !== undefined) api.definition = undefined;
    },
  };
}

/** AWS::AppSync::DataSource. */
export function graphqlDataSourceType(account: Account): ResourceType {
  const apply = (properties: Properties): void => {
    const { dataSources } = findApi(account, properties.text("ApiId"));
    const functionArn = properties.object("LambdaConfig")?.text("LambdaFunctionArn");
    dataSources.set(properties.text("Name"), functionArn);
  };
  return {
    create(properties) {
      apply(properties);
      const [apiId, name] = [properties.text("ApiId"), properties.text("Name")];
      const arn = `arn:aws:appsync:${account.region}:${account.accountId}:apis/${apiId}/datasources/${name}`;
      return { physicalId: arn, attributes: { DataSourceArn: arn, Name: name } };
    },
    update(instance, properties) {
      apply(properties);
      return instance;
    },
    remove(_instance, properties) {
      account.graphqlApis.get(properties.text("ApiId"))?.dataSources.delete(properties.text("Name"));
    },
  };
}

/** AWS::AppSync::Resolver, only of functions without templates and code. */
export function graphqlResolverType(account: Account): ResourceType {
  const apply = (properties: Properties): void => {
    const { resolvers, dataSources } = findApi(account, properties.text("ApiId"));
    for (const name of ["Code", "CodeS3Location", "PipelineConfig", "RequestMappingTemplate"]) {
      graphqlResolverRefusals.template.when(properties.values[name] !== undefined, name);
    }
    const source = properties.optionalText("DataSourceName") ?? "";
    graphqlResolverRefusals.noDataSource.when(!dataSources.has(source), source);
    resolvers.set(nameOf(properties), source);
  };
  return {
    create(properties) {
      apply(properties);
      const [apiId, type, field] = ["ApiId", "TypeName", "FieldName"].map((name) => properties.text(name));
      const arn = `arn:aws:appsync:${account.region}:${account.accountId}:apis/${apiId}/types/${type}/resolvers/${field}`;
      return { physicalId: arn, attributes: { FieldName: field, ResolverArn: arn, TypeName: type } };
    },
    update(instance, properties) {
      apply(properties);
      return instance;
    },
    remove(_instance, properties) {
      account.graphqlApis.get(properties.text("ApiId"))?.resolvers.delete(nameOf(properties));
    },
  };
}

/** `Query.notes` */
function nameOf(properties: Properties): string {
  return `${properties.text("TypeName")}.${properties.text("FieldName")}`;
}

/** AWS::AppSync::ApiKey, with which nothing is called here. */
export function graphqlApiKeyType({ region, accountId }: Account): ResourceType {
  return {
    create(properties) {
      const key = `da2-${randomUUID().replaceAll("-", "").slice(0, 26)}`;
      const arn = `arn:aws:appsync:${region}:${accountId}:apis/${properties.text("ApiId")}/apikeys/${key}`;
      return { physicalId: arn, attributes: { ApiKey: key, ApiKeyId: key, Arn: arn } };
    },
    update: (instance) => instance,
    remove() {},
  };
}

function findApi(account: Account, apiId: string): GraphqlApi {
  return graphqlApiRefusals.missing.unless(account.graphqlApis.get(apiId), apiId);
}

function settings(properties: Properties): Pick<GraphqlApi, "name" | "authenticationTypes"> {
  const additional = properties.objects("AdditionalAuthenticationProviders");
  return {
    name: properties.text("Name"),
    authenticationTypes: [properties, ...additional].map((each) => each.text("AuthenticationType")),
  };
}
