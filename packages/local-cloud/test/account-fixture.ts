import { strToU8, zipSync } from "fflate";

import {
  type Account,
  type CorsConfiguration,
  type HttpApi,
  type LambdaFunction,
  type PolicyDocument,
  type Role,
  type Throttle,
  unthrottled,
} from "../src/account.ts";

/** Adds a function as CloudFormation deploys it, with this source as its bundle. */
export function deployFunction(
  account: Account,
  functionName: string,
  source: string,
  settings: Partial<LambdaFunction> & { file?: string } = {},
): LambdaFunction {
  const { file = "index.mjs", ...overrides } = settings;
  const lambdaFunction: LambdaFunction = {
    arn: `arn:aws:lambda:${account.region}:${account.accountId}:function:${functionName}`,
    functionName,
    handler: "index.handler",
    runtime: "nodejs22.x",
    timeoutSeconds: 5,
    memoryMb: 128,
    environment: {},
    roleArn: `arn:aws:iam::${account.accountId}:role/function`,
    code: zipSync({ [file]: strToU8(source) }),
    permissions: new Map([
      [
        "any",
        { action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", sourceArn: undefined },
      ],
    ]),
    ...overrides,
  };
  account.functions.set(lambdaFunction.arn, lambdaFunction);
  return lambdaFunction;
}

export interface RouteDeployment {
  lambdaFunction: LambdaFunction;
  /** `NONE` by default. */
  authorizationType?: string;
  payloadFormatVersion?: string;
  timeoutMs?: number;
}

/** Adds an HTTP API with these routes. The caller opens its endpoint. */
export function deployApi(
  account: Account,
  routes: Record<string, RouteDeployment>,
  {
    stages = ["$default"],
    cors,
    defaultThrottle = unthrottled,
  }: { stages?: string[]; cors?: CorsConfiguration; defaultThrottle?: Throttle } = {},
): HttpApi {
  const api: HttpApi = {
    apiId: "a1b2c3d4e5",
    name: "api",
    endpoint: "",
    corsConfiguration: cors,
    routes: new Map(),
    integrations: new Map(),
    authorizers: new Map(),
    stages: new Map(stages.map((name) => [name, { defaultThrottle, routeThrottles: new Map() }])),
  };
  for (const [i, [routeKey, route]] of Object.entries(routes).entries()) {
    const {
      lambdaFunction,
      authorizationType = "NONE",
      payloadFormatVersion = "2.0",
      timeoutMs = 29_000,
    } = route;
    const integrationId = `integration${i}`;
    api.integrations.set(integrationId, {
      integrationId,
      integrationType: "AWS_PROXY",
      integrationUri: lambdaFunction.arn,
      payloadFormatVersion,
      timeoutMs,
    });
    api.routes.set(`route${i}`, {
      routeId: `route${i}`,
      routeKey,
      authorizationType,
      integrationId,
      authorizerId: undefined,
      authorizationScopes: [],
    });
  }
  account.httpApis.set(api.apiId, api);
  return api;
}

export function deployRole(account: Account, roleName: string, policies: PolicyDocument[]): Role {
  const role: Role = {
    arn: `arn:aws:iam::${account.accountId}:role/${roleName}`,
    roleName,
    roleId: "AROAEXAMPLEEXAMPLE123",
    assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] },
    policies: new Map(policies.map((policy, i) => [`policy${i}`, policy])),
    managedPolicyArns: [],
  };
  account.roles.set(role.arn, role);
  return role;
}

export function allow(action: string, resource: string, condition?: Record<string, unknown>): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: action, Resource: resource, ...(condition && { Condition: condition }) },
    ],
  };
}
