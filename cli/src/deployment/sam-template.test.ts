import { describe, expect, it } from "vitest";
import { expandSamTemplate } from "./sam-template.ts";
import { routesOfTemplates } from "./template-routes.ts";

const template = `
Transform: AWS::Serverless-2016-10-31
Globals:
  HttpApi:
    Auth: { EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM }
Resources:
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Role: !GetAtt Execution.Arn
      Environment: { Variables: { TABLE: !If [IsProd, !Ref Table, ""] } }
      Events:
        List: { Type: HttpApi, Properties: { Path: /notes, Method: get } }
        Health:
          Type: HttpApi
          Properties:
            Path: /health
            Method: GET
            Auth:
              Authorizer: NONE
        Hourly: { Type: Schedule, Properties: { Schedule: rate(1 hour) } }
  Admin:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Any: { Type: Api, Properties: { Path: "/{proxy+}", Method: ANY, RestApiId: !Ref AdminApi } }
  AdminApi:
    Type: AWS::Serverless::Api
    Properties: { StageName: prod, Auth: { DefaultAuthorizer: AWS_IAM } }
Outputs:
  HttpUrl:
    Value: !Sub "https://\${ServerlessHttpApi}.execute-api.\${AWS::Region}.amazonaws.com"
  AdminUrl:
    Value: !Sub https://\${AdminApi}.execute-api.\${AWS::Region}.amazonaws.com/prod
`;

const routes = (output: string) => routesOfTemplates([expandSamTemplate(template)], { apiName: output });

describe("the routes of a SAM template", () => {
  it("are the events of functions, with the default authorizer of the API or of Globals", () => {
    expect(routes("HttpUrl")).toEqual([
      { key: "GET /notes", authorization: "AWS_IAM" },
      { key: "GET /health", authorization: "NONE" },
    ]);
    expect(routes("AdminUrl")).toEqual([{ key: "ANY /{proxy+}", authorization: "AWS_IAM" }]);
  });

  it("are found by an output with Fn::Sub in any of its forms", () => {
    const outputs = [
      "!Sub |\n      https://${ServerlessHttpApi}.example",
      '!Sub ["https://${ServerlessHttpApi}.${Zone}", { Zone: example }]',
      '!Join ["", ["https://", !Ref ServerlessHttpApi]]',
      '{ Fn::Sub: "https://${ServerlessHttpApi}.example" }',
    ];
    for (const value of outputs) {
      const yaml = `${template}  Other:\n    Value: ${value}\n`;
      expect(routesOfTemplates([expandSamTemplate(yaml)], { apiName: "Other" })).toEqual(routes("HttpUrl"));
    }
  });

  it("are none in a template without functions", () => {
    expect(routesOfTemplates([expandSamTemplate("Resources: {}")])).toBeUndefined();
  });
});
