import { randomUUID } from "node:crypto";
import type { ExecutionResult, GraphQLFieldResolver } from "graphql";
import type { Account, GraphqlApi } from "../account.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../aws/json-protocol.ts";
import type { GatewayResponse } from "../http-api/proxy-response.ts";
import type { Connection } from "../http-api/request-context.ts";
import { authorize } from "../iam/authorize.ts";
import { accountOf, type Principal } from "../iam/principal.ts";
import { requestContext } from "../iam/request-context.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Lambda } from "../lambda/lambda.ts";
import { coralRefusal } from "../sigv4/coral-refusal.ts";
import { verifySigV4 } from "../sigv4/verify-sigv4.ts";
import type { ParsedRequest } from "../sigv4/wire-request.ts";

export interface AppSyncOptions {
  account: Account;
  sessions: Sessions;
  lambda: Lambda;
  now: () => Date;
  /** Gets the reason for each refusal, which clients do not get. Never gets a secret. */
  log: (line: string) => void;
}

/**
 * Types and directives that every schema of AppSync has.
 * D: {@link https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html}
 */
const builtIn = `
  scalar AWSDate scalar AWSTime scalar AWSDateTime scalar AWSTimestamp scalar AWSEmail scalar AWSJSON
  scalar AWSURL scalar AWSPhone scalar AWSIPAddress
  directive @aws_iam on OBJECT | FIELD_DEFINITION
  directive @aws_api_key on OBJECT | FIELD_DEFINITION
  directive @aws_oidc on OBJECT | FIELD_DEFINITION
  directive @aws_lambda on OBJECT | FIELD_DEFINITION
  directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
  directive @aws_auth(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
  directive @aws_subscribe(mutations: [String!]) on FIELD_DEFINITION
`;

/**
 * Answers `POST /graphql` of AppSync APIs with AWS_IAM: signature, `appsync:GraphQL` on each top-level field, and
 * functions as direct Lambda resolvers. The refusals have AppSync's words where they are known (P):
 * https://github.com/aws-amplify/amplify-js/issues/3447 (credentials), /2422 (signature), /2645 (another mode).
 */
export function createAppSyncService({ account, sessions, lambda, now, log }: AppSyncOptions) {
  const { region, accountId } = account;

  async function answer(
    api: GraphqlApi,
    request: ParsedRequest,
    connection: Connection,
  ): Promise<GatewayResponse> {
    const explain = (reason: string): void => log(`AppSync ${api.name}: ${reason}`);
    if (request.rawPath !== "/graphql" || request.method !== "POST") {
      explain(`404, ${request.method} ${request.rawPath} is not POST /graphql`);
      return refusal(404, "NotFoundException", "Not found");
    }
    if (!api.authenticationTypes.includes("AWS_IAM")) {
      explain("401, AWS_IAM is not among the authorization modes, and the local cloud has no other");
      return refusal(401, "UnauthorizedException", "Valid authorization header not provided.");
    }
    const verdict = verifySigV4(request, { service: "appsync", region, now, sessions });
    if (!verdict.ok) {
      const { code, message, detail } = verdict;
      explain(`${code}: ${message}${detail === undefined ? "" : ` (${detail})`}`);
      return code === "MissingAuthenticationToken"
        ? refusal(401, "UnauthorizedException", "Valid authorization header not provided.")
        : refusal(403, coralRefusal(verdict).type, message);
    }
    const { principal } = verdict;
    const { buildSchema, execute, getOperationAST, GraphQLError, Kind, parse, validate } =
      await import("graphql");
    const body = readBody(request.body);
    if (body === undefined || api.definition === undefined) {
      explain("400, the body is not a GraphQL request, or the API has no schema");
      return refusal(400, "MalformedHttpRequestException", "Unable to parse GraphQL query.");
    }
    try {
      const schema = buildSchema(builtIn + api.definition);
      const document = parse(body.query);
      const operation = getOperationAST(document, body.operationName);
      const errors = validate(schema, document);
      if (errors.length > 0 || !operation) return json(200, { data: null, errors: errors.map(describe) });
      const type = schema.getRootType(operation.operation)?.name ?? "";
      const context = requestContext(account, principal, request, connection, now());
      for (const selection of operation.selectionSet.selections) {
        const field = selection.kind === Kind.FIELD ? selection.name.value : "*";
        const resource = `arn:aws:appsync:${region}:${accountId}:apis/${api.apiId}/types/${type}/fields/${field}`;
        const decision = authorize(account, principal, { action: "appsync:GraphQL", resource, context });
        if (decision.allowed) continue;
        explain(`401, AccessDenied: ${decision.reason}`);
        return refusal(401, "UnauthorizedException", "Permission denied");
      }
      const result = await execute({
        schema,
        document,
        operationName: body.operationName,
        variableValues: body.variables,
        fieldResolver: resolverOf(api, principal, request, connection),
      });
      return json(200, describeResult(result));
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      explain(`400, ${error.message}`);
      return refusal(400, "MalformedHttpRequestException", error.message);
    }
  }

  /** D: {@link https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html} */
  function resolverOf(
    api: GraphqlApi,
    principal: Principal,
    { headers }: ParsedRequest,
    { sourceIp }: Connection,
  ): GraphQLFieldResolver<unknown, unknown> {
    return async (source, fieldArguments, _context, info) => {
      const { fieldName, parentType, variableValues } = info;
      const name = api.resolvers.get(`${parentType.name}.${fieldName}`);
      if (name === undefined) return isJsonObject(source) ? source[fieldName] : null;
      const lambdaFunction = account.functions.get(api.dataSources.get(name) ?? "");
      if (lambdaFunction === undefined) throw new Error(`The data source ${name} has no function.`);
      const result = await lambda.invoke(lambdaFunction, {
        arguments: fieldArguments,
        identity: describeCaller(principal, sourceIp),
        source: source ?? null,
        request: { headers: Object.fromEntries(headers), domainName: null },
        prev: null,
        info: { fieldName, parentTypeName: parentType.name, variables: variableValues },
        stash: {},
      });
      if (!result.ok) throw new Error(result.errorMessage);
      return JSON.parse(result.payload) as unknown;
    };
  }

  return async (
    api: GraphqlApi,
    request: ParsedRequest,
    connection: Connection,
  ): Promise<GatewayResponse> => {
    const response = await answer(api, request, connection);
    return { ...response, headers: [...response.headers, ["x-amzn-requestid", randomUUID()]] };
  };
}

/** `identity` of a caller with AWS_IAM. */
function describeCaller(principal: Principal, sourceIp: string): JsonObject {
  const cognito = principal.kind === "assumed-role" ? principal.cognitoIdentity : undefined;
  return {
    accountId: accountOf(principal),
    cognitoIdentityAuthProvider: cognito?.amr.slice(1).join(",") ?? null,
    cognitoIdentityAuthType: cognito?.amr[0] ?? null,
    cognitoIdentityId: cognito?.identityId ?? null,
    cognitoIdentityPoolId: cognito?.identityPoolId ?? null,
    sourceIp: [sourceIp],
    userArn: principal.arn,
    username: principal.userId,
  };
}

function readBody(
  body: Uint8Array,
): { query: string; operationName: string | undefined; variables: JsonObject } | undefined {
  const { query, operationName, variables } = parseJsonObject(Buffer.from(body).toString("utf8")) ?? {};
  if (typeof query !== "string") return undefined;
  return {
    query,
    operationName: typeof operationName === "string" ? operationName : undefined,
    variables: isJsonObject(variables) ? variables : {},
  };
}

function describeResult({ data = null, errors }: ExecutionResult): JsonObject {
  return { data, ...(errors && { errors: errors.map(describe) }) };
}

function describe({
  message,
  path = [],
  locations = [],
}: NonNullable<ExecutionResult["errors"]>[number]): JsonObject {
  return { path, data: null, errorType: null, errorInfo: null, locations, message };
}

function refusal(status: number, errorType: string, message: string): GatewayResponse {
  const response = json(status, { errors: [{ errorType, message }] });
  return { ...response, headers: [...response.headers, ["x-amzn-errortype", errorType]] };
}

function json(status: number, body: JsonObject): GatewayResponse {
  return {
    status,
    headers: [["content-type", "application/json;charset=UTF-8"]],
    body: Buffer.from(JSON.stringify(body)),
  };
}
