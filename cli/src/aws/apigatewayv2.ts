import { type AwsOperation, jsonResult, type Page, signedRequest, unexpectedReply } from "./control-plane.ts";
import { serviceAddress } from "./partition.ts";
import type { Reply } from "../http.ts";
import { isJsonObject, type JsonObject } from "../json.ts";

/** A deployed route of an HTTP API. */
export interface DeployedRoute {
  /** `GET /private`, `ANY /{proxy+}` or `$default`. */
  routeKey: string;
  /** `NONE`, `AWS_IAM`, `JWT` or `CUSTOM`. */
  authorizationType: string;
  /** `integrations/<id>`. Undefined for a route without an integration. */
  target: string | undefined;
}

export interface ApiSummary {
  apiId: string;
  /** `https://<id>.execute-api.<region>.amazonaws.com` */
  apiEndpoint: string;
}

/** @see https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html */
export function getApis(nextToken: string | undefined): AwsOperation<Page<ApiSummary>> {
  return listOperation("/v2/apis", nextToken, (item, reply) => ({
    apiId: requireString(reply, item, "apiId"),
    apiEndpoint: requireString(reply, item, "apiEndpoint"),
  }));
}

/** @see https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html */
export function getRoutes(apiId: string, nextToken: string | undefined): AwsOperation<Page<DeployedRoute>> {
  return listOperation(`/v2/apis/${encodeURIComponent(apiId)}/routes`, nextToken, (item, reply) => ({
    routeKey: requireString(reply, item, "routeKey"),
    authorizationType: typeof item["authorizationType"] === "string" ? item["authorizationType"] : "NONE",
    target: typeof item["target"] === "string" ? item["target"] : undefined,
  }));
}

function listOperation<T>(
  path: string,
  token: string | undefined,
  readItem: (item: JsonObject, reply: Reply) => T,
): AwsOperation<Page<T>> {
  return {
    service: "APIGATEWAYV2",
    request: (context) =>
      signedRequest(context, {
        // The IAM actions of API Gateway are HTTP methods.
        action: "apigateway:GET",
        service: "apigateway",
        address: serviceAddress("apigateway", context.region),
        method: "GET",
        target: path + (token === undefined ? "" : `?nextToken=${encodeURIComponent(token)}`),
        headers: [["Accept", "application/json"]],
      }),
    read(reply) {
      const { items, nextToken } = jsonResult(reply);
      const list: unknown[] = Array.isArray(items) ? items : [];
      return {
        items: list.filter(isJsonObject).map((item) => readItem(item, reply)),
        next: typeof nextToken === "string" && nextToken !== "" ? nextToken : undefined,
      };
    },
  };
}

function requireString(reply: Reply, item: JsonObject, name: string): string {
  const value = item[name];
  if (typeof value !== "string") throw unexpectedReply(reply, name);
  return value;
}
