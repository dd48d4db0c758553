import { randomBytes } from "node:crypto";
import type { Account, FunctionUrl, LambdaFunction } from "../../account.ts";
import { corsConfiguration } from "./cors-configuration.ts";
import type { Buckets } from "../../s3/buckets.ts";
import { ServiceError } from "../../aws/service-error.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import {
  functionRefusals,
  limits,
  permissionRefusals,
  retiredRuntimes,
  runtimes,
  urlRefusals,
} from "./lambda-refusals.ts";
import { ResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::Lambda::Function. `Ref` is its name. */
export function functionType(account: Account, buckets: Pick<Buckets, "object">): ResourceType {
  return {
    async create(properties, context) {
      const functionName = properties.optionalText("FunctionName") ?? physicalName(context);
      const arn = functionArn(account, functionName);
      functionRefusals.name.when(!/^[\w-]{1,64}$/.test(functionName), functionName);
      const configuration = configure(account, properties);
      const code = await readCode(properties, buckets);
      functionRefusals.nameTaken.when(account.functions.has(arn), functionName);
      account.functions.set(arn, { ...configuration, arn, functionName, code, permissions: new Map() });
      return { physicalId: functionName, attributes: { Arn: arn } };
    },
    async update(instance, properties, previous) {
      const deployed = findFunction(account, instance.physicalId);
      const configuration = configure(account, properties);
      const sameCode = JSON.stringify(properties.values["Code"]) === JSON.stringify(previous.values["Code"]);
      // Lambda loads the code again when the array changes.
      const code = sameCode ? deployed.code : await readCode(properties, buckets);
      Object.assign(deployed, configuration, { code });
      return instance;
    },
    remove({ physicalId }) {
      account.functions.delete(functionArn(account, physicalId));
    },
    drift({ physicalId }, properties) {
      const deployed = account.functions.get(functionArn(account, physicalId));
      if (deployed === undefined) return "DELETED";
      const expected = properties.object("Environment")?.textMap("Variables") ?? {};
      return [{ path: "/Environment/Variables", expected, actual: deployed.environment }];
    },
  };
}

/** AWS::Lambda::Permission: a statement of the function's resource policy. */
export function permissionType(account: Account): ResourceType {
  return {
    create(properties, context) {
      const physicalId = physicalName(context);
      findFunction(account, properties.text("FunctionName")).permissions.set(physicalId, {
        action: properties.text("Action"),
        principal: properties.text("Principal"),
        sourceArn: properties.optionalText("SourceArn"),
        functionUrlAuthType: properties.optionalText("FunctionUrlAuthType"),
        invokedViaFunctionUrl: properties.flag("InvokedViaFunctionUrl"),
      });
      return { physicalId, attributes: { Id: physicalId } };
    },
    update() {
      throw new ResourceError("Every property of a permission causes replacement.");
    },
    remove({ physicalId }, properties) {
      account.functions
        .get(functionArn(account, properties.text("FunctionName")))
        ?.permissions.delete(physicalId);
    },
  };
}

/** Serves function URLs. */
export interface FunctionUrlHost {
  /** Opens an origin. @returns the URL, with a trailing slash */
  openFunctionUrl(url: FunctionUrl): Promise<string>;
  /** Closes the origin. */
  close(urlId: string): Promise<void>;
}

/** AWS::Lambda::Url. `Ref` is the function's ARN. Updates keep the URL. */
export function urlType(account: Account, host: FunctionUrlHost): ResourceType {
  return {
    async create(properties) {
      urlRefusals.qualifier.when(properties.values["Qualifier"] !== undefined);
      const arn = functionArn(account, properties.text("TargetFunctionArn"));
      urlRefusals.noFunction.when(!account.functions.has(arn), arn);
      urlRefusals.exists.when(account.functionUrls.has(arn), arn);
      const urlId = BigInt(`0x${randomBytes(24).toString("hex")}`)
        .toString(36)
        .slice(-32)
        .padStart(32, "a");
      const url: FunctionUrl = { urlId, functionArn: arn, ...urlSettings(properties) };
      const address = await host.openFunctionUrl(url);
      account.functionUrls.set(arn, url);
      return { physicalId: arn, attributes: { FunctionArn: arn, FunctionUrl: address } };
    },
    update(instance, properties) {
      const url = account.functionUrls.get(instance.physicalId);
      if (url !== undefined) Object.assign(url, urlSettings(properties));
      return instance;
    },
    async remove({ physicalId }) {
      const url = account.functionUrls.get(physicalId);
      account.functionUrls.delete(physicalId);
      if (url !== undefined) await host.close(url.urlId);
    },
  };
}

function urlSettings(properties: Properties): Pick<FunctionUrl, "authType" | "corsConfiguration"> {
  const authType = properties.text("AuthType");
  const isKnown = authType === "AWS_IAM" || authType === "NONE";
  urlRefusals.authType.when(!isKnown, authType);
  urlRefusals.streaming.when(properties.optionalText("InvokeMode") === "RESPONSE_STREAM");
  return {
    authType: authType === "NONE" ? "NONE" : "AWS_IAM",
    corsConfiguration: corsConfiguration(properties.object("Cors")),
  };
}

function findFunction(account: Account, nameOrArn: string): LambdaFunction {
  const arn = functionArn(account, nameOrArn);
  return permissionRefusals.noFunction.unless(account.functions.get(arn), arn);
}

function functionArn({ region, accountId }: Account, nameOrArn: string): string {
  return nameOrArn.startsWith("arn:")
    ? nameOrArn
    : `arn:aws:lambda:${region}:${accountId}:function:${nameOrArn}`;
}

/** {@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime} */
const reservedVariables = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
]);

type Configuration = Omit<LambdaFunction, "arn" | "functionName" | "code" | "permissions">;

function configure(account: Account, properties: Properties): Configuration {
  functionRefusals.image.when((properties.optionalText("PackageType") ?? "Zip") !== "Zip");
  const roleArn = properties.text("Role");
  functionRefusals.roleArn.when(!/^arn:aws:iam::\d{12}:role\/[\w+=,.@\-/]+$/.test(roleArn), roleArn);
  functionRefusals.roleTrust.when(!trustsLambda(account, roleArn));
  const { runtime, handler } = readEntryPoint(properties);
  // Functions of other runtimes do not run.
  functionRefusals.layers.when(runtime.startsWith("nodejs") && properties.textList("Layers").length > 0);
  const timeoutSeconds = properties.number("Timeout", 3);
  functionRefusals.timeout.when(isOutside(timeoutSeconds, limits.timeoutSeconds), timeoutSeconds);
  const memoryMb = properties.number("MemorySize", 128);
  functionRefusals.memory.when(isOutside(memoryMb, limits.memoryMb), memoryMb);
  const logGroup = properties.object("LoggingConfig")?.optionalText("LogGroup");
  const environment = readEnvironment(properties);
  return { handler, runtime, timeoutSeconds, memoryMb, environment, roleArn, logGroup };
}

function readEntryPoint(properties: Properties): { runtime: string; handler: string } {
  const runtime = properties.optionalText("Runtime") ?? "";
  const handler = properties.optionalText("Handler") ?? "";
  functionRefusals.runtimeAndHandler.when(runtime === "" || handler === "");
  functionRefusals.retiredRuntime.when(retiredRuntimes.includes(runtime), runtime);
  functionRefusals.unknownRuntime.when(![...runtimes, ...retiredRuntimes].includes(runtime), runtime);
  functionRefusals.handler.when(/\s/.test(handler) || handler.length > 128, handler);
  return { runtime, handler };
}

function readEnvironment(properties: Properties): Record<string, string> {
  const environment = properties.object("Environment")?.textMap("Variables") ?? {};
  const names = Object.keys(environment);
  const reserved = names.filter((name) => reservedVariables.has(name));
  functionRefusals.reservedVariables.when(reserved.length > 0, reserved);
  functionRefusals.variableNames.when(names.some((name) => !/^[a-zA-Z]\w+$/.test(name)));
  const json = JSON.stringify(environment);
  functionRefusals.environmentSize.when(Buffer.byteLength(json) > limits.environmentBytes, json);
  return environment;
}

function isOutside(value: number, [least, most]: readonly [number, number]): boolean {
  return value < least || value > most;
}

function trustsLambda(account: Account, roleArn: string): boolean {
  const statements: unknown = account.roles.get(roleArn)?.assumeRolePolicyDocument["Statement"];
  return (Array.isArray(statements) ? statements : [statements]).some((statement: unknown) => {
    const text = JSON.stringify(statement) ?? "";
    return text.includes('"Allow"') && text.includes("lambda.amazonaws.com");
  });
}

async function readCode(properties: Properties, buckets: Pick<Buckets, "object">): Promise<Uint8Array> {
  const { strToU8, zipSync } = await import("fflate");
  const code = properties.object("Code");
  const inline = code?.optionalText("ZipFile");
  if (inline !== undefined) {
    const { runtime, handler } = readEntryPoint(properties);
    functionRefusals.inlineRuntime.when(!/^(?:nodejs|python)/.test(runtime), runtime);
    functionRefusals.inlineSize.when(Buffer.byteLength(inline) > limits.inlineBytes);
    return zipSync({ [`${handler.split(".")[0] ?? "index"}.js`]: strToU8(inline) });
  }
  const archive = readObject(code, buckets);
  const size = await unzippedSize(archive);
  functionRefusals.notAnArchive.when(size === undefined);
  functionRefusals.unzippedSize.when(size !== undefined && size >= limits.unzippedBytes);
  return archive;
}

function readObject(code: Properties | undefined, buckets: Pick<Buckets, "object">): Uint8Array {
  const bucket = functionRefusals.noCode.unless(code?.optionalText("S3Bucket"));
  const key = functionRefusals.noCode.unless(code?.optionalText("S3Key"));
  try {
    return buckets.object(bucket, key).body;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    functionRefusals.missingCode.when(true, error.code, error.message);
    throw error;
  }
}

/** Reads the sizes in the archive's directory only. @returns undefined if it is not a zip archive */
async function unzippedSize(archive: Uint8Array): Promise<number | undefined> {
  const { unzipSync } = await import("fflate");
  let size = 0;
  try {
    unzipSync(archive, {
      filter({ originalSize }) {
        size += originalSize;
        return false;
      },
    });
  } catch {
    return undefined;
  }
  return size;
}
