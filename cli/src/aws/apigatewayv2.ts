import { type AwsContext, jsonResult, signedRequest, unexpectedReply } from "./control-plane.ts";
import { serviceAddress } from "./partition.ts";
import type { HttpRequest, Reply } from "../http.ts";
import { isJsonObject } from "../json.ts";

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

/** A page of a list. */
interface Page<T> {
  items: T[];
  /** Token of the next page. Undefined on the last one. */
  next: string | undefined;
}

/** @see https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html */
export function getApisRequest(context: AwsContext, nextToken: string | undefined): Promise<HttpRequest> {
  return apiGatewayRequest(context, "/v2/apis", nextToken);
}

export function processGetApisResponse(reply: Reply): Page<ApiSummary> {
  return page(reply, (item) => ({
    apiId: requireString(reply, item, "apiId"),
    apiEndpoint: requireString(reply, item, "apiEndpoint"),
  }));
}

/** @see https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html */
export function getRoutesRequest(
  context: AwsContext,
  apiId: string,
  nextToken: string | undefined,
): Promise<HttpRequest> {
  return apiGatewayRequest(context, `/v2/apis/${encodeURIComponent(apiId)}/routes`, nextToken);
}

export function processGetRoutesResponse(reply: Reply): Page<DeployedRoute> {
  return page(reply, (item) => ({
    routeKey: requireString(reply, item, "routeKey"),
    authorizationType: typeof item["authorizationType"] === "string" ? item["authorizationType"] : "NONE",
    target: typeof item["target"] === "string" ? item["target"] : undefined,
  }));
}

/** The IAM actions of API Gateway are HTTP methods. */
function apiGatewayRequest(
  context: AwsContext,
  path: string,
  nextToken: string | undefined,
): Promise<HttpRequest> {
  const query = nextToken === undefined ? "" : `?nextToken=${encodeURIComponent(nextToken)}`;
  return signedRequest(context, {
    action: "apigateway:GET",
    service: "apigateway",
    address: serviceAddress("apigateway", context.region),
    method: "GET",
    target: path + query,
    headers: [["Accept", "application/json"]],
  });
}

function page<T>(reply: Reply, read: (item: Record<string, unknown>) => T): Page<T> {
  const { items, nextToken } = jsonResult(reply);
  const list: unknown[] = Array.isArray(items) ? items : [];
  return {
    items: list.filter(isJsonObject).map(read),
    next: typeof nextToken === "string" && nextToken !== "" ? nextToken : undefined,
  };
}

function requireString(reply: Reply, item: Record<string, unknown>, name: string): string {
  const value = item[name];
  if (typeof value !== "string") throw unexpectedReply(reply, name);
  return value;
}
