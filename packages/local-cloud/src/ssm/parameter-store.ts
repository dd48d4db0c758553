import type * as sdk from "@aws-sdk/client-ssm";
import {
  type JsonObject,
  type JsonRequest,
  optionalString,
  requiredString,
  stringList,
} from "../aws/json-protocol.ts";
import { findOperation } from "../aws/service-error.ts";
import { parameterRefusals } from "./parameter-refusals.ts";
import { memoryState, type State } from "../state.ts";

export type ParameterType = "String" | "StringList" | "SecureString";

interface Parameter {
  name: string;
  type: ParameterType;
  value: string;
  /** Starts at 1. */
  version: number;
  lastModified: Date;
  arn: string;
  description: string | undefined;
}

interface ParameterInput {
  name: string;
  type: ParameterType;
  value: string;
  description?: string | undefined;
}

/** AWS Systems Manager Parameter Store. */
export interface ParameterStore {
  find(name: string): Parameter | undefined;
  /** @throws ServiceError ParameterAlreadyExists unless `overwrite` */
  put(input: ParameterInput, overwrite: boolean): Parameter;
  remove(name: string): boolean;
  /** The operations of `AmazonSSM.*`. */
  handle(operation: string, body: JsonObject): Promise<object>;
}

interface ParameterStoreOptions {
  accountId: string;
  region: string;
  now: () => Date;
  state?: State | undefined;
}

const namePattern = /^\/?[\w.-]+(\/[\w.-]+)*$/;

export function createParameterStore({
  accountId,
  region,
  now,
  state = memoryState(),
}: ParameterStoreOptions): ParameterStore {
  const parameters = state.part("parameters", () => new Map<string, Parameter>());

  function put({ name, type, value, description }: ParameterInput, overwrite: boolean): Parameter {
    parameterRefusals.name.when(!namePattern.test(name) || name.length > 1011, name);
    parameterRefusals.empty.when(value === "", name);
    const earlier = parameters.get(name);
    parameterRefusals.nameTaken.when(earlier !== undefined && !overwrite);
    const parameter: Parameter = {
      name,
      type,
      value,
      version: (earlier?.version ?? 0) + 1,
      lastModified: now(),
      arn: `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith("/") ? "" : "/"}${name}`,
      description,
    };
    parameters.set(name, parameter);
    return parameter;
  }

  function existing(name: string): Parameter {
    return parameterRefusals.missing.unless(parameters.get(nameOf(name)), name);
  }

  const operations: Record<string, (body: JsonObject) => object> = {
    GetParameter: (request: JsonRequest<sdk.GetParameterRequest>): sdk.GetParameterResult => {
      const parameter = existing(requiredString(request, "Name"));
      return { Parameter: describe(parameter, request.WithDecryption === true) };
    },
    GetParameters: (request: JsonRequest<sdk.GetParametersRequest>): sdk.GetParametersResult => {
      const names = stringList(request, "Names");
      const found = names.flatMap((name) => parameters.get(nameOf(name)) ?? []);
      return {
        Parameters: found.map((parameter) => describe(parameter, request.WithDecryption === true)),
        InvalidParameters: names.filter((name) => !parameters.has(nameOf(name))),
      };
    },
    GetParametersByPath: (
      request: JsonRequest<sdk.GetParametersByPathRequest>,
    ): sdk.GetParametersByPathResult => {
      const path = requiredString(request, "Path");
      const prefix = path.endsWith("/") ? path : `${path}/`;
      const found = [...parameters.values()].filter(
        ({ name }) =>
          name.startsWith(prefix) && (request.Recursive === true || !name.slice(prefix.length).includes("/")),
      );
      return { Parameters: found.map((parameter) => describe(parameter, request.WithDecryption === true)) };
    },
    PutParameter: (request: JsonRequest<sdk.PutParameterRequest>): sdk.PutParameterResult => {
      const name = requiredString(request, "Name");
      const type = optionalString(request, "Type") ?? parameters.get(name)?.type;
      parameterRefusals.type.when(!isParameterType(type), type);
      const { version } = put(
        {
          name,
          type: type as ParameterType,
          value: requiredString(request, "Value"),
          description: optionalString(request, "Description"),
        },
        request.Overwrite === true,
      );
      return { Version: version, Tier: "Standard" };
    },
    DeleteParameter: (request: JsonRequest<sdk.DeleteParameterRequest>): sdk.DeleteParameterResult => {
      parameters.delete(existing(requiredString(request, "Name")).name);
      return {};
    },
    DeleteParameters: (request: JsonRequest<sdk.DeleteParametersRequest>): sdk.DeleteParametersResult => {
      const names = stringList(request, "Names");
      const deleted = names.filter((name) => parameters.delete(name));
      return {
        DeletedParameters: deleted,
        InvalidParameters: names.filter((name) => !deleted.includes(name)),
      };
    },
  };

  return {
    find: (name) => parameters.get(name),
    put,
    remove: (name) => parameters.delete(name),
    async handle(operation, body) {
      const run = findOperation(operations, operation, {
        service: "Systems Manager",
        code: "UnknownOperationException",
      });
      return run(body);
    },
  };
}

function describe(parameter: Parameter, decrypt: boolean): sdk.Parameter {
  const hidden = parameter.type === "SecureString" && !decrypt;
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: hidden ? Buffer.from(parameter.value).toString("base64") : parameter.value,
    Version: parameter.version,
    LastModifiedDate: parameter.lastModified,
    ARN: parameter.arn,
    DataType: "text",
  };
}

function isParameterType(type: string | undefined): boolean {
  return type === "String" || type === "StringList" || type === "SecureString";
}

/** Accepts a name or an ARN, in which the name keeps its leading slash. */
function nameOf(name: string): string {
  return name.startsWith("arn:") ? name.slice(name.indexOf(":parameter") + ":parameter".length) : name;
}
