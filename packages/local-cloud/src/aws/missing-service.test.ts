import { describe, expect, it } from "vitest";
import { missingService } from "./missing-service.ts";
import type { AwsRequest } from "./request.ts";

const request = (headers: Record<string, string>, body = "", path = "/"): AwsRequest => ({
  method: "POST",
  rawUrl: path,
  rawHeaders: [],
  path,
  query: "",
  headers,
  body: Buffer.from(body),
  requestId: "1",
});
const form = { "content-type": "application/x-www-form-urlencoded" };

describe("a request to a service that the local cloud does not have", () => {
  it.each<[service: string, request: AwsRequest, action: string, variable: string, code: RegExp]>([
    ["sqs", request({ "x-amz-target": "AmazonSQS.SendMessage" }), "SendMessage", "SQS", /"__type":"Unknown/],
    ["sns", request(form, "Action=Publish&Version=2010-03-31"), "Publish", "SNS", /<Code>InvalidAction</],
    ["events", request({ "x-amz-target": "AWSEvents.PutEvents" }), "PutEvents", "EVENTBRIDGE", /__type/],
    [
      "states",
      request({ "x-amz-target": "AWSStepFunctions.StartExecution" }),
      "StartExecution",
      "SFN",
      /__type/,
    ],
    [
      "ses",
      request({}, "{}", "/v2/email/outbound-emails"),
      "POST /v2/email/outbound-emails",
      "SESV2",
      /message/,
    ],
    ["rds-data", request({}, "{}", "/Execute"), "POST /Execute", "RDS_DATA", /message/],
  ])("%s is refused by its name, its action and the way out", (service, asked, action, variable, code) => {
    const lines: string[] = [];
    const { status, body } = missingService(service, asked, (line) => lines.push(line)) ?? {};
    expect(status).toBe(400);
    expect(body).toMatch(code);
    expect(body).toContain(`does not have the service ${service}, so it cannot run ${action}.`);
    expect(body).toMatch(new RegExp(`AWS_ENDPOINT_URL_${variable}=`));
    expect(lines).toHaveLength(1);
  });

  it.each(["s3", "dynamodb", "execute-api"])("%s is not missing", (service) => {
    expect(missingService(service, request({}), () => {})).toBeUndefined();
  });
});
