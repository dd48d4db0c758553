import type { Account, LambdaFunction } from "../../account.ts";
import type { Buckets } from "../../s3/buckets.ts";
import { ServiceError } from "../../aws/service-error.ts";
import { physicalName } from "./physical-name.ts";
import type { Properties } from "./properties.ts";
import { ResourceError } from "./resource-error.ts";
import type { ResourceType } from "./resource-type.ts";

/** AWS::Lambda::Function. `Ref` is its name. */
export function functionType(account: Account, buckets: Pick<Buckets, "object">): ResourceType {
  return {
    async create(properties, context) {
      const functionName = properties.optionalText("FunctionName") ?? physicalName(context);
      const arn = functionArn(account, functionName);
      if (!/^[\w-]{1,64}$/.test(functionName)) {
        throw new ResourceError(`${functionName} is not a valid function name.`);
      }
      const configuration = configure(account, properties);
      const code = await readCode(properties, buckets);
      if (account.functions.has(arn)) {
        throw new ResourceError(`${functionName} already exists. (Service: Lambda, Status Code: 409)`);
      }
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

function findFunction(account: Account, nameOrArn: string): LambdaFunction {
  const arn = functionArn(account, nameOrArn);
  const found = account.functions.get(arn);
  if (found === undefined) {
    throw new ResourceError(`Function not found: ${arn} (Service: Lambda, Status Code: 404)`);
  }
  return found;
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
  if ((properties.optionalText("PackageType") ?? "Zip") !== "Zip") {
    throw new ResourceError("The local cloud does not support functions from container images.");
  }
  if (properties.textList("Layers").length > 0) {
    throw new ResourceError("The local cloud does not support Lambda layers.");
  }
  const roleArn = properties.text("Role");
  if (!/^arn:aws:iam::\d{12}:role\/.+/.test(roleArn)) {
    throw new ResourceError(
      `1 validation error detected: Value '${roleArn}' at 'role' failed to satisfy constraint`,
    );
  }
  if (!trustsLambda(account, roleArn)) {
    throw new ResourceError(
      "The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400)",
    );
  }
  const environment = properties.object("Environment")?.textMap("Variables") ?? {};
  const reserved = Object.keys(environment).filter((name) => reservedVariables.has(name));
  if (reserved.length > 0) {
    throw new ResourceError(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  return {
    handler: properties.text("Handler"),
    runtime: properties.text("Runtime"),
    timeoutSeconds: inRange(properties, "Timeout", 3, 1, 900),
    memoryMb: inRange(properties, "MemorySize", 128, 128, 10_240),
    environment,
    roleArn,
  };
}

function inRange(
  properties: Properties,
  name: string,
  otherwise: number,
  least: number,
  most: number,
): number {
  const value = properties.number(name, otherwise);
  if (value < least || value > most) {
    throw new ResourceError(
      `Value '${value}' at '${name}' failed to satisfy constraint: between ${least} and ${most}`,
    );
  }
  return value;
}

function trustsLambda(account: Account, roleArn: string): boolean {
  const statements: unknown = account.roles.get(roleArn)?.assumeRolePolicyDocument["Statement"];
  return (Array.isArray(statements) ? statements : [statements]).some((statement: unknown) => {
    const text = JSON.stringify(statement) ?? "";
    return text.includes('"Allow"') && text.includes("lambda.amazonaws.com");
  });
}

async function readCode(properties: Properties, buckets: Pick<Buckets, "object">): Promise<Uint8Array> {
  const code = properties.object("Code");
  const inline = code?.optionalText("ZipFile");
  if (inline !== undefined) {
    const { strToU8, zipSync } = await import("fflate");
    const module = properties.text("Handler").split(".")[0] ?? "index";
    return zipSync({ [`${module}.js`]: strToU8(inline) });
  }
  const bucket = code?.optionalText("S3Bucket");
  const key = code?.optionalText("S3Key");
  if (bucket === undefined || key === undefined) {
    throw new ResourceError("Please provide a source for function code.");
  }
  try {
    return buckets.object(bucket, key).body;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ResourceError(
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message} (Service: Lambda, Status Code: 400)`,
    );
  }
}
