/** The defects of a stage. */
export interface Defects {
  /** The role of the users may not call the API. */
  unpermitted?: boolean;
  /** The route requires no signature. */
  open?: boolean;
  /** The identity pool has the keys of another X app. */
  otherApp?: boolean;
  /** The API does not exist any more. */
  gone?: boolean;
}

/** A stack with one API and identity pool for each stage, and one function behind all of them. */
export function stagesTemplate(
  stages: Readonly<Record<string, Defects>>,
  { key, secret }: { key: string; secret: string },
): object {
  return {
    Resources: {
      Execution: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: trust({ Service: "lambda.amazonaws.com" }, "sts:AssumeRole"),
        },
      },
      Greeting: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Code: {
            ZipFile:
              'exports.handler = async (event) => `Hello ${event.requestContext.authorizer?.iam?.cognitoIdentity?.identityId ?? "stranger"}!`;',
          },
          Role: attribute("Execution", "Arn"),
        },
      },
      Permission: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: attribute("Greeting", "Arn"),
          Principal: "apigateway.amazonaws.com",
        },
      },
      ...(Object.assign(
        {},
        ...Object.entries(stages).map(([name, defects]) => stageResources(name, defects, `${key};${secret}`)),
      ) as object),
    },
    Outputs: Object.fromEntries(
      Object.keys(stages).flatMap((name) => [
        [`${name}Endpoint`, { Value: attribute(`${name}Api`, "ApiEndpoint") }],
        [`${name}Pool`, { Value: ref(`${name}Pool`) }],
      ]),
    ),
  };
}

function stageResources(
  name: string,
  { unpermitted = false, open = false, otherApp = false }: Defects,
  twitter: string,
): object {
  const ApiId = ref(`${name}Api`);
  return {
    [`${name}Api`]: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: name, ProtocolType: "HTTP" } },
    [`${name}Integration`]: {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        ApiId,
        IntegrationType: "AWS_PROXY",
        IntegrationUri: attribute("Greeting", "Arn"),
        PayloadFormatVersion: "2.0",
      },
    },
    [`${name}Route`]: {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: {
        ApiId,
        RouteKey: "GET /notes",
        AuthorizationType: open ? "NONE" : "AWS_IAM",
        Target: { "Fn::Sub": `integrations/\${${name}Integration}` },
      },
    },
    [`${name}Stage`]: {
      Type: "AWS::ApiGatewayV2::Stage",
      Properties: { ApiId, StageName: "$default", AutoDeploy: true },
    },
    [`${name}Pool`]: {
      Type: "AWS::Cognito::IdentityPool",
      Properties: {
        AllowUnauthenticatedIdentities: false,
        SupportedLoginProviders: { "api.twitter.com": otherApp ? "other-key;other-secret" : twitter },
      },
    },
    [`${name}Users`]: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: trust(
          { Federated: "cognito-identity.amazonaws.com" },
          "sts:AssumeRoleWithWebIdentity",
          {
            StringEquals: { "cognito-identity.amazonaws.com:aud": ref(`${name}Pool`) },
            "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
          },
        ),
        Policies: unpermitted
          ? []
          : [
              {
                PolicyName: "api",
                PolicyDocument: {
                  Version: "2012-10-17",
                  Statement: [
                    {
                      Effect: "Allow",
                      Action: "execute-api:Invoke",
                      Resource: {
                        "Fn::Sub": `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${${name}Api}/*`,
                      },
                    },
                  ],
                },
              },
            ],
      },
    },
    [`${name}Roles`]: {
      Type: "AWS::Cognito::IdentityPoolRoleAttachment",
      Properties: {
        IdentityPoolId: ref(`${name}Pool`),
        Roles: { authenticated: attribute(`${name}Users`, "Arn") },
      },
    },
  };
}

function trust(Principal: object, Action: string, Condition?: object): object {
  const statement = { Effect: "Allow", Principal, Action, ...(Condition && { Condition }) };
  return { Version: "2012-10-17", Statement: [statement] };
}

function ref(name: string): object {
  return { Ref: name };
}

function attribute(name: string, value: string): object {
  return { "Fn::GetAtt": [name, value] };
}
