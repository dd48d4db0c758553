import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** `GET /public`: greets every caller. */
export function handler(): Promise<APIGatewayProxyStructuredResultV2> {
  return Promise.resolve({ statusCode: 200, body: "Hello stranger!" });
}
