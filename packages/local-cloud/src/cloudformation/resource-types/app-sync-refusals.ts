import { documented, ownLimit } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

const reference = "https://docs.aws.amazon.com/appsync/latest/APIReference";

export const graphqlApiRefusals = defineRefusals("AWS::AppSync::GraphQLApi", {
  missing: {
    refuses: "a schema, data source or resolver of an API that does not exist",
    evidence: documented(`${reference}/API_GetGraphqlApi.html`),
    error: (apiId: string) =>
      new ResourceError(`GraphQL API ${apiId} not found. (Service: AWSAppSync, Status Code: 404)`),
  },
});

export const graphqlSchemaRefusals = defineRefusals("AWS::AppSync::GraphQLSchema", {
  syntax: {
    refuses: "a `Definition` that is not GraphQL",
    evidence: documented(`${reference}/API_StartSchemaCreation.html`),
    error: (reason: string) => new ResourceError(`Schema Creation Status is FAILED with details: ${reason}`),
  },
});

export const graphqlResolverRefusals = defineRefusals("AWS::AppSync::Resolver", {
  noDataSource: {
    refuses: "a resolver of a data source that the API does not have",
    evidence: documented(`${reference}/API_CreateResolver.html`),
    error: (name: string) =>
      new ResourceError(`No data source found named ${name} (Service: AWSAppSync, Status Code: 404)`),
  },
  template: {
    refuses: "templates, code and pipelines: only functions without them",
    evidence: ownLimit,
    error: (name: string) =>
      new ResourceError(`The local cloud does not support the property ${name} of AWS::AppSync::Resolver.`),
  },
});
