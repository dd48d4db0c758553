import { beforeEach, describe, expect, it } from "vitest";
import { type HttpStage, unthrottled } from "../../account.ts";
import { createStacksFixture, type StacksFixture } from "../../../test/stacks-fixture.ts";

let fixture: StacksFixture;
beforeEach(() => {
  fixture = createStacksFixture();
});

const api = { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } };

/** Deploys an API whose stage has these properties. */
async function deployStage(properties: object): Promise<HttpStage | undefined> {
  await fixture.deploy({
    Resources: {
      Api: api,
      Route: {
        Type: "AWS::ApiGatewayV2::Route",
        Properties: { ApiId: { Ref: "Api" }, RouteKey: "GET /private" },
      },
      Stage: {
        Type: "AWS::ApiGatewayV2::Stage",
        DependsOn: "Route",
        Properties: { ApiId: { Ref: "Api" }, StageName: "$default", AutoDeploy: true, ...properties },
      },
    },
  });
  const [deployed] = fixture.account.httpApis.values();
  return deployed?.stages.get("$default");
}

describe("AWS::ApiGatewayV2::Stage", () => {
  it("has no throttling limits by default", async () => {
    expect(await deployStage({})).toEqual({ defaultThrottle: unthrottled, routeThrottles: new Map() });
  });

  it("applies default and route limits, and new limits after an update", async () => {
    const stage = await deployStage({
      DefaultRouteSettings: { ThrottlingBurstLimit: 10, ThrottlingRateLimit: "2.5" },
      RouteSettings: { "GET /private": { ThrottlingBurstLimit: 1, ThrottlingRateLimit: 0.5 } },
    });
    expect(stage).toEqual({
      defaultThrottle: { burst: 10, rate: 2.5 },
      routeThrottles: new Map([["GET /private", { burst: 1, rate: 0.5 }]]),
    });
    expect(await deployStage({ DefaultRouteSettings: { ThrottlingBurstLimit: 20 } })).toEqual({
      defaultThrottle: { burst: 20, rate: Infinity },
      routeThrottles: new Map(),
    });
  });
});

describe("AWS::ApiGatewayV2::Integration", () => {
  const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  it.each([
    ["the function's ARN", functionArn],
    [
      "API Gateway's path to invoke it",
      `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
    ],
  ])("leads to the function by %s", async (_name, IntegrationUri) => {
    await fixture.deploy({
      Resources: {
        Api: api,
        Integration: {
          Type: "AWS::ApiGatewayV2::Integration",
          Properties: {
            ApiId: { Ref: "Api" },
            IntegrationType: "AWS_PROXY",
            IntegrationUri,
            PayloadFormatVersion: "2.0",
          },
        },
      },
    });
    const [deployed] = fixture.account.httpApis.values();
    expect([...(deployed?.integrations.values() ?? [])].map(({ integrationUri }) => integrationUri)).toEqual([
      functionArn,
    ]);
  });
});
