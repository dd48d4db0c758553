import type {
  graphqlApiRefusals,
  graphqlResolverRefusals,
  graphqlSchemaRefusals,
} from "../../src/cloudformation/resource-types/app-sync-refusals.ts";
import { refusedTemplate, type RefusalCase, type RefusalCases } from "./refusal-case.ts";

const api = { Type: "AWS::AppSync::GraphQLApi", Properties: { Name: "api", AuthenticationType: "AWS_IAM" } };
const apiId = { "Fn::GetAtt": ["Api", "ApiId"] };
const schema = (definition: string, id: unknown = apiId) => ({
  Type: "AWS::AppSync::GraphQLSchema",
  Properties: { ApiId: id, Definition: definition },
});
const refusedResolver = (says: string, more: object): RefusalCase =>
  refusedTemplate(says, {
    Api: api,
    Source: { Type: "AWS::AppSync::DataSource", Properties: { ApiId: apiId, Name: "none", Type: "NONE" } },
    Resolver: {
      Type: "AWS::AppSync::Resolver",
      DependsOn: "Source",
      Properties: { ApiId: apiId, TypeName: "Query", FieldName: "a", DataSourceName: "none", ...more },
    },
  });

export const graphqlApiCases: RefusalCases<typeof graphqlApiRefusals> = {
  missing: refusedTemplate("GraphQL API nothing not found.", {
    Schema: schema("type Query { a: Int }", "nothing"),
  }),
};

export const graphqlSchemaCases: RefusalCases<typeof graphqlSchemaRefusals> = {
  syntax: refusedTemplate("Schema Creation Status is FAILED", { Api: api, Schema: schema("type {") }),
};

export const graphqlResolverCases: RefusalCases<typeof graphqlResolverRefusals> = {
  noDataSource: refusedResolver("No data source found named other", { DataSourceName: "other" }),
  template: refusedResolver("does not support the property RequestMappingTemplate", {
    RequestMappingTemplate: "{}",
  }),
};
