import { documented, ownLimit, recorded } from "../../evidence/evidence.ts";
import { defineRefusals } from "../../evidence/refusal.ts";
import { ResourceError } from "./resource-error.ts";

/** {@link https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html} */
export const runtimes: readonly string[] = [
  "nodejs24.x",
  "nodejs22.x",
  "nodejs20.x",
  "nodejs18.x",
  "nodejs16.x",
  "python3.14",
  "python3.13",
  "python3.12",
  "python3.11",
  "python3.10",
  "python3.9",
  "java25",
  "java21",
  "java17",
  "java11",
  "java8.al2",
  "dotnet10",
  "dotnet8",
  "ruby3.4",
  "ruby3.3",
  "ruby3.2",
  "provided.al2023",
  "provided.al2",
];

/** Runtimes that Lambda creates and updates no functions for. Blocks of nodejs16.x and later were postponed again and again. */
export const retiredRuntimes: readonly string[] = [
  "nodejs14.x",
  "nodejs12.x",
  "nodejs10.x",
  "nodejs8.10",
  "nodejs6.10",
  "nodejs4.3",
  "nodejs4.3-edge",
  "nodejs",
  "python3.8",
  "python3.7",
  "python3.6",
  "python2.7",
  "java8",
  "dotnet6",
  "dotnetcore3.1",
  "dotnetcore2.1",
  "dotnetcore2.0",
  "dotnetcore1.0",
  "ruby2.7",
  "ruby2.5",
  "go1.x",
  "provided",
];

const api = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html";
const quotas = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const troubleshooting = "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html";

/** {@link https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html} */
export const limits = {
  memoryMb: [128, 10_240],
  timeoutSeconds: [1, 900],
  environmentBytes: 4096,
  unzippedBytes: 262_144_000,
  inlineBytes: 4 * 1024 * 1024,
} as const;

const badRequest = (message: string): ResourceError =>
  new ResourceError(`${message} (Service: Lambda, Status Code: 400)`);

/** AWS's words for a value that its model refuses. */
const constraint = (value: unknown, member: string, must: string): ResourceError =>
  badRequest(
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must ${must}`,
  );

export const functionRefusals = defineRefusals("AWS::Lambda::Function", {
  name: {
    refuses: "a `FunctionName` other than 1 to 64 letters, digits, hyphens and underscores",
    evidence: documented(api),
    error: (name: string) =>
      constraint(name, "functionName", "satisfy regular expression pattern: [a-zA-Z0-9-_]+"),
  },
  nameTaken: {
    refuses: "a `FunctionName` that another function has",
    evidence: documented(api),
    error: (name: string) => new ResourceError(`${name} already exists. (Service: Lambda, Status Code: 409)`),
  },
  unknownRuntime: {
    refuses: "a `Runtime` outside Lambda's enumeration",
    evidence: recorded("https://github.com/awslabs/amazon-redshift-monitoring/pull/25"),
    error: (runtime: string) =>
      badRequest(
        `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${runtimes.join(", ")}] or be a valid ARN`,
      ),
  },
  retiredRuntime: {
    refuses: "a retired `Runtime`, such as nodejs14.x",
    evidence: recorded("https://github.com/activescott/serverless-aws-static-file-handler/issues/313"),
    error: (runtime: string) =>
      badRequest(
        `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
      ),
  },
  runtimeAndHandler: {
    refuses: "a zip archive without `Runtime` or `Handler`",
    evidence: documented(api),
    error: () =>
      badRequest(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
      ),
  },
  handler: {
    refuses: "a `Handler` with white space or more than 128 characters",
    evidence: documented(api),
    error: (handler: string) =>
      handler.length > 128
        ? constraint(handler, "handler", "have length less than or equal to 128")
        : constraint(handler, "handler", String.raw`satisfy regular expression pattern: [^\s]+`),
  },
  memory: {
    refuses: `a \`MemorySize\` outside ${limits.memoryMb.join(" to ")} MB`,
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"),
    error: (value: number) => outside(value, "memorySize", limits.memoryMb),
  },
  timeout: {
    refuses: `a \`Timeout\` outside ${limits.timeoutSeconds.join(" to ")} s`,
    evidence: documented(quotas),
    error: (value: number) => outside(value, "timeout", limits.timeoutSeconds),
  },
  variableNames: {
    refuses:
      "environment variables whose names are not a letter and at least one more letter, digit or underscore",
    evidence: recorded("https://github.com/klothoplatform/klotho/issues/317"),
    error: () =>
      badRequest(
        "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
      ),
  },
  environmentSize: {
    refuses: `environment variables of more than ${limits.environmentBytes} bytes as JSON`,
    evidence: recorded("https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594"),
    error: (json: string) =>
      badRequest(
        `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${json}`,
      ),
  },
  reservedVariables: {
    refuses: "environment variables that Lambda reserves",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"),
    error: (names: readonly string[]) =>
      badRequest(
        `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${names.join(", ")}`,
      ),
  },
  roleArn: {
    refuses: "a `Role` that is not the ARN of a role",
    evidence: recorded("https://github.com/aarondfrancis/sidecar/issues/147"),
    error: (arn: string) =>
      constraint(
        arn,
        "role",
        String.raw`satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`,
      ),
  },
  roleTrust: {
    refuses: "a `Role` that does not trust lambda.amazonaws.com",
    evidence: documented(troubleshooting),
    error: () => badRequest("The role defined for the function cannot be assumed by Lambda."),
  },
  noCode: {
    refuses: "`Code` without an S3 object and without `ZipFile`",
    evidence: documented(api),
    error: () => badRequest("Please provide a source for function code."),
  },
  missingCode: {
    refuses: "`Code` in an S3 object that does not exist",
    evidence: documented(troubleshooting),
    error: (code: string, message: string) =>
      badRequest(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`),
  },
  notAnArchive: {
    refuses: "`Code` that is not a zip archive",
    evidence: documented(troubleshooting),
    error: () =>
      badRequest("Could not unzip uploaded file. Please check your file, then try to upload again."),
  },
  unzippedSize: {
    refuses: `\`Code\` of ${limits.unzippedBytes} bytes or more when unzipped`,
    evidence: documented(quotas),
    error: () => badRequest(`Unzipped size must be smaller than ${limits.unzippedBytes} bytes`),
  },
  inlineSize: {
    refuses: "a `ZipFile` of more than 4 MB",
    evidence: documented(
      "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html",
    ),
    error: () => new ResourceError(`#/Code/ZipFile: expected maxLength: ${limits.inlineBytes}`),
  },
  inlineRuntime: {
    refuses: "a `ZipFile` for a runtime other than Node.js and Python",
    evidence: recorded("https://github.com/aws-samples/amazon-deequ-glue/issues/7"),
    error: (runtime: string) =>
      new ResourceError(
        `Invalid request provided: The ZipFile attribute is not supported for the runtime '${runtime}'`,
      ),
  },
  image: {
    refuses: "a `PackageType` other than Zip",
    evidence: ownLimit,
    error: () => new ResourceError("The local cloud does not support functions from container images."),
  },
  layers: {
    refuses: "`Layers` of a Node.js function",
    evidence: ownLimit,
    error: () => new ResourceError("The local cloud does not support Lambda layers."),
  },
});

export const permissionRefusals = defineRefusals("AWS::Lambda::Permission", {
  noFunction: {
    refuses: "a permission for a function that does not exist",
    evidence: documented("https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"),
    error: (arn: string) =>
      new ResourceError(`Function not found: ${arn} (Service: Lambda, Status Code: 404)`),
  },
});

const urls = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html";

export const urlRefusals = defineRefusals("AWS::Lambda::Url", {
  authType: {
    refuses: "an `AuthType` other than AWS_IAM and NONE",
    evidence: documented(urls),
    error: (authType: string) => constraint(authType, "authType", "satisfy enum value set: [NONE, AWS_IAM]"),
  },
  noFunction: {
    refuses: "a URL for a function that does not exist",
    evidence: documented(urls),
    error: (arn: string) =>
      new ResourceError(`Function not found: ${arn} (Service: Lambda, Status Code: 404)`),
  },
  exists: {
    refuses: "a second URL for a function",
    evidence: documented(urls),
    error: (arn: string) =>
      new ResourceError(
        `Failed to create function url config for [functionArn = ${arn}]. Error message: FunctionUrlConfig exists for this Lambda function (Service: Lambda, Status Code: 409)`,
      ),
  },
  qualifier: {
    refuses: "`Qualifier`: it has no aliases",
    evidence: ownLimit,
    error: () => new ResourceError("The local cloud does not support URLs of aliases."),
  },
  streaming: {
    refuses: "the `InvokeMode` RESPONSE_STREAM",
    evidence: ownLimit,
    error: () => new ResourceError("The local cloud does not support response streaming."),
  },
});

function outside(value: number, member: string, [least, most]: readonly [number, number]): ResourceError {
  return value < least
    ? constraint(value, member, `have value greater than or equal to ${least}`)
    : constraint(value, member, `have value less than or equal to ${most}`);
}
