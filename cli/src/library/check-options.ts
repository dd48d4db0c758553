import { checkNames } from "../commands/smoke/report.ts";
import { type Check, isObject } from "../deployment/read-project-file.ts";
import { AuthCliError } from "../errors.ts";
import type { RequestToSign, SignerOptions, SmokeOptions } from "./types.ts";

const areChecks: Check = (value) =>
  Array.isArray(value) && value.every((name) => (checkNames as readonly unknown[]).includes(name))
    ? undefined
    : `a list of checks: ${checkNames.join(", ")}`;
const isDuration: Check = (value) =>
  typeof value === "number" && value >= 0 ? undefined : "a number of milliseconds";
const frameworks = ["sst", "cdk", "amplify", "sam", "serverless"] satisfies SmokeOptions["framework"][];

const common: Record<keyof Omit<SignerOptions, "stage" | "login">, Check> = {
  signal: (value) =>
    isObject(value) === undefined && typeof (value as AbortSignal).addEventListener === "function"
      ? undefined
      : "an AbortSignal",
  variables: (value) =>
    isObject(value) === undefined && Object.values(value as object).every(isOptionalText)
      ? undefined
      : "an object of texts, such as process.env",
  now: (value) =>
    typeof value === "function" && Number.isFinite((value as () => unknown)())
      ? undefined
      : "a function that returns milliseconds, such as Date.now",
};

const ofSmoke: Record<keyof SmokeOptions, Check> = {
  ...common,
  stages: isObject,
  // A stage without a login is reported, as one whose login function fails.
  login: () => undefined,
  only: areChecks,
  skip: areChecks,
  retryFor: isDuration,
  timeout: isDuration,
  failFast: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  framework: (value) =>
    (frameworks as unknown[]).includes(value) ? undefined : `one of ${frameworks.join(", ")}`,
};

const isLogin: Check = (value) => {
  const { provider, token, accessToken, accessTokenSecret } = Object(value) as Record<string, unknown>;
  return [provider, token].every(isFilled) || [accessToken, accessTokenSecret].every(isFilled)
    ? undefined
    : "an object with accessToken and accessTokenSecret, or provider and token";
};

const isStage: Check = (value) => {
  const { endpoint, identityPoolId } = Object(value) as Record<string, unknown>;
  return [endpoint, identityPoolId].includes(undefined)
    ? "an object with endpoint and identityPoolId"
    : undefined;
};

const ofSigner: Record<keyof SignerOptions, Check> = { ...common, stage: isStage, login: isLogin };

const ofRequest: Record<keyof RequestToSign, Check> = {
  method: (value) =>
    typeof value === "string" && /^[\w-]+$/.test(value) ? undefined : "an HTTP method, such as GET",
  url: (value) => (typeof value === "string" ? undefined : "a text: a path of the API, or its whole address"),
  headers: (value) =>
    // The entries of a Headers or Map are not properties.
    isObject(value) === undefined &&
    !(Symbol.iterator in (value as object)) &&
    Object.values(value as object).every(isText)
      ? undefined
      : "an object of texts, such as Object.fromEntries(headers)",
  body: (value) =>
    typeof value === "string" || value instanceof Uint8Array || value === null
      ? undefined
      : "a text or a Uint8Array",
};

/** @throws AuthCliError `invalid-configuration` with the option */
export function checkSmokeOptions(options: unknown): void {
  checkArgument("the argument of smoke", options, ofSmoke, []);
}

/** @throws AuthCliError `invalid-configuration` with the option */
export function checkSignerOptions(options: unknown): void {
  checkArgument("the argument of createSigner", options, ofSigner, ["stage", "login"]);
}

/** @throws AuthCliError `invalid-configuration` with the field */
export function checkRequestToSign(request: unknown): void {
  checkArgument("the request to sign", request, ofRequest, ["method", "url"], true);
}

/** A program without types may pass anything. */
function checkArgument(
  name: string,
  argument: unknown,
  rules: Readonly<Record<string, Check>>,
  required: readonly string[],
  mayHaveMore = false,
): void {
  if (isObject(argument) !== undefined) {
    throw invalid(`${name} is not an object`, "it is missing, or has another type", "pass an object");
  }
  const fields = argument as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((field) => !Object.hasOwn(rules, field));
  if (unknown !== undefined && !mayHaveMore) {
    const known = Object.keys(rules).join(", ");
    throw invalid(`${name} has an unknown ${unknown}`, `it may have ${known}`, `remove ${unknown}`);
  }
  for (const [field, rule] of Object.entries(rules)) {
    const value = fields[field];
    const isRequired = required.includes(field);
    const wanted = value !== undefined || isRequired ? rule(value) : undefined;
    if (wanted === undefined) continue;
    throw invalid(
      `${name} has ${value === undefined ? "no" : "an invalid"} ${field}`,
      `${field} is not ${wanted}`,
      `set ${field} to ${wanted}${isRequired ? "" : ", or remove it"}`,
    );
  }
}

function invalid(message: string, cause: string, fix: string): AuthCliError {
  return new AuthCliError("invalid-configuration", { message, cause, fix });
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isFilled(value: unknown): boolean {
  return isText(value) && value !== "";
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || isText(value);
}
