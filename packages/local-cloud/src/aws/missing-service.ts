import { jsonError } from "./json-protocol.ts";
import { queryError, QueryParameters } from "./query-protocol.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";
import { restJsonError } from "./rest-json-protocol.ts";
import { ServiceError } from "./service-error.ts";

/** The services of the local cloud by their names in credential scopes. */
const ownServices: ReadonlySet<string> = new Set([
  "apigateway",
  "cloudformation",
  "cognito-identity",
  "dynamodb",
  "ec2",
  "ecr",
  "execute-api",
  "iam",
  "iot",
  "iotdata",
  "lambda",
  "monitoring",
  "s3",
  "secretsmanager",
  "ssm",
  "sts",
]);

/**
 * Names in credential scopes whose `AWS_ENDPOINT_URL_…` has another name.
 * {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html}
 */
const variableNames: Readonly<Record<string, string>> = {
  "cognito-idp": "COGNITO_IDENTITY_PROVIDER",
  aoss: "OPENSEARCHSERVERLESS",
  bedrock: "BEDROCK_RUNTIME",
  elasticfilesystem: "EFS",
  elasticloadbalancing: "ELASTIC_LOAD_BALANCING_V2",
  email: "SES",
  es: "OPENSEARCH",
  events: "EVENTBRIDGE",
  logs: "CLOUDWATCH_LOGS",
  route53: "ROUTE_53",
  states: "SFN",
};

/**
 * Answers a request to a service that the local cloud does not have, in the service's protocol.
 * @param service the name in the credential scope
 * @returns undefined for a service that the local cloud has
 */
export function missingService(
  service: string,
  request: AwsRequest,
  log: (line: string) => void,
): AwsResponse | undefined {
  if (ownServices.has(service)) return undefined;
  const { headers, requestId, method, path, body } = request;
  const [, target] = headers["x-amz-target"]?.split(".") ?? [];
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  const form = isForm ? new QueryParameters(Buffer.from(body).toString("utf8")) : undefined;
  const action = target ?? form?.action ?? `${method} ${path}`;
  const version = service === "ses" && path.startsWith("/v2/") ? "V2" : "";
  const variable = `AWS_ENDPOINT_URL_${variableNames[service] ?? service.toUpperCase().replaceAll("-", "_")}${version}`;
  const error = new ServiceError(
    form === undefined ? "UnknownOperationException" : "InvalidAction",
    `The local cloud does not have the service ${service}, so it cannot run ${action}. To use another local server for it, start the local cloud with ${variable}=<its address>.`,
  );
  log(`aws ${service} ${action} refused: ${error.code}: ${error.message}`);
  if (target !== undefined) return jsonError(error, requestId);
  if (form !== undefined) return queryError(error, `https://${service}.amazonaws.com/`, requestId);
  return restJsonError(error, requestId);
}
