import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Account, LambdaFunction } from "../../account.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../aws/json-protocol.ts";
import type { AwsRequest, AwsResponse } from "../../aws/request.ts";
import { ServiceError } from "../../aws/service-error.ts";
import type { Lambda } from "../../lambda/lambda.ts";
import { responsePath } from "../../lambda/response-url.ts";
import { s3Error } from "../../s3/s3.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { PartialFailure } from "./resource-error.ts";
import { resourceRefusals } from "./resource-refusals.ts";
import type { ResourceContext, ResourceInstance, ResourceType } from "./resource-type.ts";

/** Whether a resource type is that of a custom resource. */
export function isCustom(type: string): boolean {
  return type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource";
}

export interface CustomResourcesOptions {
  account: Pick<Account, "functions" | "region">;
  lambda: Pick<Lambda, "invoke" | "missingModule">;
  /** Whether a resource fails when the local cloud cannot run its function. Without this it is recorded. */
  strict?: boolean;
  /** The local cloud's own, without a trailing slash. */
  origin: () => string;
  now: () => Date;
  /** Gets one line for each event. */
  log: (line: string) => void;
  /** Gets what the user must know. */
  warn: (line: string) => void;
}

/** Custom resources whose functions run. */
export interface CustomResources {
  type: ResourceType;
  /** Takes the response of a function. Undefined for another request. */
  answer(request: AwsRequest): AwsResponse | undefined;
  /**
   * A request was refused because the local cloud lacks what it asks for.
   * @param trace the header `X-Amzn-Trace-Id`, which the AWS SDKs send in a function
   */
  noteUnsupported(trace: string, refusal: string): void;
  /** Ends the waits for responses. Deployments that run are rolled back without calling functions. */
  close(): void;
}

/** What a function sends to `ResponseURL`. {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html} */
interface Response {
  Status?: unknown;
  Reason?: unknown;
  PhysicalResourceId?: unknown;
  NoEcho?: unknown;
  Data?: unknown;
}

/** A request that waits for its response. */
interface Pending {
  /** The signature in the URL. */
  signature: string;
  /** What the local cloud lacks, in its words. */
  unsupported?: string;
  trace: string;
  settle: (response: Response | Error) => void;
}

/**
 * How long a function that has ended may still have a response on the way, such as from a workflow that it started. AWS
 * waits an hour. A `ServiceTimeout` counts in both.
 */
const answerSeconds = 60;

const maximumResponseBytes = 4096;

/**
 * Custom resources that are Lambda functions.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources-lambda.html}
 */
export function createCustomResources(options: CustomResourcesOptions): CustomResources {
  const { account, lambda, strict = false, origin, now, log, warn } = options;
  /** By path of the URL. */
  const pending = new Map<string, Pending>();
  let isClosed = false;

  /** Sends an event, and waits for the response. @throws PartialFailure */
  async function send(
    requestType: "Create" | "Update" | "Delete",
    properties: Properties,
    context: ResourceContext,
    more: { physicalId?: string; previous?: Properties } = {},
  ): Promise<ResourceInstance> {
    const requestId = randomUUID();
    const { stackId, stackName, logicalId, type } = context;
    const token = properties.text("ServiceToken");
    const lambdaFunction = resourceRefusals.serviceToken.unless(account.functions.get(token), token);
    const { path, query, signature } = responseAddress(account.region, context, requestId, now());
    const event = {
      RequestType: requestType,
      ServiceToken: token,
      ResponseURL: `${origin()}${path}?${query}`,
      StackId: stackId,
      RequestId: requestId,
      LogicalResourceId: logicalId,
      ...(more.physicalId !== undefined && { PhysicalResourceId: more.physicalId }),
      ResourceType: type,
      ResourceProperties: asTexts(properties.values),
      ...(more.previous && { OldResourceProperties: asTexts(more.previous.values) }),
    };
    const where = `cloudformation ${stackName} ${logicalId} (${type})`;
    log(`${where} ${requestType}: invokes ${lambdaFunction.functionName}`);
    const waiting: Pending = {
      signature,
      trace: `Root=1-${Math.floor(now().getTime() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
      settle: () => {},
    };
    pending.set(path, waiting);
    const response = await invoke(lambdaFunction, event, waiting, {
      where,
      timeoutSeconds: properties.number("ServiceTimeout", 0),
    });
    pending.delete(path);
    const { physicalId = physicalName(context, 1024) } = more;
    return readResponse(response, { requestId, physicalId, unsupported: waiting.unsupported });
  }

  /** Runs the function, and waits for its response or the end of its time. */
  async function invoke(
    lambdaFunction: LambdaFunction,
    event: { RequestId: string },
    waiting: Pending,
    { where, timeoutSeconds }: { where: string; timeoutSeconds: number },
  ): Promise<Response | Error> {
    let isSettled = false;
    let timer: NodeJS.Timeout | undefined;
    const response = await new Promise<Response | Error>((settle) => {
      waiting.settle = settle;
      const expireIn = (seconds: number): void => {
        timer = setTimeout(() => settle(new Error(noResponse(event.RequestId))), seconds * 1000);
      };
      if (timeoutSeconds > 0) expireIn(timeoutSeconds);
      const watch = async (): Promise<void> => {
        const { functionName } = lambdaFunction;
        const result = await lambda.invoke(lambdaFunction, event, { trace: waiting.trace });
        // The response may be the last thing that the function has sent.
        await delay(200);
        if (isSettled) return;
        if (!result.ok) {
          const [firstLine = ""] = result.errorMessage.split("\n");
          settle(
            new Error(
              `CloudFormation did not receive a response from your Custom Resource, because ${functionName} failed: ${result.errorType}: ${firstLine}`,
            ),
          );
          return;
        }
        const limit = timer === undefined ? `${answerSeconds} seconds (AWS: an hour)` : "its ServiceTimeout";
        warn(
          `${where}: ${functionName} has ended and sent no response to its ResponseURL. If none comes within ${limit}, the deploy fails.`,
        );
        if (timer === undefined) expireIn(answerSeconds);
      };
      void watch();
    });
    isSettled = true;
    clearTimeout(timer);
    return response;
  }

  /** @throws PartialFailure with the reason for the resource's failure */
  function readResponse(
    response: Response | Error,
    {
      requestId,
      physicalId,
      unsupported,
    }: { requestId: string; physicalId: string; unsupported: string | undefined },
  ): ResourceInstance {
    const fail = (reason: string, id = physicalId): never => {
      const missing = lambda.missingModule(reason);
      const notRun =
        missing === undefined
          ? unsupported
          : `its function needs ${missing}, which Lambda's Node.js has and this folder lacks: npm install --save-dev ${missing}`;
      if (notRun === undefined || strict) throw new PartialFailure(notRun ?? reason, id);
      throw new NotRun(notRun);
    };
    if (response instanceof Error) return fail(response.message);
    const { Status: status, Reason: reason, PhysicalResourceId: id, NoEcho: noEcho, Data: data } = response;
    if (status !== "SUCCESS") {
      const text = typeof reason === "string" ? reason : "";
      return fail(
        `Received response status [${String(status)}] from custom resource. Message returned: ${text} (RequestId: ${requestId})`,
        typeof id === "string" && id !== "" ? id : physicalId,
      );
    }
    if (typeof id !== "string" || id === "" || id.length > 1024) return fail("Invalid PhysicalResourceId");
    return {
      physicalId: id,
      attributes: isJsonObject(data) ? data : {},
      ...((noEcho === true || noEcho === "true") && { noEcho: true }),
    };
  }

  const closed = "the local cloud stops";

  return {
    type: {
      create(properties, context) {
        if (isClosed) throw new Error(closed);
        return orRecorded(context, undefined, send("Create", properties, context));
      },
      update(instance, properties, previous, context) {
        if (isClosed) return instance;
        if (instance.notRun !== undefined) return this.create(properties, context);
        const { physicalId } = instance;
        return orRecorded(context, instance, send("Update", properties, context, { physicalId, previous }));
      },
      async remove(instance, properties, context) {
        if (isClosed || instance.notRun !== undefined) return;
        const { physicalId } = instance;
        const { notRun } = await orRecorded(
          context,
          instance,
          send("Delete", properties, context, { physicalId }),
        );
        if (notRun !== undefined)
          warn(`cloudformation ${context.stackName} did not run ${context.type}: ${notRun}`);
      },
    },

    answer(request) {
      if (!request.path.startsWith(responsePath)) return undefined;
      const waiting = pending.get(request.path);
      const isSigned = new URLSearchParams(request.query).get("X-Amz-Signature") === waiting?.signature;
      if (request.method !== "PUT" || waiting === undefined || !isSigned) {
        return s3Error(new ServiceError("AccessDenied", "Request has expired", 403), request);
      }
      waiting.settle(parseResponse(request.body));
      return { status: 200, headers: { "x-amz-request-id": request.requestId }, body: "" };
    },

    noteUnsupported(trace, refusal) {
      for (const waiting of pending.values())
        if (trace.includes(waiting.trace)) waiting.unsupported ??= `its function was refused: ${refusal}`;
    },

    close() {
      isClosed = true;
      for (const { settle } of pending.values()) settle(new Error(closed));
    },
  };
}

/** The local cloud cannot run the function. The message is the reason. */
class NotRun extends Error {}

/** Records a resource whose function cannot run here, so that the rest of the stack deploys. */
async function orRecorded(
  context: ResourceContext,
  instance: ResourceInstance | undefined,
  sent: Promise<ResourceInstance>,
): Promise<ResourceInstance> {
  try {
    return await sent;
  } catch (error) {
    if (!(error instanceof NotRun)) throw error;
    const { physicalId, attributes } = instance ?? { physicalId: physicalName(context), attributes: {} };
    return { physicalId, attributes, notRun: error.message };
  }
}

/** A presigned URL as S3's, for one response. */
function responseAddress(
  region: string,
  { stackId, logicalId }: ResourceContext,
  requestId: string,
  time: Date,
): { path: string; query: string; signature: string } {
  const signature = randomBytes(32).toString("hex");
  const date = time.toISOString().replace(/[-:]|\.\d+/g, "");
  const query = new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    // The region finds the response.
    "X-Amz-Credential": `CLOUDFORMATION/${date.slice(0, 8)}/${region}/s3/aws4_request`,
    "X-Amz-Date": date,
    "X-Amz-Expires": "7200",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": signature,
  });
  const name = encodeURIComponent(`${stackId}|${logicalId}|${requestId}`);
  return {
    path: `${responsePath}${region.replaceAll("-", "")}/${name}`,
    query: query.toString(),
    signature,
  };
}

function parseResponse(body: Uint8Array): Response | Error {
  if (body.length > maximumResponseBytes) return new Error("Response object is too long.");
  return (
    parseJsonObject(Buffer.from(body).toString("utf8")) ??
    new Error("The response of the custom resource is not a JSON object.")
  );
}

/** P: https://repost.aws/knowledge-center/cloudformation-lambda-resource-delete */
function noResponse(requestId: string): string {
  return `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${requestId}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`;
}

/** CloudFormation sends every value as text. P: https://github.com/aws/aws-cdk/issues/1342 */
function asTexts(values: Readonly<JsonObject>): JsonObject {
  const convert = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(convert);
    if (isJsonObject(value)) return asTexts(value);
    return String(value);
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, convert(value)]));
}
