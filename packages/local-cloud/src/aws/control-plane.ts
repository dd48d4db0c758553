import { isApiGatewayPath } from "../api-gateway/api-gateway.ts";
import { cloudFormationNamespace, type createCloudFormation } from "../cloudformation/cloudformation.ts";
import type { CloudWatch } from "../cloudwatch/cloudwatch.ts";
import { type CloudWatchCall, readCall } from "../cloudwatch/protocols.ts";
import { type DynamoDb, dynamoDbTarget, tableArns } from "../dynamodb/dynamodb.ts";
import { type createEc2, ec2Namespace, ec2Version } from "../ec2/ec2.ts";
import { authorize } from "../iam/authorize.ts";
import { iamNamespace, type IamService } from "../iam/iam.ts";
import type { Principal } from "../iam/principal.ts";
import type { Sessions } from "../iam/sessions.ts";
import type { Account } from "../account.ts";
import { s3Error } from "../s3/s3.ts";
import { s3Permissions } from "../s3/s3-permissions.ts";
import { type SigV4FailureCode, verifySigV4 } from "../sigv4/verify-sigv4.ts";
import { parseRequest } from "../sigv4/wire-request.ts";
import { type Sts, stsNamespace, unsignedStsActions } from "../sts/sts.ts";
import { missingService } from "./missing-service.ts";
import { isServicePreflight, servicePreflight, withServiceCors } from "./service-cors.ts";
import type { Permission } from "./permission.ts";
import { jsonError, type JsonObject, jsonResult, parseJsonBody } from "./json-protocol.ts";
import { restJsonError } from "./rest-json-protocol.ts";
import type { RestService } from "./rest-operation.ts";
import { queryError, QueryParameters, queryResult } from "./query-protocol.ts";
import type { AwsRequest, AwsResponse } from "./request.ts";
import { ServiceError } from "./service-error.ts";
import { stackOf } from "../error-text.ts";

interface JsonService {
  handle(operation: string, body: JsonObject): Promise<object>;
  /** What policies must allow; by default the action on what the request names. */
  permissions?(operation: string, body: JsonObject): Permission[];
}

interface ControlPlaneServices {
  cloudWatch: CloudWatch;
  cognitoIdentity: JsonService;
  ssm: JsonService;
  secretsManager: JsonService;
  dynamoDb: DynamoDb;
  ec2: ReturnType<typeof createEc2>;
  ecr: JsonService;
  sts: Sts;
  cloudFormation: ReturnType<typeof createCloudFormation>;
  iam: IamService;
  apiGateway: RestService;
  iot: RestService;
  lambda: RestService;
  s3: { handle(request: AwsRequest): Promise<AwsResponse> };
}

export interface ControlPlaneOptions {
  account: Account;
  sessions: Sessions;
  services: ControlPlaneServices;
  now: () => Date;
  log: (line: string) => void;
  /**
   * Gets each refusal of a request because the local cloud lacks what it asks for.
   * @param trace the request's `X-Amzn-Trace-Id`
   */
  onUnsupported?: (trace: string, refusal: string) => void;
}

/** A service by the prefix of `X-Amz-Target`. */
interface JsonTarget {
  handler: keyof ControlPlaneServices & ("cognitoIdentity" | "ecr" | "ssm" | "secretsManager");
  /** The name in the credential scope, and the prefix of the IAM actions. */
  service: string;
  /** Public operations, authorized by a token of the identity provider. */
  unsigned?: ReadonlySet<string>;
}

const jsonTargets: Readonly<Record<string, JsonTarget>> = {
  AWSCognitoIdentityService: {
    handler: "cognitoIdentity",
    service: "cognito-identity",
    unsigned: new Set(["GetId", "GetCredentialsForIdentity", "GetOpenIdToken", "UnlinkIdentity"]),
  },
  AmazonEC2ContainerRegistry_V20150921: { handler: "ecr", service: "ecr" },
  AmazonSSM: { handler: "ssm", service: "ssm" },
  secretsmanager: { handler: "secretsManager", service: "secretsmanager" },
};

const cognitoIdentityTarget = "AWSCognitoIdentityService.";

/** The query services by the API version in their requests. */
const queryVersions: Readonly<
  Record<string, { handler: "sts" | "cloudFormation" | "iam"; service: string; namespace: string }>
> = {
  "2011-06-15": { handler: "sts", service: "sts", namespace: stsNamespace },
  "2010-05-15": { handler: "cloudFormation", service: "cloudformation", namespace: cloudFormationNamespace },
  "2010-05-08": { handler: "iam", service: "iam", namespace: iamNamespace },
};

/**
 * Routes a request to its AWS service by its protocol: `X-Amz-Target` is JSON 1.1, an `Action` is the query protocol, a
 * credential scope of AWS IoT or Lambda is that service, a path below `/v2/` is API Gateway, and the rest is S3.
 */
export function createControlPlane(
  options: ControlPlaneOptions,
): (request: AwsRequest) => Promise<AwsResponse> {
  const { account, sessions, services, now, log, onUnsupported } = options;

  /** Every resource is of the account. */
  const ownAccount = { "aws:ResourceAccount": account.accountId, "s3:ResourceAccount": account.accountId };

  /** Verifies the signature. @throws ServiceError with the protocol's code */
  async function authenticate(request: AwsRequest, service: string, protocol: Protocol): Promise<Principal> {
    const result = verifySigV4(parseRequest(request), {
      service,
      region: account.region,
      now,
      sessions,
      uriEscapePath: service !== "s3",
      ...(service === "s3" && { maxSkewSeconds: 900 }),
    });
    if (result.ok) return result.principal;
    const [code, status] = refusals[protocol][result.code];
    if (result.detail !== undefined) log(`aws ${service} signature: ${result.detail}`);
    const isMissing = result.code === "MissingAuthenticationToken" && protocol === "query";
    throw new ServiceError(
      code,
      isMissing ? "Request is missing Authentication Token" : result.message,
      status,
    );
  }

  function requirePermission(
    caller: Principal,
    protocol: Protocol,
    { action, resource, resourceName = resource, context, resourcePolicy, isGranted = false }: Permission,
  ): void {
    const decision = authorize(account, caller, {
      action,
      resource,
      context: context === undefined ? ownAccount : { ...ownAccount, ...context },
      resourcePolicy,
      isGranted,
    });
    if (decision.allowed) return;
    const [code, status] = denials[protocol];
    const { because } = decision;
    const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resourceName}`;
    throw new ServiceError(code, because === undefined ? message : `${message} ${because}`, status);
  }

  async function dynamoDb(request: AwsRequest, operation: string): Promise<AwsResponse> {
    const caller = await authenticate(request, "dynamodb", "json");
    for (const resource of tableArns(account, parseJsonBody(request))) {
      requirePermission(caller, "json", { action: `dynamodb:${operation}`, resource });
    }
    return services.dynamoDb.handle(operation, request);
  }

  async function json(request: AwsRequest, target: string): Promise<AwsResponse> {
    try {
      const [prefix = "", operation = ""] = target.split(".");
      if (prefix === dynamoDbTarget) return await dynamoDb(request, operation);
      const found = jsonTargets[prefix];
      if (found === undefined) {
        throw new ServiceError(
          "UnknownOperationException",
          `The local cloud does not support ${target}. It supports the services ${Object.keys(jsonTargets).join(", ")}.`,
        );
      }
      const { handler, service, unsigned } = found;
      const body = parseJsonBody(request);
      if (unsigned?.has(operation) !== true) {
        const caller = await authenticate(request, service, "json");
        const permissions =
          services[handler].permissions?.(operation, body) ??
          resourceArns(account, service, body).map((resource) => ({
            action: `${service}:${operation}`,
            resource,
          }));
        for (const permission of permissions) requirePermission(caller, "json", permission);
      }
      const result = await services[handler].handle(operation, body);
      return jsonResult(result, request.requestId);
    } catch (error) {
      const refusal = asServiceError(error, target);
      const response = jsonError(refusal, request.requestId);
      if (target.startsWith(cognitoIdentityTarget)) {
        // [R] Cognito sends the message in a header as well.
        response.headers["x-amzn-errormessage"] = refusal.message.replace(/[^\x20-\x7e]/g, "?");
      }
      return response;
    }
  }

  async function query(request: AwsRequest, parameters: QueryParameters): Promise<AwsResponse> {
    const { action = "", version = "" } = parameters;
    const found = queryVersions[version];
    try {
      if (found === undefined) {
        throw new ServiceError(
          "InvalidAction",
          `The local cloud does not support the action ${action} (version ${version}). It supports STS (2011-06-15), CloudFormation (2010-05-15) and IAM (2010-05-08).`,
        );
      }
      const { handler, service, namespace } = found;
      if (handler === "sts" && unsignedStsActions.has(action)) {
        const result = await services.sts.handle(parameters, undefined);
        return queryResult(action, namespace, result, request.requestId);
      }
      const caller = await authenticate(request, service, "query");
      // STS authorizes by the role's trust policy, and GetCallerIdentity needs no permission.
      if (service !== "sts") {
        const resource = services[handler === "iam" ? "iam" : "cloudFormation"].resourceArn(parameters);
        requirePermission(caller, "query", { action: `${service}:${action}`, resource });
      }
      const result = await services[handler].handle(parameters, caller);
      return queryResult(action, namespace, result, request.requestId);
    } catch (error) {
      const namespace = found?.namespace ?? cloudFormationNamespace;
      return queryError(asServiceError(error, action), namespace, request.requestId);
    }
  }

  async function ec2(request: AwsRequest, parameters: QueryParameters): Promise<AwsResponse> {
    const { action = "" } = parameters;
    try {
      const caller = await authenticate(request, "ec2", "query");
      requirePermission(caller, "query", { action: `ec2:${action}`, resource: "*" });
      return services.ec2.handle(parameters, request.requestId);
    } catch (error) {
      return queryError(asServiceError(error, action), ec2Namespace, request.requestId);
    }
  }

  async function cloudWatch(request: AwsRequest): Promise<AwsResponse> {
    let call: CloudWatchCall | undefined;
    try {
      call = readCall(request);
      const caller = await authenticate(request, "monitoring", "query");
      const input = call.input();
      for (const permission of services.cloudWatch.permissions(call.operation, input)) {
        requirePermission(caller, "query", permission);
      }
      return call.reply(services.cloudWatch.handle(call.operation, input));
    } catch (error) {
      const refusal = asServiceError(error, call?.operation ?? "CloudWatch");
      return call?.fail(refusal) ?? queryError(refusal, cloudFormationNamespace, request.requestId);
    }
  }

  async function rest(request: AwsRequest, service: string, api: RestService): Promise<AwsResponse> {
    try {
      const caller = await authenticate(request, service, "rest");
      const operation = api.find(request);
      const { action, resource } = operation;
      const isGranted = operation.isGranted?.(caller) ?? false;
      requirePermission(caller, "rest", { action, resource, isGranted });
      return await operation.run();
    } catch (error) {
      return restJsonError(asServiceError(error, `${request.method} ${request.path}`), request.requestId);
    }
  }

  async function s3(request: AwsRequest): Promise<AwsResponse> {
    try {
      const caller = await authenticate(request, "s3", "s3");
      // The deployer may do everything.
      if (caller.kind !== "user") {
        for (const permission of await s3Permissions(request)) requirePermission(caller, "s3", permission);
      }
      const response = await services.s3.handle(request);
      response.headers["x-amz-request-id"] ??= request.requestId;
      return response;
    } catch (error) {
      return s3Error(asServiceError(error, `${request.method} ${request.path}`), request);
    }
  }

  function asServiceError(error: unknown, what: string): ServiceError {
    if (error instanceof ServiceError) {
      log(`aws ${what} refused: ${error.code}: ${error.message}`);
      return error;
    }
    log(`aws ${what} fault: ${stackOf(error)}`);
    return new ServiceError(
      "InternalFailure",
      "The request processing has failed because of an unknown error.",
      500,
    );
  }

  async function answer(request: AwsRequest): Promise<AwsResponse> {
    if (isServicePreflight(request)) return servicePreflight(request);
    const service = scopeService(request);
    const missing = service === undefined ? undefined : missingService(service, request, log);
    if (missing !== undefined) return missing;
    if (service === "monitoring") return cloudWatch(request);
    const target = request.headers["x-amz-target"];
    if (target !== undefined) {
      const response = await json(request, target);
      return target.startsWith(cognitoIdentityTarget) ? withServiceCors(request, response) : response;
    }
    if (
      request.path === "/" &&
      request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")
    ) {
      const parameters = new QueryParameters(Buffer.from(request.body).toString("utf8"));
      if (parameters.version === ec2Version) return ec2(request, parameters);
      const response = await query(request, parameters);
      return parameters.version === "2011-06-15" ? withServiceCors(request, response) : response;
    }
    if (request.path === "/" && new URLSearchParams(request.query).has("Action")) {
      return query(request, new QueryParameters(request.query));
    }
    if (service !== undefined && iotScopes.has(service)) return rest(request, service, services.iot);
    if (service === "lambda") return rest(request, service, services.lambda);
    if (isApiGatewayPath(request.path)) return rest(request, "apigateway", services.apiGateway);
    return s3(request);
  }

  function noteUnsupported({ headers }: AwsRequest, { body }: AwsResponse): void {
    const trace = headers["x-amzn-trace-id"];
    if (trace === undefined || onUnsupported === undefined) return;
    // The first sentence of each of these refusals, in any protocol.
    const refusal = /The local cloud does not [^"<]*?\.(?=[ "<])/.exec(Buffer.from(body).toString());
    if (refusal !== null) onUnsupported(trace, refusal[0]);
  }

  return async (request) => {
    const started = performance.now();
    const response = await answer(request);
    if (response.status >= 400) noteUnsupported(request, response);
    log(`aws ${operationName(request)} ${response.status} ${Math.round(performance.now() - started)} ms`);
    return response;
  };
}

/** For the log: `AmazonSSM.GetParameter`, `CreateStack`, `PUT /bucket/key`. Leaves out the query, which may sign. */
function operationName({ method, path, query, headers, body }: AwsRequest): string {
  const target = headers["x-amz-target"];
  if (target !== undefined) return target;
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  const action =
    path === "/" ? /(?:^|&)Action=(\w+)/.exec(isForm ? Buffer.from(body).toString() : query) : null;
  return action?.[1] ?? `${method} ${path}`;
}

/** AWS IoT, as the JavaScript SDKs sign it and as botocore does, and its data plane. */
const iotScopes: ReadonlySet<string> = new Set(["iot", "execute-api", "iotdata"]);

/** The service that a request was signed for, as it says itself. */
function scopeService({ headers }: AwsRequest): string | undefined {
  return /\bCredential=[^/,]+\/\d{8}\/[^/,]+\/([^/,]+)\//.exec(headers["authorization"] ?? "")?.[1];
}

type Protocol = "json" | "query" | "rest" | "s3";

/** The code for a missing permission, by protocol. */
const denials: Record<Protocol, [code: string, status: number]> = {
  json: ["AccessDeniedException", 400],
  query: ["AccessDenied", 403],
  rest: ["AccessDeniedException", 403],
  s3: ["AccessDenied", 403],
};

/** The code for a rejected signature, by protocol. */
const refusals: Record<Protocol, Record<SigV4FailureCode, [code: string, status: number]>> = {
  json: {
    MissingAuthenticationToken: ["MissingAuthenticationTokenException", 400],
    IncompleteSignature: ["IncompleteSignatureException", 400],
    InvalidClientTokenId: ["UnrecognizedClientException", 400],
    SignatureDoesNotMatch: ["InvalidSignatureException", 400],
    RequestExpired: ["InvalidSignatureException", 400],
    ExpiredToken: ["ExpiredTokenException", 400],
  },
  query: {
    MissingAuthenticationToken: ["MissingAuthenticationToken", 403],
    IncompleteSignature: ["IncompleteSignature", 400],
    InvalidClientTokenId: ["InvalidClientTokenId", 403],
    SignatureDoesNotMatch: ["SignatureDoesNotMatch", 403],
    // AWS sends this code for a stale date too.
    RequestExpired: ["SignatureDoesNotMatch", 403],
    ExpiredToken: ["ExpiredToken", 403],
  },
  rest: {
    MissingAuthenticationToken: ["MissingAuthenticationTokenException", 403],
    IncompleteSignature: ["IncompleteSignatureException", 403],
    InvalidClientTokenId: ["UnrecognizedClientException", 403],
    SignatureDoesNotMatch: ["InvalidSignatureException", 403],
    RequestExpired: ["InvalidSignatureException", 403],
    ExpiredToken: ["ExpiredTokenException", 403],
  },
  s3: {
    MissingAuthenticationToken: ["AccessDenied", 403],
    IncompleteSignature: ["AuthorizationHeaderMalformed", 400],
    InvalidClientTokenId: ["InvalidAccessKeyId", 403],
    SignatureDoesNotMatch: ["SignatureDoesNotMatch", 403],
    RequestExpired: ["RequestTimeTooSkewed", 403],
    ExpiredToken: ["ExpiredToken", 400],
  },
};

/**
 * What policies name: `*` for an operation without a resource. The caller needs permission for each.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
 */
function resourceArns({ region, accountId }: Account, service: string, body: JsonObject): string[] {
  const pool = body["IdentityPoolId"];
  if (typeof pool === "string")
    return [`arn:aws:cognito-identity:${region}:${accountId}:identitypool/${pool}`];
  const names = [body["Name"] ?? body["Names"] ?? body["Path"] ?? []]
    .flat()
    .filter((name) => typeof name === "string");
  if (names.length === 0 || service !== "ssm") return ["*"];
  return names.map((name) =>
    name.startsWith("arn:")
      ? name
      : `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith("/") ? "" : "/"}${name}`,
  );
}
