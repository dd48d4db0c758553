/** Parts of CloudFormation templates. */

export const resource = (type: string, properties: object = {}) => ({
  Type: `AWS::${type}`,
  Properties: properties,
});

export const attribute = (...path: string[]) => ({ "Fn::GetAtt": path });

/** A role that functions may have. */
export const lambdaRole = (properties: object = {}) =>
  resource("IAM::Role", {
    AssumeRolePolicyDocument: {
      Statement: {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Service: "lambda.amazonaws.com" },
      },
    },
    ...properties,
  });

/** A function with this source and, unless the properties say otherwise, the role `Role`. */
export const lambdaFunction = (code: string, properties: object = {}) =>
  resource("Lambda::Function", {
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Code: { ZipFile: code },
    Role: attribute("Role", "Arn"),
    ...properties,
  });

/**
 * An HTTP API, `Api`.
 * @param functions logical ids by route key: `{ "GET /": "Function" }`
 * @param ofRoutes further properties of the routes
 */
export function httpApi(functions: Readonly<Record<string, string>>, ofRoutes: object = {}) {
  const ApiId = { Ref: "Api" };
  const routes = Object.entries(functions).flatMap(([RouteKey, name]) => [
    [
      `${name}Permission`,
      resource("Lambda::Permission", {
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
        FunctionName: { Ref: name },
      }),
    ],
    [
      `${name}Integration`,
      resource("ApiGatewayV2::Integration", {
        ApiId,
        IntegrationType: "AWS_PROXY",
        IntegrationUri: attribute(name, "Arn"),
        PayloadFormatVersion: "2.0",
      }),
    ],
    [
      `${name}Route`,
      resource("ApiGatewayV2::Route", {
        ApiId,
        RouteKey,
        Target: { "Fn::Sub": `integrations/\${${name}Integration}` },
        ...ofRoutes,
      }),
    ],
  ]);
  return {
    Api: resource("ApiGatewayV2::Api", { Name: "api", ProtocolType: "HTTP" }),
    Stage: resource("ApiGatewayV2::Stage", { ApiId, StageName: "$default", AutoDeploy: true }),
    ...(Object.fromEntries(routes) as Record<string, object>),
  };
}
